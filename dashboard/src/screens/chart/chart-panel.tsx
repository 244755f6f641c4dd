/** The chart with its legend above and its footer below. */

import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import type { Instrument, IntervalName } from "whisperer-client";
import type { BarFeed } from "../../market/bar-feed";
import { intervalWords } from "../../market/interval";
import type { SignalFeed } from "../../market/signal-feed";
import { MARK_CHOICES } from "../../shell/preferences";
import { go, href } from "../../shell/route";
import { useNode } from "../../state/node";
import { marks as markSetting, zone as zoneSetting } from "../../state/settings";
import { useStore } from "../../state/store";
import { useTaken } from "../../state/taken";
import { Button } from "../../ui/button";
import { Choice } from "../../ui/choice";
import { Icon } from "../../ui/icon";
import { Message } from "../../ui/message";
import { Panel } from "../../ui/panel";
import { ChartDriver, type Focus } from "./chart-driver";
import { ChartFooter } from "./chart-footer";
import { inspectChart } from "./inspect";
import { IntervalPicker } from "./interval-picker";
import { Legend } from "./legend";

interface ChartPanelProps {
  instrument: Instrument;
  interval: IntervalName;
  signals: SignalFeed;
  focus: Focus;
}

export function ChartPanel({ instrument, interval, signals, focus }: ChartPanelProps) {
  const node = useNode();
  const id = instrument.instrument_id;
  const feed = useTaken(() => node.bars(id, interval), [node, id, interval]);
  return (
    <Panel>
      <header className="flex flex-wrap items-center justify-between gap-2 border-b border-line px-2 py-1.5">
        <IntervalPicker
          intervals={instrument.intervals}
          value={interval}
          onChange={(next) => go(href("chart", id, next))}
        />
        <MarkChooser />
      </header>
      {feed && (
        <>
          <Legend feed={feed} signals={signals} focus={focus} />
          <div className="relative flex min-h-[22rem] flex-1 flex-col lg:min-h-0">
            <Canvas key={feed.interval} instrument={instrument} feed={feed} signals={signals} focus={focus} />
            <Cover feed={feed} />
          </div>
          <ChartFooter feed={feed} />
        </>
      )}
    </Panel>
  );
}

function MarkChooser() {
  const marks = useStore(markSetting);
  return (
    <span className="flex items-center gap-2 text-xs text-ink-faint">
      <span aria-hidden="true">Signals</span>
      <Choice legend="Signal marks" options={MARK_CHOICES} value={marks} onChange={markSetting.set.bind(markSetting)} />
    </span>
  );
}

interface CanvasProps {
  instrument: Instrument;
  feed: BarFeed;
  signals: SignalFeed;
  focus: Focus;
}

function Canvas({ instrument, feed, signals, focus }: CanvasProps) {
  const { connection } = useNode();
  const host = useRef<HTMLDivElement>(null);
  const zone = useStore(zoneSetting);
  const isFollowing = useStore(focus.following);
  const [driver, setDriver] = useState<ChartDriver | null>(null);
  useEffect(() => {
    const made = new ChartDriver(host.current!, instrument, zone, feed, signals, focus);
    const forget = inspectChart({ instrument, feed, signals, driver: made, reconnect: connection.reconnect });
    setDriver(made);
    return () => {
      forget();
      made.destroy();
    };
  }, [connection, instrument, zone, feed, signals, focus]);
  return (
    <>
      <div
        ref={host}
        data-testid="chart"
        role="application"
        tabIndex={0}
        aria-label={`Chart of ${instrument.instrument_id}, ${intervalWords(feed.interval)}. Left and right arrow keys move from bar to bar, Enter picks the signal of a bar, plus and minus zoom, End returns to the newest bar, Escape leaves.`}
        className="relative min-h-0 flex-1 overflow-hidden outline-none after:pointer-events-none after:absolute after:inset-0 after:z-[3] after:border-accent focus-visible:after:border-2"
        onKeyDown={(event) => driver && steer(driver, event)}
      />
      {!isFollowing && (
        <Button className="absolute right-20 bottom-10 z-[3] shadow-lg" onClick={driver?.follow}>
          <Icon name="latest" /> Newest bar
        </Button>
      )}
    </>
  );
}

function steer(driver: ChartDriver, event: KeyboardEvent): void {
  const bars = event.shiftKey ? 10 : 1;
  const actions: Record<string, () => void> = {
    ArrowLeft: () => driver.step(-bars),
    ArrowRight: () => driver.step(bars),
    End: () => driver.follow(),
    Enter: () => driver.pickPointed(),
    Escape: () => driver.release(),
    "+": () => driver.zoom(0.8),
    "=": () => driver.zoom(0.8),
    "-": () => driver.zoom(1.25),
  };
  const action = actions[event.key];
  if (!action || event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  action();
}

/** What lies over the canvas while there is nothing on it. */
function Cover({ feed }: { feed: BarFeed }) {
  const { phase, message } = useStore(feed.state);
  const isEmpty = useStore(feed.revision) >= 0 && feed.series.all.length === 0;
  if (phase === "ready" && !isEmpty) return null;
  return (
    <div className="absolute inset-0 z-[4] flex bg-surface">
      {phase === "loading" && (
        <Message icon="chart" title="Loading bars">
          They come as soon as the node has them.
        </Message>
      )}
      {phase === "refused" && (
        <Message icon="alert" title="No bars here">
          {message}
        </Message>
      )}
      {phase === "ready" && (
        <Message icon="chart" title="No bars yet">
          The first bar appears with the first trade.
        </Message>
      )}
    </div>
  );
}
