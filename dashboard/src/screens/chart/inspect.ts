/** What the page shows, as data: `window.__whisperer`, for tests and for the browser's console. */

import type { Bar, Instrument, Signal } from "whisperer-client";
import type { BarFeed } from "../../market/bar-feed";
import { holes } from "../../market/bars";
import type { SignalFeed } from "../../market/signal-feed";
import type { Mark } from "../../market/signals";
import type { ChartDriver } from "./chart-driver";

interface Shown {
  instrument: Instrument;
  feed: BarFeed;
  signals: SignalFeed;
  driver: ChartDriver;
  reconnect: () => void;
}

interface Inspection {
  instrumentId: string;
  interval: string;
  phase(): string;
  bars(): readonly Bar[];
  holes(): readonly { from: number; to: number; count: number }[];
  signals(): readonly Signal[];
  marks(): readonly Mark[];
  /** Drop the connection, as a network would. */
  reconnect(): void;
}

declare global {
  interface Window {
    __whisperer?: Inspection;
  }
}

/** Show these from now on; returns what ends it. */
export function inspectChart({ instrument, feed, signals, driver, reconnect }: Shown): () => void {
  const inspection: Inspection = {
    instrumentId: instrument.instrument_id,
    interval: feed.interval,
    phase: () => feed.state.get().phase,
    bars: () => feed.series.all,
    holes: () => holes(feed.series.all, feed.interval),
    signals: () => signals.log.all,
    marks: () => driver.marks(),
    reconnect,
  };
  window.__whisperer = inspection;
  return () => {
    if (window.__whisperer === inspection) delete window.__whisperer;
  };
}
