/** The latest signals of the instrument, newest first; one can be picked, here or on the chart. */

import { useEffect, useRef, useState } from "react";
import type { Signal } from "whisperer-client";
import type { SignalFeed } from "../../../market/signal-feed";
import { keyOf } from "../../../market/signals";
import { useNode } from "../../../state/node";
import { useStore } from "../../../state/store";
import { useTaken } from "../../../state/taken";
import { useCalm } from "../../../state/ticking";
import { Button } from "../../../ui/button";
import { Choice, type Option } from "../../../ui/choice";
import { Message, Waiting } from "../../../ui/message";
import type { Focus } from "../pane/chart-driver";
import { SignalRow } from "./signal-row";

type Kind = "sided" | "all";

const KINDS: readonly Option<Kind>[] = [
  { value: "sided", label: "Long & short" },
  { value: "all", label: "All" },
];
const PAGE = 25;

export function SignalPanel({ instrumentId, focus }: { instrumentId: string; focus: Focus }) {
  const node = useNode();
  const feed = useTaken(() => node.signals(instrumentId), [node, instrumentId]);
  return feed ? <Signals signals={feed} focus={focus} /> : <Waiting label="Loading signals" rows={8} />;
}

function Signals({ signals, focus }: { signals: SignalFeed; focus: Focus }) {
  const [kind, setKind] = useState<Kind>("sided");
  const [count, setCount] = useState(PAGE);
  const picked = useStore(focus.picked);
  const asked = useStore(focus.asked);
  const phase = useStore(signals.phase);
  useCalm(signals.revision, 250);
  const { shown, hasMore } = newest(signals.log.all, kind, count, picked);
  return (
    <>
      <div className="flex min-h-10 items-center justify-between gap-2 border-b border-line px-3 py-1">
        <h2 className="text-sm font-semibold">AI signals</h2>
        <Choice legend="Which signals" options={KINDS} value={kind} onChange={setKind} />
      </div>
      {phase === "loading" && <Waiting label="Loading signals" rows={8} />}
      {phase === "refused" && <Message icon="signals" title="No signals for this instrument" />}
      {phase === "ready" && shown.length === 0 && (
        <Nothing hasSignals={signals.log.all.length > 0} onAll={() => setKind("all")} />
      )}
      {phase === "ready" && shown.length > 0 && (
        <div className="relative min-h-0 flex-1 overflow-y-auto">
          <SignalList shown={shown} picked={picked} asked={asked} onPick={(key) => focus.picked.set(key)} />
          {hasMore && (
            <div className="p-2">
              <Button className="w-full" onClick={() => setCount(count + PAGE)}>
                Show more
              </Button>
            </div>
          )}
        </div>
      )}
    </>
  );
}

interface SignalListProps {
  shown: readonly Signal[];
  picked: string | null;
  /** Grows whenever the picked one is to be seen. */
  asked: number;
  onPick: (key: string | null) => void;
}

function SignalList({ shown, picked, asked, onPick }: SignalListProps) {
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => {
    const head = list.current?.querySelector("[aria-expanded=true]");
    // all of it where there is room, and its beginning in any case
    for (const part of [head?.closest("li"), head]) part?.scrollIntoView({ block: "nearest" });
  }, [picked, asked]);
  return (
    <ul ref={list} data-testid="signals" className="divide-y divide-line">
      {shown.map((signal) => {
        const key = keyOf(signal);
        return (
          <SignalRow
            key={key}
            signal={signal}
            isPicked={key === picked}
            onPick={() => onPick(key === picked ? null : key)}
          />
        );
      })}
    </ul>
  );
}

function Nothing({ hasSignals, onAll }: { hasSignals: boolean; onAll: () => void }) {
  if (!hasSignals) {
    return (
      <Message icon="signals" title="No signals yet">
        There is one for every bar that closes.
      </Message>
    );
  }
  return (
    <Message icon="signals" title="Neither long nor short" action={<Button onClick={onAll}>Show all signals</Button>}>
      Every signal so far was neutral.
    </Message>
  );
}

/** Return the newest signals of a kind, newest first; the picked one is among them whatever it is. */
function newest(all: readonly Signal[], kind: Kind, count: number, picked: string | null) {
  const shown: Signal[] = [];
  for (let index = all.length - 1; index >= 0; index--) {
    const signal = all[index]!;
    const isPicked = picked !== null && keyOf(signal) === picked;
    if (!isPicked && kind === "sided" && signal.signal === "neutral") continue;
    if (isPicked || shown.length < count) shown.push(signal);
    else if (picked === null) return { shown, hasMore: true };
  }
  return { shown, hasMore: shown.length >= count };
}
