/** What the account may do at the most; each limit can be made stricter. */

import { type FormEvent, useState } from "react";
import type { Trader } from "whisperer-client";
import { RULES, type Rule, ruleText } from "../../account/rules";
import { amountText } from "../../account/words";
import { Exact } from "../../market/exact";
import { useAction } from "../../state/action";
import { useNode } from "../../state/node";
import { Button } from "../../ui/button";
import { Field } from "../../ui/field";
import { Icon } from "../../ui/icon";
import { RefusedLine } from "../../ui/refused";

export function LimitList({ trader }: { trader: Trader }) {
  const [edited, setEdited] = useState<Rule | null>(null);
  return (
    <ul className="divide-y divide-line" data-testid="limits">
      {(Object.keys(RULES) as Rule[]).map((rule) => (
        <li key={rule}>
          <div className="flex items-center justify-between gap-2 px-3 text-xs">
            <span className="text-ink-soft">{RULES[rule].label}</span>
            <span className="ml-auto font-medium">{ruleText(rule, trader.limits[rule], trader.account.currency)}</span>
            <Button
              look="bare"
              className="px-0"
              aria-expanded={edited === rule}
              aria-label={`Change: ${RULES[rule].label}`}
              onClick={() => setEdited(edited === rule ? null : rule)}
            >
              <Icon name="edit" />
            </Button>
          </div>
          {edited === rule && <LimitForm trader={trader} rule={rule} onDone={() => setEdited(null)} />}
        </li>
      ))}
    </ul>
  );
}

function LimitForm({ trader, rule, onDone }: { trader: Trader; rule: Rule; onDone: () => void }) {
  const { rest, account } = useNode();
  const [run, doing] = useAction();
  const [typed, setTyped] = useState("");
  const ceiling = trader.ceilings[rule];
  const value = Exact.typed(typed);
  const set = async (limit: string | number | null) => {
    const limits = { [rule]: limit };
    if (await run(async () => account.trader.set(await rest.send("patch", "/api/v1/trader", { limits })))) onDone();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (value) void set(RULES[rule].isCount ? Number(value.text) : value.text);
  };
  return (
    <form noValidate onSubmit={submit} className="flex flex-wrap items-end gap-2 bg-raised px-3 py-2">
      <Field
        className="min-w-36 flex-1"
        label="At most"
        hint={ceiling === null ? undefined : `up to ${amountText(String(ceiling))}`}
        unit={RULES[rule].unit ?? trader.account.currency}
        inputMode="decimal"
        autoFocus
        value={typed}
        fault={typed !== "" && !value ? "Not a number" : undefined}
        onChange={(event) => setTyped(event.target.value)}
      />
      <Button type="submit" look="strong" disabled={!value || doing.isBusy}>
        Save
      </Button>
      <Button disabled={doing.isBusy} onClick={() => void set(null)}>
        As configured
      </Button>
      <RefusedLine refused={doing.refused} className="w-full" />
    </form>
  );
}
