/** Starts a strategy: its kind, a name, and its parameters. */

import { type FormEvent, useState } from "react";
import type { StrategyKind } from "whisperer-client";
import { filledIn, type Parameter, parametersOf } from "../../account/parameters";
import { useAction } from "../../state/action";
import { useInstruments } from "../../state/instruments";
import { useNode } from "../../state/node";
import { Button } from "../../ui/button";
import { Field } from "../../ui/field";
import { Message } from "../../ui/message";
import { Picker } from "../../ui/picker";
import { RefusedLine } from "../../ui/refused";
import { ParameterFields } from "./parameter-fields";

interface NewStrategyProps {
  catalogue: readonly StrategyKind[];
  /** Names that are in use. */
  taken: readonly string[];
}

export function NewStrategy({ catalogue, taken }: NewStrategyProps) {
  const [name, setName] = useState(catalogue[0]?.kind ?? "");
  const kind = catalogue.find((one) => one.kind === name) ?? catalogue[0];
  if (!kind) return <Message icon="strategy" title="There are no strategies to start" />;
  return (
    <div className="flex flex-col gap-2.5 p-3">
      <Picker
        label="Kind"
        value={kind.kind}
        onChange={setName}
        options={catalogue.map(({ kind: value }) => ({ value, label: value }))}
      />
      <p className="text-xs text-ink-soft">{kind.description}</p>
      <StartForm key={kind.kind} kind={kind} taken={taken} />
    </div>
  );
}

function StartForm({ kind, taken }: { kind: StrategyKind; taken: readonly string[] }) {
  const { rest } = useNode();
  const [run, doing] = useAction();
  const parameters = parametersOf(kind.params);
  const firstInstrument = useInstruments()[0]?.instrument_id ?? "";
  const [texts, setTexts] = useState(() => initialTexts(parameters, firstInstrument));
  const [typedName, setName] = useState<string | null>(null);
  const [isPressed, setPressed] = useState(false);
  const name = typedName ?? freeName(kind.kind, taken);
  const { params, faults } = filledIn(parameters, texts);
  const nameFault = nameFaultOf(name, typedName === null ? [] : taken);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setPressed(true);
    if (Object.keys(faults).length > 0 || nameFault) return;
    const wish = { name, kind: kind.kind, params };
    if (!(await run(() => rest.send("post", "/api/v1/strategies", wish)))) return;
    setPressed(false);
    setName(null);
  };
  return (
    <form noValidate aria-label="New strategy" onSubmit={(event) => void submit(event)} className="flex flex-col gap-2.5">
      <Field label="Name" value={name} fault={nameFault} onChange={(event) => setName(event.target.value)} />
      <ParameterFields
        parameters={parameters}
        texts={texts}
        faults={isPressed ? faults : {}}
        onChange={(field, text) => setTexts((before) => ({ ...before, [field]: text }))}
      />
      <RefusedLine refused={doing.refused} />
      <Button type="submit" look="strong" disabled={doing.isBusy} className="mt-1 w-full">
        {`Start ${name}`}
      </Button>
    </form>
  );
}

export function initialTexts(parameters: readonly Parameter[], instrumentId: string): Record<string, string> {
  const text = ({ kind, initial }: Parameter) => initial || (kind === "instrument" ? instrumentId : "");
  return Object.fromEntries(parameters.map((parameter) => [parameter.name, text(parameter)]));
}

function freeName(kind: string, taken: readonly string[]): string {
  const stem = kind.replaceAll(/[^A-Za-z0-9_-]/g, "-").slice(0, 30);
  let number = 1;
  while (taken.includes(`${stem}-${number}`)) number += 1;
  return `${stem}-${number}`;
}

function nameFaultOf(name: string, taken: readonly string[]): string | undefined {
  if (!/^[A-Za-z0-9_-]{1,36}$/.test(name)) return "Letters, digits, - and _";
  return taken.includes(name) ? "In use" : undefined;
}
