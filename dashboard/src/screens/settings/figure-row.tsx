/** One number: how it stands, what the file says where that is another, and a form that changes it. */

import { type FormEvent, type ReactNode, useId, useState } from "react";
import { useAction } from "../../state/action";
import { Button } from "../../ui/button";
import { Field } from "../../ui/field";
import { Icon } from "../../ui/icon";
import { RefusedLine } from "../../ui/refused";
import { type Rule, typed } from "./settings";

interface Props {
  rule: Rule;
  /** Of a row whose label alone does not say what it is about. */
  name?: string;
  value: string;
  note?: string | null;
  /** What the file says; null: it is in force. */
  file: string | null;
  isEditable: boolean;
  /** Set it; null: as the file says. */
  onSet: (value: number | null) => Promise<unknown>;
}

export function FigureRow({ rule, name = rule.label, value, note, file, isEditable, onSet }: Props) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Row label={rule.label} hint={note ?? undefined} value={value} file={file}>
        {isEditable && (
          <Button
            look="bare"
            className="min-w-10 px-0"
            aria-expanded={isOpen}
            aria-label={`Change: ${name}`}
            onClick={() => setOpen(!isOpen)}
          >
            <Icon name="edit" />
          </Button>
        )}
      </Row>
      {isOpen && isEditable && (
        <FigureForm rule={rule} isSet={file !== null} onSet={onSet} onDone={() => setOpen(false)} />
      )}
    </>
  );
}

interface RowProps {
  label: string;
  hint?: string;
  value: ReactNode;
  file: string | null;
  children?: ReactNode;
}

/** A label over its hint, what is in force, and what the file says instead. */
export function Row({ label, hint, value, file, children }: RowProps) {
  return (
    <div className="flex min-h-11 items-center justify-between gap-3 px-3 py-1 text-xs">
      <span className="min-w-0 text-ink-soft">
        {label}
        {hint && <span className="block text-2xs text-ink-faint">{hint}</span>}
      </span>
      <span className="ml-auto shrink-0 text-right">
        <span className="font-medium tabular-nums">{value}</span>
        {file !== null && <span className="block text-2xs text-ink-faint">{`set here, file: ${file}`}</span>}
      </span>
      {children}
    </div>
  );
}

interface FormProps {
  rule: Rule;
  isSet: boolean;
  onSet: (value: number | null) => Promise<unknown>;
  onDone: () => void;
}

function FigureForm({ rule, isSet, onSet, onDone }: FormProps) {
  const [run, doing] = useAction();
  const [text, setText] = useState("");
  const about = useId();
  const value = typed(text, rule);
  const set = async (wanted: number | null) => {
    if (await run(() => onSet(wanted))) onDone();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (value !== null) void set(value);
  };
  return (
    <form noValidate onSubmit={submit} aria-describedby={about} className="bg-raised px-3 py-2">
      <p id={about} className="mb-1 text-xs text-ink-faint">
        {rule.hint}
      </p>
      <div className="flex flex-wrap items-end gap-2">
        <Field
          className="min-w-28 flex-1"
          label="New value"
          unit={rule.unit}
          inputMode="decimal"
          autoFocus
          value={text}
          fault={text !== "" && value === null ? "Not within its bounds" : undefined}
          onChange={(event) => setText(event.target.value)}
        />
        <Button type="submit" look="strong" disabled={value === null || doing.isBusy}>
          Save
        </Button>
        {isSet && (
          <Button disabled={doing.isBusy} onClick={() => void set(null)}>
            As in the file
          </Button>
        )}
      </div>
      <RefusedLine refused={doing.refused} className="mt-2" />
    </form>
  );
}
