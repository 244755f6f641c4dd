import { expect, it } from "vitest";
import { closeTime, durationMs, intervalWords, missingBetween, openTime } from "../src/market/interval";

const utc = (text: string) => Date.parse(`${text}Z`);

it("aligns bars to UTC, weeks to Monday, months to the calendar", () => {
  const t = utc("2026-11-21T17:08:12");
  expect(openTime("15m", t)).toBe(utc("2026-11-21T17:00"));
  expect(openTime("12h", t)).toBe(utc("2026-11-21T12:00"));
  expect(openTime("1w", t)).toBe(utc("2026-11-16T00:00"));
  expect(openTime("1M", t)).toBe(utc("2026-11-01T00:00"));
});

it("closes a bar where the next opens, also in December and February", () => {
  expect(closeTime("1M", utc("2026-12-01T00:00"))).toBe(utc("2027-01-01T00:00"));
  expect(closeTime("1M", utc("2028-02-01T00:00"))).toBe(utc("2028-03-01T00:00"));
  expect(closeTime("1w", utc("2026-11-16T00:00"))).toBe(utc("2026-11-23T00:00"));
});

it("counts missing bars", () => {
  expect(missingBetween("1m", 0, 60_000)).toBe(0);
  expect(missingBetween("5m", 0, 20 * 60_000)).toBe(3);
  expect(missingBetween("1M", utc("2026-01-01T00:00"), utc("2026-02-01T00:00"))).toBe(0);
});

it("has words and lengths for all", () => {
  expect([intervalWords("1m"), intervalWords("12h"), intervalWords("1M")]).toEqual(["1 minute", "12 hours", "1 month"]);
  expect(durationMs("30s")).toBe(30_000);
});
