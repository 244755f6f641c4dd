import { describe, expect, it } from "vitest";
import type { ChannelEvent, Connection, Rest } from "whisperer-client";
import { IndicatorFeed, type IndicatorRow } from "../src/market/indicator-feed";
import { type IndicatorKind, indicatorName, kindOf, search, valueText } from "../src/market/indicators";
import { withLines } from "../src/screens/chart/pane/indicator-lines";
import { MINUTE } from "./make";

function parameter(name: string, first: number | string, isOptional = false): IndicatorKind["parameters"][number] {
  const type = typeof first === "string" ? "choice" : "integer";
  return { name, type, default: first, minimum: null, maximum: null, choices: [], is_optional: isOptional, about: "" };
}

function kind(name: string, part: Partial<IndicatorKind> = {}): IndicatorKind {
  const rest = { aliases: [], about: "", parameters: [], outputs: ["value"], lines: ["value"] };
  return { name, pane: "own", is_cumulative: false, source: "engine", ...rest, ...part };
}

const BB = kind("BB", {
  pane: "price",
  aliases: ["BollingerBands"],
  parameters: [parameter("period", 20), parameter("k", 2), parameter("ma_type", "sma", true)],
  lines: ["upper", "middle", "lower"],
});
const VWAP = kind("VWAP", { about: "Mean price weighted by volume." });

describe("the name of an indicator", () => {
  it("is written as the node writes it", () => {
    expect(indicatorName(BB, ["20", "2", "sma"])).toBe("BB(20,2)");
    expect(indicatorName(BB, [" 10 ", "1.50", "EMA"])).toBe("BB(10,1.5,ema)");
    expect(indicatorName(BB, [])).toBe("BB(20,2)");
    expect(indicatorName(VWAP, [])).toBe("VWAP");
  });

  it("leads to its kind", () => {
    expect(kindOf([VWAP, BB], "BB(20,2)")).toBe(BB);
    expect(kindOf([VWAP, BB], "VWAP")).toBe(VWAP);
    expect(kindOf([VWAP], "BBX(2)")).toBeUndefined();
  });

  it("is found by a part of it, another name, or what it does", () => {
    expect(search([VWAP, BB], "bollinger")).toEqual([BB]);
    expect(search([BB, VWAP], "volume")).toEqual([VWAP]);
    expect(search([kind("ABB"), BB], "bb").map(({ name }) => name)).toEqual(["BB", "ABB"]);
    expect(search([BB, VWAP], " ")).toHaveLength(2);
  });
});

it("gives every line of a chart a colour, the edges of a band one together", () => {
  const feed = {} as IndicatorFeed;
  const macd = kind("MACD", { lines: ["value", "histogram"] });
  const [bands, other] = withLines([
    { kind: BB, feed },
    { kind: macd, feed },
  ]);
  expect(bands!.lines.map(({ colour }) => colour)).toEqual([0, 1, 0]);
  expect(other!.lines.map(({ colour, isHistogram }) => [colour, isHistogram])).toEqual([
    [2, false],
    [3, true],
  ]);
});

it("writes values short", () => {
  expect(valueText(82094.722039, 1)).toBe("82,094.7");
  expect(valueText(-0.000123456, null)).toBe("-0.00012346");
  expect(valueText(1234567.89, null)).toBe("1,234,600");
  expect(valueText(null, 1)).toBe("–");
});

describe("a feed of an indicator", () => {
  const row = (minute: number, value: number, closed = true): IndicatorRow => ({
    t: minute * MINUTE,
    values: { value },
    closed,
  });
  const changes: string[] = [];
  const asked: object[] = [];
  let tell: (event: ChannelEvent<IndicatorRow>) => void;

  function opened(): IndicatorFeed {
    changes.length = 0;
    asked.length = 0;
    const rest = {
      get: async (_: string, question: { end: number; limit: number }) => {
        asked.push(question);
        const last = question.end / MINUTE;
        const first = Math.max(0, last - 10);
        const items = Array.from({ length: last - first }, (_, at) => row(first + at, first + at));
        return { items, next: first > 0 ? "more" : null };
      },
    } as unknown as Rest;
    const connection = {
      subscribe: (_: string, reader: typeof tell) => {
        tell = reader;
        return () => {};
      },
    } as unknown as Connection;
    const feed = new IndicatorFeed(rest, "X.SIM", "1m", "SMA(3)");
    feed.open(connection);
    feed.listen((change) => changes.push(change));
    return feed;
  }

  const snapshot = (rows: IndicatorRow[], isNewEpoch = false) =>
    tell({ kind: "snapshot", rows, isNewEpoch, hasSource: true });

  it("holds one value per bar, the closed one for good", () => {
    const feed = opened();
    snapshot([row(50, 1)]);
    tell({ kind: "row", row: row(51, 2, false) });
    tell({ kind: "row", row: row(51, 3) });
    tell({ kind: "row", row: row(51, 9, false) });
    expect(feed.at(51 * MINUTE)?.values.value).toBe(3);
    expect(changes).toEqual(["all", "newest", "newest", "newest"]);
  });

  it("reads back as far as the bars reach, and no further than there is", async () => {
    const feed = opened();
    snapshot([row(25, 25)]);
    await feed.cover(12 * MINUTE);
    expect(asked).toMatchObject([{ end: 25 * MINUTE }, { end: 15 * MINUTE }]);
    await feed.cover(-1);
    expect(feed.at(0)?.values.value).toBe(0);
    const count = asked.length;
    await feed.cover(-1);
    expect(asked).toHaveLength(count);
  });

  it("holds up to a number of values, the newest, and reads older ones again when they are wanted", async () => {
    const feed = opened();
    snapshot([row(0, 0)]);
    await feed.cover(-1); // there is nothing before
    for (let minute = 1; minute < 140_000; minute += 1) tell({ kind: "row", row: row(minute, minute) });
    const held = Array.from({ length: 140_000 }, (_, minute) => feed.at(minute * MINUTE)).filter((one) => one !== undefined);
    expect(held.length).toBeGreaterThanOrEqual(60_000);
    expect(held.length).toBeLessThanOrEqual(65_000);
    expect(held.map(({ t }) => t)).toEqual(held.map((_, at) => (140_000 - held.length + at) * MINUTE));
    const first = held[0]!.t;
    await feed.cover(first - MINUTE);
    expect(feed.at(first - MINUTE)?.values.value).toBe(first / MINUTE - 1);
  });

  it("forgets what it had when the values are computed anew", async () => {
    const feed = opened();
    snapshot([row(25, 25)]);
    await feed.cover(20 * MINUTE);
    snapshot([row(25, 7)], true);
    expect(feed.at(25 * MINUTE)?.values.value).toBe(7);
    expect(feed.at(20 * MINUTE)).toBeUndefined();
  });
});
