import { expect, it } from "vitest";
import { dayInterval, lastDay } from "../src/market/day";
import { bar } from "./make";

const quarters = Array.from({ length: 200 }, (_, index) => bar(index * 15, 100 + index));

it("looks back 24 hours from the newest bar", () => {
  expect(lastDay(quarters)).toEqual({
    open: "204.0",
    high: "299.0",
    low: "204.0",
    volume: 96,
    length: 95 * 15 * 60_000,
  });
});

it("looks back as far as there is something", () => {
  expect(lastDay(quarters.slice(-2))).toMatchObject({ open: "298.0", length: 15 * 60_000 });
  expect(lastDay([])).toBeNull();
});

it("uses the shortest interval that fits", () => {
  expect(dayInterval(["1s", "1m", "30m", "1h"])).toBe("30m");
  expect(dayInterval(["1w", "1M"])).toBeUndefined();
});
