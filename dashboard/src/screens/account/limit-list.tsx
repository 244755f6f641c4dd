/** What the account may do at the most; each limit can be made stricter. */

import type { Trader } from "whisperer-client";
import { type Rule, ruleText } from "../../account/rules";
import { type Most, RuleList } from "../../account/ui/rule-list";
import { amountText } from "../../account/words";
import { useNode } from "../../state/node";

export function LimitList({ trader }: { trader: Trader }) {
  const { rest, account } = useNode();
  const { limits, ceilings } = trader;
  const { currency } = trader.account;
  const set = async (rule: Rule, most: Most) =>
    account.trader.set(await rest.send("patch", "/api/v1/trader", { limits: { [rule]: most } }));
  const hint = (rule: Rule) => (ceilings[rule] === null ? undefined : `up to ${amountText(String(ceilings[rule]))}`);
  return (
    <RuleList
      name="limits"
      verb="Change"
      currency={currency}
      hint={hint}
      onSet={set}
      standing={(rule) => <span className="ml-auto font-medium">{ruleText(rule, limits[rule], currency)}</span>}
    />
  );
}
