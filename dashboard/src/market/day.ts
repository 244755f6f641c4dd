/** The last 24 hours of an instrument, from its bars of a quarter of an hour. */

import type { Bar, IntervalName } from "whisperer-client";

export interface Day {
  /** Price at the beginning. */
  open: string;
  high: string;
  low: string;
  /** Base units. */
  volume: number;
  /** How long it really is, in ms: less where there are no older bars. */
  length: number;
}

const DAY_MS = 86_400_000;
const FITTING: readonly IntervalName[] = ["15m", "30m", "1h", "2h", "4h", "6h", "12h", "1d"];

/** Return the interval to work it out from; undefined when the source has none that fits. */
export function dayInterval(intervals: readonly IntervalName[]): IntervalName | undefined {
  return FITTING.find((name) => intervals.includes(name));
}

/** Return the figures up to the newest of `bars` (oldest first), or null without bars. */
export function lastDay(bars: readonly Bar[]): Day | null {
  const newest = bars.at(-1);
  if (!newest) return null;
  const first = bars.findIndex((bar) => bar.t > newest.t - DAY_MS);
  const day = bars.slice(first);
  const above = (a: string, b: string) => (Number(b) > Number(a) ? b : a);
  const below = (a: string, b: string) => (Number(b) < Number(a) ? b : a);
  return {
    open: day[0]!.o,
    high: day.map((bar) => bar.h).reduce(above),
    low: day.map((bar) => bar.l).reduce(below),
    volume: day.reduce((sum, bar) => sum + Number(bar.v), 0),
    length: newest.t - day[0]!.t,
  };
}
