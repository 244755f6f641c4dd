/** Bar intervals: aligned to UTC, weeks to Monday, months to the calendar. All times UNIX ms. */

import type { IntervalName } from "whisperer-client";

const UNIT_MS: Record<string, number> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  M: 31 * 86_400_000,
};
const UNIT_WORDS: Record<string, string> = { s: "second", m: "minute", h: "hour", d: "day", w: "week", M: "month" };
/** The first Monday of UNIX time, 1970-01-05. */
const MONDAY_MS = 4 * 86_400_000;

/** Return the length in ms; of a month the longest one. */
export function durationMs(name: IntervalName): number {
  return parseInt(name, 10) * (UNIT_MS[name.slice(-1)] ?? 0);
}

/** Return the open time of the bar that holds `t`. */
export function openTime(name: IntervalName, t: number): number {
  if (name === "1M") {
    const moment = new Date(t);
    return Date.UTC(moment.getUTCFullYear(), moment.getUTCMonth());
  }
  const offset = name === "1w" ? MONDAY_MS : 0;
  return t - ((t - offset) % durationMs(name));
}

/** Return the close time of the bar that opens at `t`, which is the next bar's open time. */
export function closeTime(name: IntervalName, t: number): number {
  if (name === "1M") {
    const moment = new Date(t);
    return Date.UTC(moment.getUTCFullYear(), moment.getUTCMonth() + 1);
  }
  return t + durationMs(name);
}

/** Return how many bars are missing between the bars that open at `before` and `after`. */
export function missingBetween(name: IntervalName, before: number, after: number): number {
  if (name !== "1M") return Math.max(0, Math.round((after - before) / durationMs(name)) - 1);
  let count = 0;
  for (let t = closeTime(name, before); t < after; t = closeTime(name, t)) count += 1;
  return count;
}

/** Return the name in words, for example `5 minutes`. */
export function intervalWords(name: IntervalName): string {
  const step = parseInt(name, 10);
  return `${step} ${UNIT_WORDS[name.slice(-1)]}${step === 1 ? "" : "s"}`;
}
