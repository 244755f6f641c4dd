/** Every signal of every instrument, newest first, back to the oldest kept; and whether they came true. */

import { useState } from "react";
import type { Instrument, Signal } from "whisperer-client";
import type { SignalFeed } from "../../market/signal-feed";
import { go, href } from "../../shell/route";
import { useNode } from "../../state/node";
import { useStore } from "../../state/store";
import { useTaken } from "../../state/taken";
import { useCalm } from "../../state/ticking";
import { Button } from "../../ui/button";
import { Choice, type Option } from "../../ui/choice";
import { Message, Waiting } from "../../ui/message";
import { Panel } from "../../ui/panel";
import { Picker } from "../../ui/picker";
import { AccuracyView } from "./accuracy-view";
import { SignalTable } from "./signal-table";

type Wanted = "all" | Signal["signal"];

const SIDES: readonly Option<Wanted>[] = [
  { value: "all", label: "All" },
  { value: "long", label: "Long" },
  { value: "short", label: "Short" },
  { value: "neutral", label: "Neutral" },
];
type View = "log" | "accuracy";

const VIEWS: readonly Option<View>[] = [
  { value: "log", label: "Log" },
  { value: "accuracy", label: "Accuracy" },
];
const PAGE = 100;

export default function SignalsScreen({ params }: { params: readonly string[] }) {
  const node = useNode();
  const view: View = params[0] === "accuracy" ? "accuracy" : "log";
  const [instrumentId, setInstrumentId] = useState("");
  const [side, setSide] = useState<Wanted>("all");
  const market = useStore(node.market);
  const feed = useTaken(() => node.signals(instrumentId || null), [node, instrumentId]);
  const instruments = market.phase === "ready" ? market.instruments : [];
  return (
    <Panel className="lg:min-h-0 lg:flex-1">
      <div className="flex flex-wrap items-center gap-2 border-b border-line px-3 py-2">
        <Choice
          legend="View"
          options={VIEWS}
          value={view}
          onChange={(wanted) => go(wanted === "log" ? href("signals") : href("signals", wanted))}
        />
        <Picker
          label="Instrument"
          className="w-full sm:w-56"
          value={instrumentId}
          onChange={setInstrumentId}
          options={[{ value: "", label: "All instruments" }, ...instruments.map(optionOf)]}
        />
        {view === "log" && <Choice legend="Side" options={SIDES} value={side} onChange={setSide} />}
      </div>
      {view === "accuracy" && <AccuracyView key={instrumentId} instrumentId={instrumentId} />}
      {view === "log" && feed && <Log key={instrumentId} feed={feed} side={side} />}
      {view === "log" && !feed && <Waiting label="Loading signals" />}
    </Panel>
  );
}

function optionOf({ instrument_id: id }: Instrument) {
  return { value: id, label: id };
}

function Log({ feed, side }: { feed: SignalFeed; side: Wanted }) {
  const [count, setCount] = useState(PAGE);
  const phase = useStore(feed.phase);
  useCalm(feed.revision, 500);
  const matching = feed.log.all.filter((signal) => side === "all" || signal.signal === side);
  if (phase === "loading") return <Waiting label="Loading signals" rows={10} />;
  if (phase === "refused") return <Message icon="alert" title="No signals for this instrument" />;
  const hasMore = matching.length > count || feed.hasOlder;
  const more = () => {
    setCount(count + PAGE);
    if (matching.length < count + PAGE) void feed.loadOlder().catch(() => {});
  };
  return (
    <div className="relative min-h-0 flex-1 overflow-y-auto">
      {matching.length > 0 ? (
        <SignalTable signals={matching.slice(-count).reverse()} />
      ) : (
        <Message icon="signals" title="No such signals yet">
          There is one for every bar that closes.
        </Message>
      )}
      {hasMore && (
        <div className="p-3 text-center">
          <Button onClick={more}>Show older signals</Button>
        </div>
      )}
    </div>
  );
}
