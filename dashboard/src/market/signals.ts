/** The AI signals of one instrument as this page holds them, and where they stand on a chart. */

import type { Bar, Signal } from "whisperer-client";

export type Side = Signal["signal"];

/** Return what names a signal: there is one per closed bar. */
export function keyOf(signal: Pick<Signal, "bar_type" | "ts_bar">): string {
  return `${signal.bar_type}@${signal.ts_bar}`;
}

export class SignalLog {
  private byKey = new Map<string, Signal>();
  private sorted: Signal[] | null = [];

  /** All signals, oldest first. */
  get all(): readonly Signal[] {
    this.sorted ??= [...this.byKey.values()].sort((a, b) => a.ts - b.ts);
    return this.sorted;
  }

  get(key: string): Signal | undefined {
    return this.byKey.get(key);
  }

  /** Hold these signals and no others. */
  replace(signals: readonly Signal[]): void {
    this.byKey = new Map();
    this.sorted = [];
    this.merge(signals);
  }

  /** Take signals in any order; one that is held already is replaced. */
  merge(signals: readonly Signal[]): void {
    for (const signal of signals) this.add(signal);
  }

  /** Forget the oldest signals beyond `count`, once they are a tenth too many. */
  trim(count: number): void {
    if (this.byKey.size > count * 1.1) this.replace(this.all.slice(-count));
  }

  private add(signal: Signal): void {
    const key = keyOf(signal);
    const newest = this.sorted?.at(-1);
    const isNext = !this.byKey.has(key) && (newest === undefined || signal.ts >= newest.ts);
    this.byKey.set(key, signal);
    if (isNext) this.sorted?.push(signal);
    else this.sorted = null;
  }
}

/** A long or short signal on the bar in which it was given. */
export interface Mark {
  key: string;
  /** Open time of the bar, UNIX ms. */
  t: number;
  side: "long" | "short";
  /** Whether the opinion before it on the same bars was another one. */
  isTurn: boolean;
  isBackfilled: boolean;
}

/**
 * Return the marks for a chart of `bars` (oldest first). A signal stands on the bar in which its own bar closed, so it
 * fits a chart of any interval; of several on one bar the last stands there.
 */
export function marksOn(bars: readonly Bar[], signals: readonly Signal[]): Mark[] {
  const oldest = bars[0];
  if (!oldest) return [];
  const before = new Map<string, Side>();
  const marks = new Map<number, Mark>();
  let index = 0;
  for (const signal of signals) {
    const isTurn = before.get(signal.bar_type) !== signal.signal;
    before.set(signal.bar_type, signal.signal);
    const moment = signal.ts - 1;
    if (moment < oldest.t || signal.signal === "neutral") continue;
    while (index + 1 < bars.length && bars[index + 1]!.t <= moment) index += 1;
    const t = bars[index]!.t;
    marks.set(t, { key: keyOf(signal), t, side: signal.signal, isTurn, isBackfilled: signal.backfilled });
  }
  return [...marks.values()];
}

/** Return the signal that stands on the bar between `t` and `end` (its close), or undefined. */
export function signalOn(signals: readonly Signal[], t: number, end: number): Signal | undefined {
  return signals.findLast((signal) => signal.ts > t && signal.ts <= end);
}
