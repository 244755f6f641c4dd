import { expect, it } from "vitest";
import type { ServerMessage } from "../src/types.ts";
import { type ChannelEvent, Session } from "../src/session.ts";

const CH = "bars:BTC-USDT.SIM:1m";
const RING = 20;

/** A node whose rows are 0, 1, 2 …, behind a wire that loses and repeats messages and breaks. */
class LossyNode {
  readonly truth: number[] = [];
  readonly held: number[] = [];
  private asked: { id: number; since?: Record<string, [string, number]> }[] = [];
  private epoch = "e0";
  /** Row of sequence number 1. */
  private first = 0;
  private readonly session: Session;

  constructor(private readonly random: () => number) {
    this.session = new Session({
      send: (message) => this.asked.push(message as (typeof this.asked)[number]),
      later: () => {},
      soon: (again) => again(),
      onHello: () => {},
      onUnsigned: () => {},
      onSigned: () => {},
      onPong: () => {},
      onNotice: () => {},
      onMarketTime: () => {},
    });
    this.session.subscribe(CH, (event) => this.read(event));
    this.give({ type: "hello" });
  }

  /** One more row, and what may happen beside it. */
  turn(): void {
    this.truth.push(this.truth.length);
    for (const chance of [0.8, 0.2]) if (this.random() < chance) this.sendRow(this.truth.length - 1);
    if (this.random() < 0.4) this.answer();
    if (this.random() < 0.05) this.breakDown(this.random() < 0.3);
  }

  /** All that is on its way arrives, and a heartbeat. */
  settle(): void {
    this.answer();
    this.give({ type: "hb", ts: 1, wall_ms: 1, heads: { [CH]: this.truth.length - this.first } });
    this.answer();
  }

  private read(event: ChannelEvent): void {
    if (event.kind === "row") this.held.push((event.row as { t: number }).t);
    if (event.kind === "snapshot") this.held.splice(0, Infinity, ...(event.rows as number[]));
  }

  private answer(): void {
    for (const { id, since } of this.asked.splice(0)) {
      const [epoch, seq] = since?.[CH] ?? ["", 0];
      const from = this.first + seq;
      this.give({ type: "ack", id });
      if (epoch === this.epoch && this.truth.length - from <= RING) {
        for (let row = from; row < this.truth.length; row++) this.sendRow(row);
      } else {
        const head = this.truth.length - this.first;
        this.give({ type: "snapshot", ch: CH, epoch: this.epoch, seq: head, part: [0, 1], data: [...this.truth] });
      }
    }
  }

  private breakDown(isRestart: boolean): void {
    this.session.closed();
    this.asked = [];
    if (isRestart) {
      this.epoch = `e${this.truth.length}`;
      this.first = this.truth.length;
    }
    this.give({ type: "hello" });
  }

  private sendRow(row: number): void {
    this.give({ type: "bar", ch: CH, seq: row - this.first + 1, ts: row, data: { t: row, closed: true } });
  }

  private give(message: object): void {
    this.session.receive(message as ServerMessage);
  }
}

/** Mulberry32: the same numbers for the same seed. */
function generator(seed: number): () => number {
  let state = seed + 0x6d2b79f5;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

it.each(Array.from({ length: 50 }, (_, seed) => seed))(
  "a client ends with the truth whatever is lost, seed %i",
  (seed) => {
    const node = new LossyNode(generator(seed));
    for (let turn = 0; turn < 400; turn++) node.turn();
    node.settle();
    expect(node.held).toEqual(node.truth);
  },
);
