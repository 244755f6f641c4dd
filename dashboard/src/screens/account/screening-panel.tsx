/** Whether the signals judge what strategies want to open, how strictly, and what has come of it. */

import { type FormEvent, useState } from "react";
import type { Schemas, Trader } from "whisperer-client";
import { outcomeOf, type Screening, thresholdText, typedShare, type Verdict } from "../../account/screening";
import { clock } from "../../market/time";
import { useAction } from "../../state/action";
import { useNode } from "../../state/node";
import { zone as zoneSetting } from "../../state/settings";
import { useStore } from "../../state/store";
import { Badge } from "../../ui/badge";
import { Button } from "../../ui/button";
import { Choice, type Option } from "../../ui/choice";
import { Fact } from "../../ui/fact";
import { Field } from "../../ui/field";
import { Icon } from "../../ui/icon";
import { RefusedLine } from "../../ui/refused";

type Change = Schemas["ScreeningChange"];

const STATES: readonly Option<"off" | "on">[] = [
  { value: "off", label: "Off" },
  { value: "on", label: "On" },
];
const MANNERS: readonly Option<"send" | "skip">[] = [
  { value: "send", label: "Send" },
  { value: "skip", label: "Skip" },
];

export function ScreeningPanel({ trader: { screening } }: { trader: Trader }) {
  const { rest, account } = useNode();
  const [run, doing] = useAction();
  const set = (change: Change) =>
    run(async () => account.trader.set(await rest.send("patch", "/api/v1/trader", { screening: change })));
  return (
    <div className="flex flex-col gap-3 p-3" data-testid="screening">
      <div>
        <div className="flex items-center justify-between gap-2">
          <h3 className="text-xs font-medium">Signals judge orders</h3>
          <Choice
            legend="Signals judge orders"
            options={STATES}
            value={screening.enabled ? "on" : "off"}
            onChange={(value) => void set({ enabled: value === "on" })}
          />
        </div>
        <p className="mt-1 text-xs text-ink-soft">
          {screening.enabled
            ? "Orders of your strategies that open or increase a position are sent only when the newest signal is for them."
            : "Orders of your strategies are sent whatever the signals say."}{" "}
          Your own orders and all that closes always go.
        </p>
        <RefusedLine refused={doing.refused} />
      </div>
      {screening.enabled && <Strictness screening={screening} isBusy={doing.isBusy} onSet={set} />}
      {screening.last !== null && <Outcome screening={screening} last={screening.last} />}
    </div>
  );
}

interface Props {
  screening: Screening;
  isBusy: boolean;
  onSet: (change: Change) => Promise<boolean>;
}

function Strictness({ screening, isBusy, onSet }: Props) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <div className="flex items-center justify-between gap-2 text-xs">
        <h3 className="font-medium">Without a word of the signals</h3>
        <Choice
          legend="Without a word of the signals"
          options={MANNERS}
          value={screening.strict ? "skip" : "send"}
          onChange={(value) => void onSet({ strict: value === "skip" })}
        />
      </div>
      <div className="flex items-center justify-between gap-2 text-xs">
        <h3 className="font-medium">Probability to win</h3>
        <span className="ml-auto text-right text-ink-soft">{thresholdText(screening.threshold)}</span>
        <Button
          look="bare"
          className="px-0"
          aria-expanded={isOpen}
          aria-label="Change: Probability to win"
          onClick={() => setOpen(!isOpen)}
        >
          <Icon name="edit" />
        </Button>
      </div>
      {isOpen && (
        <ThresholdForm
          isBusy={isBusy}
          onSet={async (threshold) => {
            if (await onSet({ threshold })) setOpen(false);
          }}
        />
      )}
    </>
  );
}

function ThresholdForm({ isBusy, onSet }: { isBusy: boolean; onSet: (threshold: number | null) => Promise<void> }) {
  const [text, setText] = useState("");
  const value = typedShare(text);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (value !== null) void onSet(value);
  };
  return (
    <form noValidate onSubmit={submit} className="flex flex-wrap items-end gap-2 rounded-md bg-raised p-2">
      <Field
        className="min-w-28 flex-1"
        label="Above"
        hint="0 to 1"
        inputMode="decimal"
        autoFocus
        value={text}
        fault={text !== "" && value === null ? "Not within 0 to 1" : undefined}
        onChange={(event) => setText(event.target.value)}
      />
      <Button type="submit" look="strong" disabled={value === null || isBusy}>
        Save
      </Button>
      <Button disabled={isBusy} onClick={() => void onSet(null)}>
        As the signals
      </Button>
    </form>
  );
}

function Outcome({ screening, last }: { screening: Screening; last: Verdict }) {
  const zone = useStore(zoneSetting);
  const { word, tone } = outcomeOf(last);
  return (
    <div className="border-t border-line pt-2">
      <dl className="grid grid-cols-3 gap-x-4 text-xs" title="Since the node was started">
        <Fact label="Judged and sent">{screening.executed}</Fact>
        <Fact label="Skipped">{screening.skipped}</Fact>
        <Fact label="No word">{screening.abstained}</Fact>
      </dl>
      <p className="mt-2 flex flex-wrap items-center gap-x-2 text-xs" data-testid="verdict">
        <Badge tone={tone}>{word}</Badge>
        <span className="font-medium">{`${last.side === "buy" ? "Buy" : "Sell"} ${last.instrument_id}`}</span>
        <time className="ml-auto text-ink-faint tabular-nums" dateTime={new Date(last.ts).toISOString()}>
          {clock(last.ts, zone)}
        </time>
      </p>
      <p className="mt-0.5 text-xs break-words text-ink-soft">{last.reasons[0]}</p>
    </div>
  );
}
