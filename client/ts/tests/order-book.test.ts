import { describe, expect, it } from "vitest";
import { Client, OrderBook } from "../src/index.ts";
import { crc32 } from "../src/crc32.ts";
import { FakeNode } from "./fake-node.ts";

type Step = Parameters<OrderBook["apply"]>[0];

/** A step after which the best levels read `text`. */
function step(sequence: number, text: string, part: Partial<Step> = {}): Step {
  return { bids: [], asks: [], sequence, ts: sequence, ts_ns: `${sequence}000000`, crc32: crc32(text), ...part };
}

const TEXT = "99.5:1,99.0:2|100.0:1,100.5:3";
const WHOLE = step(7, TEXT, {
  bids: [
    ["99.5", "1"],
    ["99.0", "2"],
  ],
  asks: [
    ["100.0", "1"],
    ["100.5", "3"],
  ],
});

it("makes the checksum that zlib makes", () => {
  expect(crc32("123456789")).toBe(0xcbf43926);
  expect(crc32("")).toBe(0);
});

describe("an order book", () => {
  it("takes levels in, changes and drops them, best first", () => {
    const book = new OrderBook();
    expect(book.load(WHOLE)).toBe(true);
    const bids: [string, string][] = [
      ["99.2", "5"],
      ["99.0", "0"],
      ["98.0", "0"],
    ];
    const asks: [string, string][] = [
      ["99.9", "4"],
      ["100.5", "1"],
    ];
    expect(book.apply(step(8, "99.5:1,99.2:5|99.9:4,100.0:1,100.5:1", { bids, asks }))).toBe(true);
    expect(book.bids).toEqual([
      ["99.5", "1"],
      ["99.2", "5"],
    ]);
    expect(book.asks.map((level) => level.join())).toEqual(["99.9,4", "100.0,1", "100.5,1"]);
    expect([book.sequence, book.ts]).toEqual([8, 8]);
  });

  it("sees that a step is missing, and that it is not the node's book", () => {
    const book = new OrderBook();
    book.load(WHOLE);
    expect(book.apply(step(9, TEXT))).toBe(false);
    expect(book.apply(step(8, TEXT))).toBe(true);
    expect(book.apply(step(9, "another book"))).toBe(false);
  });
});

it("is asked for again by the client once it breaks", async () => {
  const ch = "book_delta:X.SIM";
  const node = await new FakeNode().start();
  node.onAsked = ({ op, id }, peer) => {
    peer.send({ type: "ack", id });
    if (op !== "subscribe") return;
    peer.send({ type: "snapshot", ch, epoch: "e", seq: 1, part: [0, 1], data: [WHOLE] });
  };
  const client = new Client(node.url);
  const told: number[] = [];
  const until = (count: number) =>
    new Promise<void>((resolve) => {
      const look = () => (told.length >= count ? resolve() : setTimeout(look, 1));
      look();
    });
  const end = client.book("X.SIM", { onBook: ({ sequence }) => told.push(sequence) });
  await until(1);
  const send = (seq: number, data: Step) => node.newest.send({ type: "book_delta", ch, seq, ts: 1, data });
  send(2, step(8, TEXT));
  send(3, step(9, "another book"));
  await until(3);
  expect(told).toEqual([7, 8, 7]);
  expect(node.newest.asked.map(({ op }) => op)).toEqual(["subscribe", "unsubscribe", "subscribe"]);
  end();
  await node.until(() => node.newest.asked.length === 4);
  client.close();
  node.stop();
});
