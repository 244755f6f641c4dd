import { beforeEach, describe, expect, it } from "vitest";
import type { ClientMessage, ServerMessage } from "../src/types.ts";
import { type ChannelEvent, Session } from "../src/session.ts";

const CH = "bars:BTC-USDT.SIM:1m";
type Sent = ClientMessage & { id: number; since?: Record<string, [string, number]> };

class Wire {
  sent: Sent[] = [];
  laters: { ms: number; again: () => void }[] = [];
  times: number[] = [];
  heard: ChannelEvent[] = [];
  readonly session = new Session({
    send: (message) => this.sent.push(message as Sent),
    later: (ms, again) => this.laters.push({ ms, again }),
    soon: (again) => again(),
    onHello: () => {},
    onUnsigned: () => {},
    onSigned: () => {},
    onPong: () => {},
    onNotice: () => {},
    onMarketTime: (ts) => this.times.push(ts),
  });

  hello(): void {
    this.give({ type: "hello" });
  }

  give(message: object): void {
    this.session.receive(message as ServerMessage);
  }

  /** Answer the last subscribe, and if told to with a snapshot. */
  ack(epoch: string, seq: number, rows?: unknown[]): void {
    this.give({ type: "ack", id: this.last.id, position: { [CH]: [epoch, seq] } });
    if (rows) this.give({ type: "snapshot", ch: CH, epoch, seq, part: [0, 1], data: rows });
  }

  row(seq: number, t: number, closed = true): void {
    this.give({ type: "bar", ch: CH, seq, ts: t, data: { t, closed } });
  }

  get last(): Sent {
    return this.sent.at(-1)!;
  }

  get rows(): unknown[] {
    return this.heard.map((event) => (event.kind === "row" ? (event.row as { t: number }).t : event.kind));
  }
}

let wire: Wire;
let leave: () => void;

beforeEach(() => {
  wire = new Wire();
  leave = wire.session.subscribe(CH, (event) => wire.heard.push(event));
  wire.hello();
});

describe("a session", () => {
  it("subscribes once greeted and hands on the snapshot and what follows", () => {
    expect(wire.last).toMatchObject({ op: "subscribe", ch: [CH], id: 1 });
    wire.ack("e", 7, [{ t: 1 }]);
    wire.row(8, 2);
    expect(wire.heard[0]).toEqual({ kind: "snapshot", rows: [{ t: 1 }], isNewEpoch: true, hasSource: true });
    expect(wire.rows.slice(1)).toEqual([2]);
  });

  it("forgets the node's spelling of a channel that nobody reads any more", () => {
    const { spelled } = wire.session as unknown as { spelled: Map<string, string> };
    for (let period = 1; period <= 20; period += 1) {
      const end = wire.session.subscribe(`indicators:X.Y:1m:sma(${period})`, () => {});
      const canonical = `indicators:X.Y:1m:SMA(${period})`;
      wire.give({ type: "ack", id: wire.last.id, position: { [canonical]: ["e", 0] } });
      expect([...spelled.keys()]).toEqual([canonical]);
      end();
    }
    expect(spelled.size).toBe(0);
  });

  it("says how often it wants what changes all the time", () => {
    wire.session.subscribe("bars:X.Y:1s", () => {}, 30);
    expect(wire.last).toMatchObject({ ch: ["bars:X.Y:1s"], max_hz: 30 });
  });

  it("joins the parts of a snapshot", () => {
    wire.ack("e", 7);
    wire.give({ type: "snapshot", ch: CH, epoch: "e", seq: 7, part: [0, 2], data: [1, 2] });
    expect(wire.heard).toEqual([]);
    wire.give({ type: "snapshot", ch: CH, epoch: "e", seq: 7, part: [1, 2], data: [3] });
    expect(wire.heard).toEqual([{ kind: "snapshot", rows: [1, 2, 3], isNewEpoch: true, hasSource: true }]);
  });

  it("asks for what it missed and ignores what comes before the answer", () => {
    wire.ack("e", 7, []);
    wire.row(9, 9);
    expect(wire.last).toMatchObject({ op: "subscribe", id: 2, since: { [CH]: ["e", 7] } });
    wire.row(10, 10);
    wire.ack("e", 10);
    for (const seq of [8, 9, 10]) wire.row(seq, seq);
    expect(wire.rows).toEqual(["snapshot", 8, 9, 10]);
    expect(wire.sent).toHaveLength(2);
  });

  it("applies open rows at the head, drops old ones, and takes one from ahead for a gap", () => {
    wire.ack("e", 7, []);
    wire.row(7, 70, false);
    wire.row(6, 60, false);
    expect(wire.rows).toEqual(["snapshot", 70]);
    wire.row(8, 80, false);
    expect(wire.last.since).toEqual({ [CH]: ["e", 7] });
  });

  it("resumes where it stood after a reconnect", () => {
    wire.ack("e", 7, []);
    wire.row(8, 8);
    wire.session.closed();
    wire.hello();
    expect(wire.last).toMatchObject({ op: "subscribe", id: 1, since: { [CH]: ["e", 8] } });
    wire.ack("e", 9);
    wire.row(9, 9);
    expect(wire.rows).toEqual(["snapshot", 8, 9]);
  });

  it("starts over when the epoch has changed", () => {
    wire.ack("e", 7, []);
    wire.session.closed();
    wire.hello();
    wire.ack("f", 2, [{ t: 5 }]);
    wire.row(3, 6);
    expect(wire.heard[1]).toEqual({ kind: "snapshot", rows: [{ t: 5 }], isNewEpoch: true, hasSource: true });
    expect(wire.rows.at(-1)).toBe(6);
  });

  it("sees in a heartbeat that the tail was lost", () => {
    wire.ack("e", 7, []);
    wire.give({ type: "hb", ts: 5, wall_ms: 5, heads: { [CH]: 7 } });
    expect(wire.sent).toHaveLength(1);
    wire.give({ type: "hb", ts: 6, wall_ms: 6, heads: { [CH]: 8 } });
    expect(wire.last.since).toEqual({ [CH]: ["e", 7] });
    expect(wire.times).toEqual([5, 6]);
  });

  it("tells of a refusal, and asks again when the node says so", () => {
    wire.give({ type: "error", id: 1, code: "rate_limited", message: "slower", retry: true, retry_after_ms: 300 });
    expect(wire.laters[0]?.ms).toBe(300);
    wire.laters[0]?.again();
    expect(wire.last).toMatchObject({ op: "subscribe", id: 2 });
    wire.give({ type: "error", id: 2, code: "unknown_instrument", message: "no such", retry: false });
    expect(wire.heard).toEqual([{ kind: "refused", code: "unknown_instrument", message: "no such" }]);
  });

  it("asks for each channel alone when one of several cannot be given yet", () => {
    wire.session.closed();
    wire.session.subscribe("orders", () => {});
    wire.hello();
    const { id } = wire.last;
    wire.give({ type: "error", id, code: "degraded", message: "not ready", retry: true, retry_after_ms: 300 });
    const asked = wire.sent.slice(-2).map((message) => (message as unknown as { ch: string[] }).ch);
    expect(asked).toEqual([[CH], ["orders"]]);
    expect(wire.laters).toHaveLength(0);
  });

  it("says nothing of a channel after it was left", () => {
    wire.ack("e", 7, []);
    leave();
    expect(wire.last).toMatchObject({ op: "unsubscribe", ch: [CH] });
    wire.row(8, 8);
    expect(wire.rows).toEqual(["snapshot"]);
  });

  it("ignores types that it does not know", () => {
    expect(() => wire.give({ type: "novelty", data: 1 })).not.toThrow();
  });
});

describe("a latest channel", () => {
  it("takes a jump for conflation", () => {
    const heard: ChannelEvent[] = [];
    wire.session.subscribe("status", (event) => heard.push(event));
    wire.give({ type: "ack", id: wire.last.id });
    wire.give({ type: "snapshot", ch: "status", epoch: "e", seq: 3, part: [0, 1], data: [{ n: 3 }] });
    wire.give({ type: "status", ch: "status", seq: 9, ts: 1, data: { n: 9 } });
    expect(heard.at(-1)).toEqual({ kind: "row", row: { n: 9 } });
    expect(wire.sent).toHaveLength(2);
  });
});
