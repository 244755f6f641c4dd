/** The bars of one instrument and interval as this page holds them: oldest first, no two with one open time. */

import type { Bar, IntervalName } from "whisperer-client";
import { closeTime, missingBetween } from "./interval";

/** A span without bars: `[from, to)` in UNIX ms, and how many are missing. */
export interface Hole {
  from: number;
  to: number;
  count: number;
}

/** What a change means to a chart: draw everything again, or only the newest bar. */
export type Change = "all" | "newest" | "none";

export class BarSeries {
  private bars: Bar[] = [];

  constructor(readonly interval: IntervalName) {}

  get all(): readonly Bar[] {
    return this.bars;
  }

  get oldest(): Bar | undefined {
    return this.bars[0];
  }

  get newest(): Bar | undefined {
    return this.bars.at(-1);
  }

  /** Return the newest bar that opens at or before `t`. */
  at(t: number): Bar | undefined {
    return this.bars[this.indexAfter(t) - 1];
  }

  /** Hold these bars and no others. */
  replace(bars: readonly Bar[]): void {
    this.bars = [...bars];
  }

  /** Take newer bars over what is held: from the first of them on they are the truth. */
  splice(bars: readonly Bar[]): void {
    const first = bars[0];
    if (first) this.bars = [...this.bars.slice(0, this.indexAfter(first.t - 1)), ...bars];
  }

  /** Take bars that lie before or between those held, which stay as they are. */
  fill(bars: readonly Bar[]): void {
    const held = new Set(this.bars.map((bar) => bar.t));
    const merged = [...bars.filter((bar) => !held.has(bar.t)), ...this.bars];
    this.bars = merged.sort((a, b) => a.t - b.t);
  }

  /** Take one live bar. A closed bar is final: an open row of the same time that comes late changes nothing. */
  apply(bar: Bar): Change {
    const newest = this.newest;
    if (!newest || bar.t > newest.t) {
      this.bars.push(bar);
      return "newest";
    }
    const index = this.indexAfter(bar.t) - 1;
    const held = this.bars[index];
    if (held?.t !== bar.t) {
      this.bars.splice(index + 1, 0, bar);
      return "all";
    }
    if (held.closed && !bar.closed) return "none";
    this.bars[index] = bar;
    return bar.t === newest.t ? "newest" : "all";
  }

  /** Forget the oldest bars beyond `count`. */
  trim(count: number): void {
    this.bars = this.bars.slice(-count);
  }

  private indexAfter(t: number): number {
    let low = 0;
    let high = this.bars.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.bars[middle]!.t <= t) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Return the spans without bars, oldest first. */
export function holes(bars: readonly Bar[], interval: IntervalName): Hole[] {
  const found: Hole[] = [];
  for (let i = 1; i < bars.length; i++) {
    const before = bars[i - 1]!.t;
    const after = bars[i]!.t;
    const expected = closeTime(interval, before);
    if (after > expected) found.push({ from: expected, to: after, count: missingBetween(interval, before, after) });
  }
  return found;
}
