/** Where a chart is drawn; the keyboard moves its crosshair. */

import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import type { Instrument } from "whisperer-client";
import type { BarFeed } from "../../../market/bar-feed";
import { intervalWords } from "../../../market/interval";
import type { SignalFeed } from "../../../market/signal-feed";
import { useNode } from "../../../state/node";
import { zone as zoneSetting } from "../../../state/settings";
import { useStore } from "../../../state/store";
import { workspace } from "../../../state/workspace";
import { Button } from "../../../ui/button";
import { Icon } from "../../../ui/icon";
import { ChartDriver, type Crosshair, type Focus } from "./chart-driver";
import type { Shown } from "./indicator-lines";
import { inspectPane } from "./inspect";
import { LevelChips } from "./level-chips";

/** Between two drawings of the newest bar, for each chart on the screen. */
const PAUSE_MS = 30;

interface CanvasProps {
  index: number;
  instrument: Instrument;
  feed: BarFeed;
  signals: SignalFeed;
  indicators: readonly Shown[];
  focus: Focus;
  crosshair: Crosshair;
}

export function Canvas({ index, instrument, feed, signals, indicators, focus, crosshair }: CanvasProps) {
  const host = useRef<HTMLDivElement>(null);
  const { fills } = useNode().account;
  const zone = useStore(zoneSetting);
  const isFollowing = useStore(focus.following);
  const [driver, setDriver] = useState<ChartDriver | null>(null);
  useEffect(() => {
    const subject = { instrument, feed, signals, fills, zone };
    const made = new ChartDriver(host.current!, subject, focus, crosshair);
    const forget = inspectPane(index, subject, made, focus);
    setDriver(made);
    return () => {
      forget();
      made.destroy();
    };
  }, [index, instrument, zone, feed, signals, fills, focus, crosshair]);
  useEffect(() => driver?.showIndicators(indicators), [driver, indicators]);
  const { count } = useStore(workspace.layout);
  useEffect(() => {
    if (driver) driver.pauseMs = count * PAUSE_MS;
  }, [driver, count]);
  return (
    <>
      <div
        ref={host}
        data-testid="chart"
        role="application"
        tabIndex={0}
        aria-label={`Chart of ${instrument.instrument_id}, ${intervalWords(feed.interval)}. Left and right arrow keys move from bar to bar, Enter picks the signal of a bar, plus and minus zoom, End returns to the newest bar, Escape leaves.`}
        className="relative isolate min-h-0 flex-1 overflow-hidden outline-none after:pointer-events-none after:absolute after:inset-0 after:z-[3] after:border-accent focus-visible:after:border-2"
        onKeyDown={(event) => driver && steer(driver, event)}
      />
      {driver && <LevelChips driver={driver} instrument={instrument} />}
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
