import { describe, expect, it } from "vitest";
import { ladderOf, spreadPoints } from "../src/market/ladder";
import { LatestFeed } from "../src/market/latest-feed";
import { Player } from "../src/market/player";
import { RunningTime } from "../src/market/running-time";
import { type Trade, TradeFeed } from "../src/market/trade-feed";
import { ApiError, type ChannelEvent, type Connection, type Rest } from "whisperer-client";

/** A connection of which only the newest reader is known. */
class Wire {
  channel = "";
  maxHz: number | null = null;
  tell: (event: ChannelEvent<never>) => void = () => {};

  readonly connection = {
    subscribe: (channel: string, reader: (event: ChannelEvent<never>) => void, maxHz: number | null = null) => {
      Object.assign(this, { channel, tell: reader, maxHz });
      return () => {};
    },
  } as unknown as Connection;

  snapshot(rows: readonly unknown[], hasSource = true): void {
    this.tell({ kind: "snapshot", rows: rows as never[], isNewEpoch: true, hasSource });
  }

  row(row: unknown): void {
    this.tell({ kind: "row", row: row as never });
  }
}

describe("a ladder", () => {
  it("adds up each side from the best price on", () => {
    const ladder = ladderOf(
      [
        ["99", "1.5"],
        ["98", "2"],
        ["97", "9"],
      ],
      [["100", "0.5"]],
      2,
    );
    expect(ladder.bids.map(({ price, total }) => [price, total])).toEqual([
      ["99", 1.5],
      ["98", 3.5],
    ]);
    expect(ladder.asks).toEqual([{ price: "100", size: "0.5", total: 0.5 }]);
    expect(ladder.most).toBe(3.5);
    expect(ladderOf([], [], 5).most).toBe(0);
  });

  it("measures the spread against the middle", () => {
    expect(spreadPoints("99.5", "100.5")).toBeCloseTo(100);
    expect(spreadPoints("0", "0")).toBe(0);
  });
});

describe("market time between messages", () => {
  it("runs on until the next message is due, and stands then", () => {
    const time = new RunningTime();
    time.told({ ts: 100_000, at: 0 });
    expect(time.at(50, 100)).toBe(100_000);
    time.told({ ts: 120_000, at: 200 });
    expect(time.at(300, 100)).toBe(130_000);
    expect(time.at(400, 100)).toBe(140_000);
    expect(time.at(60_000, 100)).toBe(140_000);
  });

  it("waits no longer than a moment for a node that is seldom heard, and forgets a long pause", () => {
    const time = new RunningTime();
    time.told({ ts: 1_000, at: 0 });
    time.told({ ts: 11_000, at: 10_000 });
    expect(time.at(20_000, 1)).toBe(12_500);
    for (let at = 10_100; at < 15_000; at += 100) time.told({ ts: at, at });
    expect(time.at(60_000, 1) - 14_900).toBeLessThan(150);
  });
});

describe("a feed of the newest value", () => {
  it("asks for no more than is seen, and says when there is none", () => {
    const wire = new Wire();
    const feed = new LatestFeed("quotes:X.SIM", 5);
    feed.open(wire.connection);
    expect([wire.channel, wire.maxHz]).toEqual(["quotes:X.SIM", 5]);
    wire.snapshot([], false);
    expect(feed.phase.get()).toBe("none");
    wire.snapshot([{ bid: "1" }]);
    wire.row({ bid: "2" });
    expect([feed.phase.get(), feed.value.get()]).toEqual(["ready", { bid: "2" }]);
  });
});

describe("a player", () => {
  it("does one thing after the other, says why one was refused, and drops none", async () => {
    const told: string[] = [];
    const answers: (() => void)[] = [];
    const rest = {
      send: (_method: string, _path: string, body: { action: string }) =>
        new Promise((resolve, reject) => {
          told.push(body.action);
          answers.push(() => (body.action === "jump" ? reject(new ApiError(409, "conflict", "no")) : resolve({})));
        }),
    } as unknown as Rest;
    const player = new Player(rest);
    const all = [player.act({ action: "step" }), player.act({ action: "jump", to: 5 }), player.act({ action: "step" })];
    await Promise.resolve();
    expect([told, player.isBusy.get()]).toEqual([["step"], true]);
    answers[0]!();
    await all[0];
    answers[1]!();
    await all[1];
    expect(player.refusal.get()).toBe("no");
    await Promise.resolve();
    answers[2]!();
    await all[2];
    expect([told, player.isBusy.get(), player.refusal.get()]).toEqual([["step", "jump", "step"], false, null]);
  });
});

describe("a feed of trades", () => {
  const trade = (id: number) => ({ id: String(id) }) as Trade;

  it("keeps the newest of a flood, newest first", () => {
    const wire = new Wire();
    const feed = new TradeFeed("X.SIM");
    feed.open(wire.connection);
    wire.snapshot([trade(1), trade(2)]);
    for (let id = 3; id <= 5_000; id++) wire.row(trade(id));
    expect(feed.newest(3).map(({ id }) => id)).toEqual(["5000", "4999", "4998"]);
    expect(feed.newest(1_000).length).toBeLessThanOrEqual(400);
    wire.snapshot([trade(7)]);
    expect(feed.newest(9).map(({ id }) => id)).toEqual(["7"]);
  });
});
