import { expect, it } from "vitest";
import { blanksBetween, candlesOf } from "../src/screens/chart/pane/points";
import { bar, MINUTE, minutes } from "./make";

it("draws nothing where bars are missing, and keeps their places", () => {
  const candles = candlesOf(minutes(1, 2, 5), "1m");
  expect(candles.map(({ time }) => Number(time) / 60)).toEqual([1, 2, 3, 4, 5]);
  expect(candles.map((candle) => "close" in candle)).toEqual([true, true, false, false, true]);
});

it("makes a long hole no wider than a part of the screen, its places evenly spread", () => {
  const blanks = blanksBetween("1m", 0, 10_000 * MINUTE);
  expect(blanks.length).toBeLessThanOrEqual(120);
  expect(blanks.at(-1)).toBeLessThan(10_000 * MINUTE);
  expect(new Set(blanks.slice(1).map((t, index) => t - blanks[index]!)).size).toBe(1);
});

it("draws the figures of the bar", () => {
  const [candle] = candlesOf([bar(1, 5, { o: "1.5", h: "9.5", l: "0.5" })], "1m");
  expect(candle).toEqual({ time: 60, open: 1.5, high: 9.5, low: 0.5, close: 5 });
});
