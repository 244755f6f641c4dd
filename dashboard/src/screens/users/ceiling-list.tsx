/** The most that a user's limits may be set to; the user can make each of them stricter. */

import { type FormEvent, useState } from "react";
import type { Schemas, Trader } from "whisperer-client";
import { RULES, type Rule, ruleText } from "../../account/rules";
import { amountText } from "../../account/words";
import { Exact } from "../../market/exact";
import { useAction } from "../../state/action";
import { useLoaded } from "../../state/loaded";
import { useNode } from "../../state/node";
import { Button } from "../../ui/button";
import { Field } from "../../ui/field";
import { Icon } from "../../ui/icon";
import { Message, Waiting } from "../../ui/message";
import { RefusedLine } from "../../ui/refused";

type Answer = Schemas["LimitsAnswer"];

export function CeilingList({ userId: user_id }: { userId: string }) {
  const { rest } = useNode();
  const path = "/api/v1/users/{user_id}/limits";
  const { value, fault, reload } = useLoaded(() => rest.get(path, { user_id }), [rest, user_id]);
  const [edited, setEdited] = useState<Rule | null>(null);
  if (value === null) {
    return fault ? <Message icon="alert" title={fault} /> : <Waiting label="Loading the limits" rows={3} />;
  }
  const set = async (rule: Rule, most: string | number | null) => {
    await rest.send("patch", path, { [rule]: most }, { user_id });
    await reload();
    setEdited(null);
  };
  return (
    <ul className="divide-y divide-line" data-testid="ceilings">
      {(Object.keys(RULES) as Rule[]).map((rule) => (
        <li key={rule}>
          <div className="flex items-center justify-between gap-2 px-3 text-xs">
            <span className="text-ink-soft">{RULES[rule].label}</span>
            <Standing answer={value} rule={rule} />
            <Button
              look="bare"
              className="px-0"
              aria-expanded={edited === rule}
              aria-label={`Change the most: ${RULES[rule].label}`}
              onClick={() => setEdited(edited === rule ? null : rule)}
            >
              <Icon name="edit" />
            </Button>
          </div>
          {edited === rule && <CeilingForm rule={rule} onSet={(most) => set(rule, most)} />}
        </li>
      ))}
    </ul>
  );
}

function Standing({ answer: { limits, ceilings }, rule }: { answer: Answer; rule: Rule }) {
  const isStricter = limits[rule] !== ceilings[rule] && limits[rule] !== null;
  return (
    <span className="ml-auto text-right">
      <span className="font-medium">{ruleText(rule, ceilings[rule], "")}</span>
      {isStricter && <span className="block text-ink-faint">{`set to ${amountText(String(limits[rule]))}`}</span>}
    </span>
  );
}

function CeilingForm({ rule, onSet }: { rule: Rule; onSet: (most: Trader["limits"][Rule]) => Promise<void> }) {
  const [run, doing] = useAction();
  const [typed, setTyped] = useState("");
  const value = Exact.typed(typed);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (value) void run(() => onSet(RULES[rule].isCount ? Number(value.text) : value.text));
  };
  return (
    <form noValidate onSubmit={submit} className="flex flex-wrap items-end gap-2 bg-raised px-3 py-2">
      <Field
        className="min-w-36 flex-1"
        label="At most"
        unit={RULES[rule].unit}
        inputMode="decimal"
        autoFocus
        value={typed}
        fault={typed !== "" && !value ? "Not a number" : undefined}
        onChange={(event) => setTyped(event.target.value)}
      />
      <Button type="submit" look="strong" disabled={!value || doing.isBusy}>
        Save
      </Button>
      <Button disabled={doing.isBusy} onClick={() => void run(() => onSet(null))}>
        As configured
      </Button>
      <RefusedLine refused={doing.refused} className="w-full" />
    </form>
  );
}
