/** The protocol on one connection after another, without a socket and without timers. */

import type { ClientMessage, Hello, Notice, Pong, ServerMessage } from "../api/types";
import { Cursor, kindOf } from "./cursor";
import type { Snapshot, Update } from "./messages";

/** What a channel's reader is told. */
export type ChannelEvent =
  | { kind: "snapshot"; rows: readonly unknown[]; isNewEpoch: boolean }
  | { kind: "row"; row: unknown }
  | { kind: "refused"; code: string; message: string };

export type Reader = (event: ChannelEvent) => void;

/** What the session asks of its surroundings. */
export interface Surroundings {
  send(message: ClientMessage): void;
  /** Call `again` after so many ms. */
  later(ms: number, again: () => void): void;
  onHello(hello: Hello): void;
  onPong(pong: Pong): void;
  onNotice(notice: Notice): void;
  onMarketTime(ts: number): void;
}

type Fault = Extract<ServerMessage, { type: "error" }>;

interface Channel {
  reader: Reader;
  maxHz: number | null;
  cursor: Cursor;
  /** Id of the subscribe that has no ack yet; events before it belong to the time before and come again. */
  pending: number | null;
  parts: Snapshot[];
}

export class Session {
  private readonly channels = new Map<string, Channel>();
  private nextId = 1;
  private isOpen = false;

  constructor(private readonly around: Surroundings) {}

  /** Forget the connection; what the channels have is kept for the resume. */
  closed(): void {
    this.isOpen = false;
    for (const channel of this.channels.values()) channel.parts = [];
  }

  subscribe(name: string, reader: Reader, maxHz: number | null = null): void {
    this.channels.set(name, { reader, maxHz, cursor: new Cursor(kindOf(name)), pending: null, parts: [] });
    if (this.isOpen) this.ask(name);
  }

  unsubscribe(name: string): void {
    if (!this.channels.delete(name) || !this.isOpen) return;
    this.send({ op: "unsubscribe", ch: [name] });
  }

  /** Send a ping; returns its id, which the pong repeats. */
  ping(wallMs: number): number {
    return this.send({ op: "ping", t: wallMs });
  }

  receive(message: ServerMessage): void {
    switch (message.type) {
      case "hello":
        return this.hello(message);
      case "ack":
        return this.ack(message.id);
      case "error":
        return this.fault(message);
      case "snapshot":
        return this.snapshot(message);
      case "hb":
        return this.heartbeat(message.ts, message.heads);
      case "pong":
        return this.around.onPong(message);
      case "notice":
        return this.around.onNotice(message);
      default:
        if ("seq" in message) this.update(message);
    }
  }

  private hello(hello: Hello): void {
    this.isOpen = true;
    this.nextId = 1;
    this.around.onHello(hello);
    for (const name of this.channels.keys()) this.ask(name);
  }

  private ask(name: string): void {
    const channel = this.channels.get(name);
    if (!channel || !this.isOpen) return;
    const { since } = channel.cursor;
    channel.parts = [];
    channel.pending = this.send({
      op: "subscribe",
      ch: [name],
      ...(since && { since: { [name]: since } }),
      ...(channel.maxHz && { max_hz: channel.maxHz }),
    });
  }

  private ack(id: number | null): void {
    for (const channel of this.channels.values()) {
      if (channel.pending === id) channel.pending = null;
    }
  }

  private fault(fault: Fault): void {
    for (const [name, channel] of this.channels) {
      if (channel.pending === null || channel.pending !== fault.id) continue;
      const { pending } = channel;
      if (fault.retry) this.around.later(fault.retry_after_ms ?? 1_000, () => this.askAgain(name, pending));
      else channel.reader({ kind: "refused", code: fault.code, message: fault.message });
    }
  }

  private askAgain(name: string, id: number): void {
    if (this.channels.get(name)?.pending === id) this.ask(name);
  }

  private snapshot(part: Snapshot): void {
    const channel = this.channels.get(part.ch);
    if (!channel || channel.pending !== null) return;
    const [index, count] = part.part;
    if (index === 0) channel.parts = [];
    channel.parts.push(part);
    if (channel.parts.length < count) return;
    const isNewEpoch = channel.cursor.epoch !== part.epoch;
    channel.cursor.reset(part.epoch, part.seq);
    const rows = channel.parts.flatMap((one): readonly unknown[] => one.data);
    channel.parts = [];
    channel.reader({ kind: "snapshot", rows, isNewEpoch });
  }

  private update(update: Update): void {
    const channel = this.channels.get(update.ch);
    if (!channel || channel.pending !== null) return;
    const verdict = channel.cursor.step(update.seq, update.type === "bar" && !update.data.closed);
    if (verdict === "gap") return this.ask(update.ch);
    this.around.onMarketTime(update.ts);
    if (verdict === "apply") channel.reader({ kind: "row", row: update.data });
  }

  private heartbeat(ts: number, heads: Readonly<Record<string, number>>): void {
    this.around.onMarketTime(ts);
    for (const [name, head] of Object.entries(heads)) {
      const channel = this.channels.get(name);
      if (channel && channel.pending === null && channel.cursor.isBehind(head)) this.ask(name);
    }
  }

  private send(message: ClientMessage): number {
    const id = this.nextId++;
    this.around.send({ ...message, id });
    return id;
  }
}
