import { describe, expect, it } from "vitest";
import { BarSeries, holes } from "../src/market/bars";
import { bar, MINUTE, minutes } from "./make";

function series(...all: number[]): BarSeries {
  const made = new BarSeries("1m");
  made.replace(minutes(...all));
  return made;
}

const opens = (one: BarSeries) => one.all.map(({ t }) => t / MINUTE);

describe("a series of bars", () => {
  it("grows by newer bars and lets the newest change", () => {
    const one = series(1, 2);
    expect(one.apply(bar(3, 100, { closed: false }))).toBe("newest");
    expect(one.apply(bar(3, 105, { closed: false }))).toBe("newest");
    expect(one.newest?.c).toBe("105.0");
    expect(opens(one)).toEqual([1, 2, 3]);
  });

  it("keeps a closed bar against an open row that comes late", () => {
    const one = series(1, 2);
    expect(one.apply(bar(2, 999, { closed: false }))).toBe("none");
    expect(one.newest?.c).toBe("100.0");
  });

  it("takes an earlier bar in its place and says that all must be drawn", () => {
    const one = series(1, 3);
    expect(one.apply(bar(2))).toBe("all");
    expect(one.apply(bar(1, 90))).toBe("all");
    expect(opens(one)).toEqual([1, 2, 3]);
  });

  it("lets a snapshot replace what it covers and what lies after it", () => {
    const one = series(1, 2, 3, 9);
    one.splice([bar(3, 50), bar(4)]);
    expect(opens(one)).toEqual([1, 2, 3, 4]);
    expect(one.at(3 * MINUTE)?.c).toBe("50.0");
  });

  it("fills history in without touching what it holds", () => {
    const one = series(4, 5);
    one.fill([bar(2), bar(3), bar(4, 999)]);
    expect(opens(one)).toEqual([2, 3, 4, 5]);
    expect(one.at(4 * MINUTE)?.c).toBe("100.0");
  });

  it("finds the bar that holds a moment", () => {
    const one = series(1, 2, 5);
    expect(one.at(2.5 * MINUTE)?.t).toBe(2 * MINUTE);
    expect(one.at(0.5 * MINUTE)).toBeUndefined();
  });

  it("forgets the oldest beyond a count", () => {
    const one = series(1, 2, 3);
    one.trim(2);
    one.trim(5);
    expect(opens(one)).toEqual([2, 3]);
  });
});

describe("holes", () => {
  it("are the spans without bars, with how many are missing", () => {
    expect(holes(minutes(1, 2, 5, 6, 8), "1m")).toEqual([
      { from: 3 * MINUTE, to: 5 * MINUTE, count: 2 },
      { from: 7 * MINUTE, to: 8 * MINUTE, count: 1 },
    ]);
  });

  it("know that months differ in length", () => {
    const month = (index: number) => bar(Date.UTC(2026, index) / MINUTE);
    expect(holes([month(0), month(1), month(2)], "1M")).toEqual([]);
    expect(holes([month(0), month(3)], "1M")[0]?.count).toBe(2);
  });
});
