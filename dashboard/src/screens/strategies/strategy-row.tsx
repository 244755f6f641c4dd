/** One strategy: its state, why it was retired, its parameters, and what can be done with it. */

import { type FormEvent, useState } from "react";
import type { Strategy, StrategyKind } from "whisperer-client";
import { filledIn, parametersOf, textOf } from "../../account/parameters";
import { useAction } from "../../state/action";
import { useNode } from "../../state/node";
import { Badge, type Tone } from "../../ui/badge";
import { Button } from "../../ui/button";
import { RefusedLine } from "../../ui/refused";
import { ParameterFields } from "./parameter-fields";

const STATES: Record<Strategy["state"], { tone: Tone; word: string }> = {
  running: { tone: "up", word: "Running" },
  stopped: { tone: "plain", word: "Stopped" },
  retiring: { tone: "warn", word: "Being retired" },
  retired: { tone: "warn", word: "Retired" },
};

interface StrategyRowProps {
  strategy: Strategy;
  catalogue: readonly StrategyKind[];
}

export function StrategyRow({ strategy, catalogue }: StrategyRowProps) {
  const { rest } = useNode();
  const [run, doing] = useAction();
  const [isEdited, setEdited] = useState(false);
  const { name, kind, state, reason, params } = strategy;
  const isRunning = state === "running";
  const set = (next: "running" | "stopped") =>
    void run(() => rest.send("patch", "/api/v1/strategies/{name}", { state: next }, { name }));
  const remove = () => void run(() => rest.send("delete", "/api/v1/strategies/{name}", undefined, { name }));
  const known = catalogue.find((one) => one.kind === kind);
  return (
    <li className="px-3 py-2" data-testid="strategy">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <div className="min-w-0 flex-1 basis-48">
          <p className="flex items-center gap-2 font-medium">
            <span className="truncate">{name}</span>
            <Badge tone={STATES[state].tone}>{STATES[state].word}</Badge>
          </p>
          <p className="truncate text-xs text-ink-faint">{`${kind} · ${paramsText(params)}`}</p>
        </div>
        <span className="flex gap-1.5">
          <Button disabled={doing.isBusy} onClick={() => set(isRunning ? "stopped" : "running")}>
            {isRunning ? "Stop" : "Start"}
          </Button>
          {known && (
            <Button aria-expanded={isEdited} onClick={() => setEdited(!isEdited)}>
              Configure
            </Button>
          )}
          {!isRunning && state !== "retiring" && (
            <Button look="danger" disabled={doing.isBusy} onClick={remove}>
              Remove
            </Button>
          )}
        </span>
      </div>
      {reason && <p className="mt-1 text-xs text-warn">{`Retired: ${reason}`}</p>}
      <RefusedLine refused={doing.refused} className="mt-1" />
      {isEdited && known && <Configure strategy={strategy} kind={known} onDone={() => setEdited(false)} />}
    </li>
  );
}

function paramsText(params: Strategy["params"]): string {
  return Object.entries(params)
    .map(([name, value]) => `${name} ${textOf(value)}`)
    .join(", ");
}

function Configure({ strategy, kind, onDone }: { strategy: Strategy; kind: StrategyKind; onDone: () => void }) {
  const { rest } = useNode();
  const [run, doing] = useAction();
  const parameters = parametersOf(kind.params);
  const [texts, setTexts] = useState<Record<string, string>>(() =>
    Object.fromEntries(parameters.map(({ name, initial }) => [name, textOf(strategy.params[name]) || initial])),
  );
  const { params, faults } = filledIn(parameters, texts);
  const { name } = strategy;
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (Object.keys(faults).length > 0) return;
    if (await run(() => rest.send("patch", "/api/v1/strategies/{name}", { params }, { name }))) onDone();
  };
  return (
    <form
      noValidate
      aria-label={`Parameters of ${name}`}
      onSubmit={(event) => void submit(event)}
      className="mt-2 grid items-end gap-2.5 rounded-md bg-raised p-3 sm:grid-cols-2"
    >
      <ParameterFields
        parameters={parameters}
        texts={texts}
        faults={faults}
        onChange={(field, text) => setTexts((before) => ({ ...before, [field]: text }))}
      />
      <div className="flex flex-wrap items-center gap-2 sm:col-span-2">
        <Button type="submit" look="strong" disabled={doing.isBusy}>
          Save
        </Button>
        <Button look="bare" onClick={onDone}>
          Leave it
        </Button>
        <span className="text-xs text-ink-faint">
          {strategy.state === "running" && "It is stopped and started with these; its orders are cancelled."}
        </span>
      </div>
      <RefusedLine refused={doing.refused} className="sm:col-span-2" />
    </form>
  );
}
