/** What the page shows, as data: `window.__whisperer`, for tests and for the browser's console. */

import type { Bar, Signal } from "whisperer-client";
import { holes } from "../../../market/bars";
import type { Mark } from "../../../market/signals";
import type { ChartDriver, Focus, Subject } from "./chart-driver";

/** One chart. */
interface Shown {
  instrumentId: string;
  interval: string;
  phase(): string;
  bars(): readonly Bar[];
  holes(): readonly { from: number; to: number; count: number }[];
  signals(): readonly Signal[];
  marks(): readonly Mark[];
  /** What was bought and sold on its bars. */
  fills(): ReturnType<ChartDriver["fillMarks"]>;
  /** Lines of orders, position and alarms. */
  levels(): readonly { key: string; title: string; price: string }[];
  /** Open time of the bar under the crosshair. */
  pointed(): number | null;
  /** What is drawn of each indicator: its part of the chart, and every line's values by open time. */
  indicators(): ReturnType<ChartDriver["drawnIndicators"]>;
}

interface Inspection extends Shown {
  /** Every chart by its number; the rest is of the active one. */
  panes: readonly Shown[];
  /** Drop the connection, as a network would. */
  reconnect(): void;
}

declare global {
  interface Window {
    __whisperer?: Inspection;
  }
}

const panes: (Shown | undefined)[] = [];

/** Show a chart from now on; returns what ends it. */
export function inspectPane(index: number, { instrument, feed, signals }: Subject, driver: ChartDriver, focus: Focus) {
  const shown: Shown = {
    instrumentId: instrument.instrument_id,
    interval: feed.interval,
    phase: () => feed.state.get().phase,
    bars: () => feed.series.all,
    holes: () => holes(feed.series.all, feed.interval),
    signals: () => signals.log.all,
    marks: () => driver.marks(),
    fills: () => driver.fillMarks(),
    levels: () => driver.shownLevels().map(({ key, title, price }) => ({ key, title, price })),
    pointed: () => focus.pointed.get(),
    indicators: () => driver.drawnIndicators(),
  };
  panes[index] = shown;
  return () => {
    if (panes[index] === shown) panes[index] = undefined;
  };
}

/** Make the active chart the one that is meant; returns what ends it. */
export function inspectPage(activeOf: () => number, reconnect: () => void): () => void {
  Object.defineProperty(window, "__whisperer", {
    configurable: true,
    get: () => {
      const active = panes[activeOf()];
      return active && { ...active, panes: panes.filter((pane) => pane !== undefined), reconnect };
    },
  });
  return () => Reflect.deleteProperty(window, "__whisperer");
}
