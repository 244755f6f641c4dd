/** Bars and signals for tests. */

import type { Bar, Signal } from "whisperer-client";

export const MINUTE = 60_000;

export function bar(minute: number, close = 100, part: Partial<Bar> = {}): Bar {
  const c = close.toFixed(1);
  return { t: minute * MINUTE, o: c, h: c, l: c, c, v: "1.0", closed: true, ...part };
}

export function minutes(...all: number[]): Bar[] {
  return all.map((minute) => bar(minute));
}

/** The signal on the 1m bar that opens at `minute`. */
export function signal(minute: number, side: Signal["signal"], part: Partial<Signal> = {}): Signal {
  return {
    instrument_id: "BTC-USDT.SIM",
    bar_type: "BTC-USDT.SIM-1-MINUTE-LAST-EXTERNAL",
    interval: "1m",
    signal: side,
    score: 0.5,
    probability: 0.75,
    confidence: 0.7,
    sources: [],
    reasons: ["because"],
    price: "100.0",
    backfilled: false,
    stale: false,
    degraded: false,
    act_above: 0.65,
    usable: true,
    thresholds: { long_above: 0.6, short_below: 0.4, confidence: 0, quorum: 0.5 },
    abstention: null,
    ts_bar: minute * MINUTE,
    ts: (minute + 1) * MINUTE,
    trace_id: "0",
    ...part,
  };
}
