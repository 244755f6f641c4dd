import { describe, expect, it } from "vitest";
import { keyOf, marksOn, SignalLog, signalOn } from "../src/market/signals";
import { bar, MINUTE, minutes, signal } from "./make";

describe("a log of signals", () => {
  it("has one per bar, the later word, oldest first", () => {
    const log = new SignalLog();
    log.merge([signal(3, "long"), signal(1, "short")]);
    log.merge([signal(3, "neutral"), signal(2, "long")]);
    expect(log.all.map(({ ts_bar, signal: side }) => [ts_bar / MINUTE, side])).toEqual([
      [1, "short"],
      [2, "long"],
      [3, "neutral"],
    ]);
    expect(log.get(keyOf(signal(2, "long")))?.signal).toBe("long");
  });

  it("stays in order when a late one comes between", () => {
    const log = new SignalLog();
    log.merge([signal(1, "long"), signal(3, "long")]);
    expect(log.all).toHaveLength(2);
    log.merge([signal(2, "short"), signal(4, "long")]);
    expect(log.all.map(({ ts_bar }) => ts_bar / MINUTE)).toEqual([1, 2, 3, 4]);
  });

  it("forgets the oldest once they are far beyond a count", () => {
    const log = new SignalLog();
    const take = (from: number, to: number) => {
      for (let minute = from; minute < to; minute++) log.merge([signal(minute, "long")]);
      log.trim(20);
      return log.all.map(({ ts_bar }) => ts_bar / MINUTE);
    };
    expect(take(0, 22)).toHaveLength(22);
    expect(take(22, 23)).toEqual(Array.from({ length: 20 }, (_, index) => index + 3));
    expect(log.get(keyOf(signal(0, "long")))).toBeUndefined();
  });
});

describe("marks", () => {
  const places = (marks: ReturnType<typeof marksOn>) => marks.map(({ t, side }) => [t / MINUTE, side]);

  it("stand on the bar of their signal, none for a neutral one", () => {
    const all = [signal(1, "long"), signal(2, "neutral"), signal(3, "short")];
    expect(places(marksOn(minutes(1, 2, 3), all))).toEqual([
      [1, "long"],
      [3, "short"],
    ]);
  });

  it("stand on the longer bar in which the signal was given; of several the last", () => {
    const fives = [bar(0), bar(5), bar(10)];
    const all = [signal(1, "long"), signal(4, "short"), signal(5, "long")];
    expect(places(marksOn(fives, all))).toEqual([
      [0, "short"],
      [5, "long"],
    ]);
  });

  it("stand on the last shorter bar before the signal was given", () => {
    const seconds = [0, 20, 40, 60].map((second) => bar(second / 60));
    expect(places(marksOn(seconds, [signal(0, "long")]))).toEqual([[40 / 60, "long"]]);
  });

  it("know the turns, counting neutral as an opinion and each interval for itself", () => {
    const other = { bar_type: "BTC-USDT.SIM-5-MINUTE-LAST-EXTERNAL" };
    const all = [
      signal(1, "long"),
      signal(2, "long"),
      signal(2, "short", { ...other, ts_bar: -2 * MINUTE, ts: 3.5 * MINUTE }),
      signal(4, "neutral"),
      signal(5, "long"),
    ];
    const turns = marksOn(minutes(1, 2, 3, 4, 5), all).map((mark) => mark.isTurn);
    expect(turns).toEqual([true, false, true, true]);
  });

  it("leave out what is older than the chart", () => {
    expect(marksOn(minutes(5, 6), [signal(2, "long")])).toEqual([]);
    expect(marksOn([], [signal(2, "long")])).toEqual([]);
  });
});

it("finds the signal given while a bar was open", () => {
  const all = [signal(1, "long"), signal(2, "short")];
  expect(signalOn(all, MINUTE, 2 * MINUTE)?.signal).toBe("long");
  expect(signalOn(all, 5 * MINUTE, 6 * MINUTE)).toBeUndefined();
});
