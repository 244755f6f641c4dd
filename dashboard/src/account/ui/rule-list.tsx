/** The rules of a trader's limits, each with how it stands and a form that changes it. */

import { type FormEvent, type ReactNode, useState } from "react";
import type { Trader } from "whisperer-client";
import { Exact } from "../../market/exact";
import { useAction } from "../../state/action";
import { Button } from "../../ui/button";
import { Field } from "../../ui/field";
import { Icon } from "../../ui/icon";
import { RefusedLine } from "../../ui/refused";
import { RULES, type Rule } from "../rules";

export type Most = Trader["limits"][Rule];

interface Props {
  /** For tests. */
  name: string;
  /** What stands before a rule's name on its button. */
  verb: string;
  /** Unit of rules that have none of their own. */
  currency?: string;
  standing: (rule: Rule) => ReactNode;
  hint?: (rule: Rule) => string | undefined;
  /** Set a rule; null: as configured. */
  onSet: (rule: Rule, most: Most) => Promise<void>;
}

export function RuleList({ name, verb, currency, standing, hint, onSet }: Props) {
  const [edited, setEdited] = useState<Rule | null>(null);
  return (
    <ul className="divide-y divide-line" data-testid={name}>
      {(Object.keys(RULES) as Rule[]).map((rule) => (
        <li key={rule}>
          <div className="flex items-center justify-between gap-2 px-3 text-xs">
            <span className="text-ink-soft">{RULES[rule].label}</span>
            {standing(rule)}
            <Button
              look="bare"
              className="px-0"
              aria-expanded={edited === rule}
              aria-label={`${verb}: ${RULES[rule].label}`}
              onClick={() => setEdited(edited === rule ? null : rule)}
            >
              <Icon name="edit" />
            </Button>
          </div>
          {edited === rule && (
            <RuleForm
              rule={rule}
              unit={RULES[rule].unit ?? currency}
              hint={hint?.(rule)}
              onSet={(most) => onSet(rule, most)}
              onDone={() => setEdited(null)}
            />
          )}
        </li>
      ))}
    </ul>
  );
}

interface FormProps {
  rule: Rule;
  unit?: string;
  hint?: string;
  onSet: (most: Most) => Promise<void>;
  onDone: () => void;
}

function RuleForm({ rule, unit, hint, onSet, onDone }: FormProps) {
  const [run, doing] = useAction();
  const [typed, setTyped] = useState("");
  const value = Exact.typed(typed);
  const set = async (most: Most) => {
    if (await run(() => onSet(most))) onDone();
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
        hint={hint}
        unit={unit}
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
