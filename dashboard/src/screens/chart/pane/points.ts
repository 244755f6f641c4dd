/** Bars as the chart library wants them: seconds, numbers, and blanks where bars are missing. */

import type { CandlestickData, HistogramData, Time, UTCTimestamp, WhitespaceData } from "lightweight-charts";
import type { Bar, IntervalName } from "whisperer-client";
import { closeTime, missingBetween, openTime } from "../../../market/interval";
import type { Palette } from "./palette";

export type Candle = CandlestickData<Time> | WhitespaceData<Time>;

/** A longer hole is drawn no wider than this. */
const MOST_BLANKS = 120;

export function seconds(t: number): UTCTimestamp {
  return (t / 1000) as UTCTimestamp;
}

export function candleOf(bar: Bar): CandlestickData<Time> {
  return { time: seconds(bar.t), open: Number(bar.o), high: Number(bar.h), low: Number(bar.l), close: Number(bar.c) };
}

export function volumeOf(bar: Bar, palette: Palette): HistogramData<Time> {
  const isUp = Number(bar.c) >= Number(bar.o);
  return { time: seconds(bar.t), value: Number(bar.v), color: isUp ? palette.upSoft : palette.downSoft };
}

/** Return the times of the empty places between two bars, UNIX ms; all of them, or evenly some. */
export function blanksBetween(interval: IntervalName, before: number, after: number): number[] {
  const count = missingBetween(interval, before, after);
  const stride = Math.max(1, Math.ceil(count / MOST_BLANKS));
  const times: number[] = [];
  let t = before;
  for (let index = 0; index < count; index++) {
    t = closeTime(interval, t);
    if (index % stride === 0) times.push(openTime(interval, t));
  }
  return times;
}

/** Return all bars with blanks between them, oldest first. */
export function candlesOf(bars: readonly Bar[], interval: IntervalName): Candle[] {
  const candles: Candle[] = [];
  let previous: Bar | undefined;
  for (const bar of bars) {
    if (previous && bar.t > closeTime(interval, previous.t)) {
      for (const t of blanksBetween(interval, previous.t, bar.t)) candles.push({ time: seconds(t) });
    }
    candles.push(candleOf(bar));
    previous = bar;
  }
  return candles;
}
