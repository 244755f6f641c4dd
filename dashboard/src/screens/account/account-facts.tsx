/** What the account is worth, and what of it. */

import type { ReactNode } from "react";
import type { Trader } from "whisperer-client";
import { PnlText } from "../../account/ui/pnl-text";
import { grouped } from "../../market/decimal";
import { Exact } from "../../market/exact";
import { Fact } from "../../ui/fact";

export function AccountFacts({ trader: { account } }: { trader: Trader }) {
  const money = (text: string) => `${grouped(Exact.of(text).to(2).text)} ${account.currency}`;
  const gain = (label: string, text: string): ReactNode => (
    <Fact label={label}>
      <PnlText value={Exact.of(text)} /> {account.currency}
    </Fact>
  );
  return (
    <dl className="grid grid-cols-2 gap-x-4 gap-y-2 p-3" data-testid="account-facts">
      <Fact label="Equity">{money(account.equity)}</Fact>
      {gain("Today (UTC)", account.day_pnl)}
      <Fact label="Cash">{money(account.cash)}</Fact>
      {gain("Not realized", account.unrealized_pnl)}
      {gain("Realized, before fees", account.realized_pnl)}
      <Fact label="Fees paid">{money(account.fees)}</Fact>
      <Fact label="Margin bound">{money(account.margin_used)}</Fact>
      <Fact label="Kind">{account.kind === "margin" ? "Paper, margin" : "Paper, cash"}</Fact>
    </dl>
  );
}
