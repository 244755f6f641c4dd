import { beforeEach, describe, expect, it } from "vitest";
import type { Connection, Reader, Rest } from "whisperer-client";
import { BarFeed } from "../src/market/bar-feed";
import { SignalFeed } from "../src/market/signal-feed";
import { bar, MINUTE, minutes, signal } from "./make";

type Asked = Record<string, unknown>;

/** A node that has the bars, and the signals, of minutes 0..99. */
class Node {
  asked: Asked[] = [];
  failure: Error | null = null;
  reader: Reader = () => {};
  channel = "";

  readonly rest = {
    get: async (path: string, query: Asked) => {
      this.asked.push(query);
      if (this.failure) throw this.failure;
      const { start = 0, end, cursor } = query as { start?: number; end: number; cursor?: string };
      const until = (cursor === undefined ? end : Number(cursor)) / MINUTE;
      const from = Math.max(start / MINUTE, query.start === undefined ? until - 10 : 0);
      const opens = Array.from({ length: 100 }, (_, minute) => minute).filter((one) => from <= one && one < until);
      const next = from > 0 ? String(from * MINUTE) : null;
      if (path === "/api/v1/bars") return { items: minutes(...opens), next, holes: [] };
      return { items: opens.reverse().map((minute) => signal(minute, "long")), next };
    },
  } as unknown as Rest;

  readonly connection = {
    subscribe: (channel: string, reader: Reader) => {
      this.channel = channel;
      this.reader = reader;
      return () => {};
    },
  } as unknown as Connection;

  snapshot(rows: readonly unknown[], isNewEpoch = true): void {
    this.reader({ kind: "snapshot", rows, isNewEpoch, hasSource: true });
  }
}

const opens = (all: readonly { t: number }[]) => all.map(({ t }) => t / MINUTE);
const span = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);
const settled = () => new Promise((resolve) => setTimeout(resolve));

let node: Node;

beforeEach(() => {
  node = new Node();
});

describe("a feed of bars", () => {
  let feed: BarFeed;

  beforeEach(() => {
    feed = new BarFeed(node.rest, "BTC-USDT.SIM", "1m");
    feed.open(node.connection);
  });

  it("reads its channel and is ready with the first snapshot", () => {
    expect(node.channel).toBe("bars:BTC-USDT.SIM:1m");
    expect(feed.state.get().phase).toBe("loading");
    node.snapshot(minutes(50, 51));
    node.reader({ kind: "row", row: bar(52) });
    expect(feed.state.get().phase).toBe("ready");
    expect(opens(feed.series.all)).toEqual([50, 51, 52]);
  });

  it("reads history page by page, one question continued by its cursor, to the beginning", async () => {
    node.snapshot(minutes(15, 16));
    await feed.loadOlder();
    await feed.loadOlder();
    expect(node.asked.map(({ end, cursor }) => [end, cursor])).toEqual([
      [15 * MINUTE, undefined],
      [15 * MINUTE, String(5 * MINUTE)],
    ]);
    expect(opens(feed.series.all)).toEqual(span(0, 17));
    expect(feed.state.get().hasOlder).toBe(false);
    await feed.loadOlder();
    expect(node.asked).toHaveLength(2);
  });

  it("asks for a page once, however often it is told to", async () => {
    node.snapshot(minutes(50));
    await Promise.all([feed.loadOlder(), feed.loadOlder()]);
    expect(node.asked).toHaveLength(1);
  });

  it("says why history could not be read, and tries again when told to", async () => {
    node.snapshot(minutes(50));
    node.failure = new Error("the source is away");
    await feed.loadOlder();
    expect(feed.state.get().olderFailed).toBe("the source is away");
    await feed.loadOlder();
    expect(node.asked).toHaveLength(1);
    node.failure = null;
    feed.retryOlder();
    await settled();
    expect(opens(feed.series.all)).toEqual(span(40, 51));
  });

  it("closes the seam when a ring no longer had what was missed", async () => {
    node.snapshot(minutes(10, 11));
    node.snapshot(minutes(20, 21), false);
    await settled();
    expect(opens(feed.series.all)).toEqual(span(10, 22));
    expect(node.asked).toMatchObject([{ start: 11 * MINUTE + 1, end: 20 * MINUTE }]);
  });

  it("tries again to close a seam when told to", async () => {
    node.snapshot(minutes(10, 11));
    node.failure = new Error("away");
    node.snapshot(minutes(20, 21), false);
    await settled();
    expect(opens(feed.series.all)).toEqual([10, 11, 20, 21]);
    expect(feed.state.get().isCatchingUp).toBe(true);
    node.failure = null;
    feed.retryOlder();
    await settled();
    expect(opens(feed.series.all)).toEqual(span(0, 22));
    expect(feed.state.get().isCatchingUp).toBe(false);
  });

  it("forgets everything when the numbering starts anew", async () => {
    node.snapshot(minutes(60, 61));
    const reading = feed.loadOlder();
    node.snapshot(minutes(30, 31));
    await reading;
    expect(opens(feed.series.all)).toEqual([30, 31]);
  });

  it("reads no more history than a chart can draw", async () => {
    const small = new BarFeed(node.rest, "BTC-USDT.SIM", "1m", { most: 25 });
    small.open(node.connection);
    node.snapshot(minutes(90, 91));
    for (let page = 0; page < 6; page++) await small.loadOlder();
    expect(node.asked).toHaveLength(3);
    expect(opens(small.series.all)).toEqual(span(60, 92));
  });

  it("drops the oldest bars once far too many have come", () => {
    const small = new BarFeed(node.rest, "BTC-USDT.SIM", "1m", { most: 25 });
    small.open(node.connection);
    node.snapshot(minutes(0));
    for (let minute = 1; minute <= 5_030; minute++) node.reader({ kind: "row", row: bar(minute) });
    expect(small.series.all.length).toBeLessThanOrEqual(5_025);
    expect(small.series.newest?.t).toBe(5_030 * MINUTE);
  });

  it("tells why a channel was refused", () => {
    node.reader({ kind: "refused", code: "unsupported_interval", message: "below the file's" });
    expect(feed.state.get()).toMatchObject({ phase: "refused", message: "below the file's" });
  });
});

describe("a feed of signals", () => {
  const bars = (feed: SignalFeed) => feed.log.all.map(({ ts_bar }) => ts_bar / MINUTE);

  it("reads back until it covers a time", async () => {
    const feed = new SignalFeed(node.rest, "BTC-USDT.SIM");
    feed.open(node.connection);
    node.snapshot([signal(50, "long"), signal(51, "short")]);
    await feed.cover(35 * MINUTE);
    expect(bars(feed)).toEqual([...span(31, 52)]);
    expect(node.asked).toHaveLength(2);
  });

  it("does not ask again at once after a failure", async () => {
    const feed = new SignalFeed(node.rest, null);
    feed.open(node.connection);
    expect(node.channel).toBe("signals");
    node.snapshot([signal(50, "long")]);
    node.failure = new Error("away");
    await feed.cover(0);
    await feed.cover(0);
    expect(node.asked).toHaveLength(1);
  });

  it("keeps what it read when a snapshot joins, and starts over when it does not", async () => {
    const feed = new SignalFeed(node.rest, "BTC-USDT.SIM");
    feed.open(node.connection);
    node.snapshot([signal(50, "long"), signal(51, "long")]);
    node.snapshot([signal(51, "long"), signal(52, "long")], false);
    expect(bars(feed)).toEqual([50, 51, 52]);
    node.snapshot([signal(70, "long")], false);
    expect(bars(feed)).toEqual([70]);
  });
});
