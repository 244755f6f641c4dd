/** The protocol on one connection after another, without a socket and without timers. */

import { type Channel, type ChannelEvent, type Listener, newChannel, rateOf, type Reader } from "./channel.ts";
import type { RowOf } from "./channels.ts";
import { isOpenRow, type Snapshot, type Update } from "./messages.ts";
import type { Tokens } from "./tokens.ts";
import type { ClientMessage, Hello, Notice, Pong, ServerMessage } from "./types.ts";

export type { ChannelEvent, Reader } from "./channel.ts";

/** What the session asks of its surroundings. */
export interface Surroundings {
  send(message: ClientMessage): void;
  /** Call `again` after so many ms. */
  later(ms: number, again: () => void): void;
  /** Call `again` once this turn of the program is over. */
  soon(again: () => void): void;
  onHello(hello: Hello): void;
  /** The node wants somebody to sign in: nobody is there, or the token was refused; `code` says which. */
  onUnsigned(code: string): void;
  /** The node has taken the token. */
  onSigned(): void;
  onPong(pong: Pong): void;
  onNotice(notice: Notice): void;
  onMarketTime(ts: number): void;
}

type Fault = Extract<ServerMessage, { type: "error" }>;
type Ack = Extract<ServerMessage, { type: "ack" }>;

/** Channels in one subscribe: the message stays well below what a node reads. */
const MOST_AT_ONCE = 64;

export class Session {
  private readonly channels = new Map<string, Channel>();
  private readonly wanted = new Set<string>();
  /** The node's spelling of a channel's name -> ours, where they differ. */
  private readonly spelled = new Map<string, string>();
  private readonly around: Surroundings;
  private readonly tokens: Tokens | null;
  private nextId = 1;
  private isOpen = false;
  private greeting: Hello | null = null;
  /** The token that this connection is signed in with, and the id of the message that said so. */
  private signed: { token: string; id: number } | null = null;

  constructor(around: Surroundings, tokens: Tokens | null = null) {
    this.around = around;
    this.tokens = tokens;
  }

  /** The token that was sent last, also on a connection that is no more. */
  get token(): string | null {
    return this.signed?.token ?? null;
  }

  /** Forget the connection; what the channels have is kept for the resume. */
  closed(): void {
    this.isOpen = false;
    this.greeting = null;
    for (const channel of this.channels.values()) {
      channel.parts = [];
      channel.isAsked = false;
    }
  }

  /** Read a channel, a snapshot first; returns what ends it. */
  subscribe<C extends string>(name: C, reader: Reader<RowOf<C>>, maxHz: number | null = null): () => void {
    const listener: Listener = { reader: reader as Reader, maxHz, isNew: true };
    let channel = this.channels.get(name);
    if (!channel) {
      channel = newChannel(name);
      this.channels.set(name, channel);
    }
    channel.isForNew = channel.listeners.size > 0;
    channel.listeners.add(listener);
    this.want(name);
    return () => this.leave(name, listener);
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
        return this.ack(message);
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

  private leave(name: string, listener: Listener): void {
    const channel = this.channels.get(name);
    if (!channel?.listeners.delete(listener) || channel.listeners.size > 0) return;
    this.channels.delete(name);
    this.wanted.delete(name);
    for (const [theirs, ours] of this.spelled) if (ours === name) this.spelled.delete(theirs);
    if (this.isOpen && channel.isAsked) this.send({ op: "unsubscribe", ch: [name] });
  }

  /** Sign in with another token than before; the connection goes on. */
  async renew(): Promise<void> {
    const { greeting } = this;
    if (!this.tokens || !greeting || !this.isOpen) return;
    const token = await this.tokens.current().catch(() => null);
    if (token !== null && token !== this.token && this.greeting === greeting) this.sign(token);
  }

  private hello(hello: Hello): void {
    this.nextId = 1;
    this.greeting = hello;
    this.signed = null;
    if (!this.tokens) return this.begin(hello);
    this.tokens.greeted(hello.auth);
    this.tokens.current().then(
      (token) => {
        if (this.greeting !== hello) return;
        if (token !== null) this.sign(token);
        this.begin(hello);
      },
      (error: { code?: string }) => {
        if (this.greeting === hello) this.around.onUnsigned(error.code ?? "internal");
      },
    );
  }

  private sign(token: string): void {
    this.signed = { token, id: this.send({ op: "auth", token }) };
  }

  private begin(hello: Hello): void {
    this.isOpen = true;
    this.wanted.clear();
    this.around.onHello(hello);
    this.ask([...this.channels.keys()]);
  }

  /** Ask for a channel together with all others that are wanted in this turn. */
  private want(name: string): void {
    if (!this.isOpen) return;
    this.wanted.add(name);
    if (this.wanted.size > 1) return;
    this.around.soon(() => {
      const names = [...this.wanted];
      this.wanted.clear();
      this.ask(names);
    });
  }

  private ask(names: readonly string[]): void {
    if (!this.isOpen) return;
    const groups = new Map<number | null, string[]>();
    for (const name of names) {
      const channel = this.channels.get(name);
      if (!channel) continue;
      const rate = rateOf(channel);
      groups.set(rate, [...(groups.get(rate) ?? []), name]);
    }
    for (const [rate, group] of groups) {
      for (let at = 0; at < group.length; at += MOST_AT_ONCE) this.askFor(group.slice(at, at + MOST_AT_ONCE), rate);
    }
  }

  private askFor(names: readonly string[], rate: number | null): void {
    const since: Record<string, [string, number]> = {};
    for (const name of names) {
      const channel = this.channels.get(name)!;
      const hasNew = [...channel.listeners].some((listener) => listener.isNew);
      if (channel.cursor.since && !hasNew) since[name] = channel.cursor.since;
    }
    const hasSince = Object.keys(since).length > 0;
    const id = this.send({
      op: "subscribe",
      ch: [...names],
      ...(hasSince && { since }),
      ...(rate && { max_hz: rate }),
    });
    for (const name of names) {
      const channel = this.channels.get(name)!;
      channel.pending = id;
      channel.parts = [];
      channel.isAsked = true;
    }
  }

  private ack({ id, position }: Ack): void {
    if (id === this.signed?.id) return this.around.onSigned();
    const canonical = Object.keys(position ?? {});
    const names = [...this.channels].filter(([, { pending }]) => pending === id).map(([name]) => name);
    for (const name of names) this.channels.get(name)!.pending = null;
    const unknown = canonical.filter((name) => !this.channels.has(name));
    const others = names.filter((name) => !canonical.includes(name));
    if (unknown.length === others.length) others.forEach((name, at) => this.spelled.set(unknown[at]!, name));
  }

  /** The channel of a message: a node answers a name in its own spelling of it. */
  private named(name: string): Channel | undefined {
    return this.channels.get(name) ?? this.channels.get(this.spelled.get(name) ?? "");
  }

  /** A subscribe is refused as a whole: of several channels each is then asked for alone, unless it was too fast. */
  private fault(fault: Fault): void {
    if (fault.id === null) return;
    if (fault.id === this.signed?.id) return this.around.onUnsigned(fault.code);
    const names = [...this.channels].filter(([, { pending }]) => pending === fault.id).map(([name]) => name);
    if (names.length === 0) return;
    if (names.length > 1 && fault.code !== "rate_limited") return names.forEach((name) => this.ask([name]));
    if (fault.retry) {
      const stillWaiting = () => names.filter((name) => this.channels.get(name)?.pending === fault.id);
      return this.around.later(fault.retry_after_ms ?? 1_000, () => this.ask(stillWaiting()));
    }
    for (const name of names) this.tell(name, { kind: "refused", code: fault.code, message: fault.message });
  }

  private snapshot(part: Snapshot): void {
    const channel = this.named(part.ch);
    if (!channel || channel.pending !== null) return;
    const [index, count] = part.part;
    if (index === 0) channel.parts = [];
    channel.parts.push(part);
    if (channel.parts.length < count) return;
    const { cursor, isForNew } = channel;
    const isNewEpoch = cursor.epoch !== part.epoch;
    const isKnown = isForNew && !isNewEpoch && cursor.seq === part.seq;
    cursor.reset(part.epoch, part.seq);
    const rows = channel.parts.flatMap((one): readonly unknown[] => one.data);
    const hasSource = !("source" in part) || part.source !== "none";
    channel.parts = [];
    channel.isForNew = false;
    for (const listener of [...channel.listeners]) {
      const isFirst = listener.isNew;
      listener.isNew = false;
      if (isFirst || !isKnown)
        listener.reader({ kind: "snapshot", rows, isNewEpoch: isNewEpoch || isFirst, hasSource });
    }
  }

  private update(update: Update): void {
    const channel = this.named(update.ch);
    if (!channel) return;
    if (channel.pending !== null) {
      channel.isForNew = false;
      return;
    }
    const verdict = channel.cursor.step(update.seq, isOpenRow(update.data));
    if (verdict === "gap") return this.ask([channel.name]);
    this.around.onMarketTime(update.ts);
    if (verdict === "apply") this.tell(channel.name, { kind: "row", row: update.data });
  }

  private tell(name: string, event: ChannelEvent): void {
    for (const listener of [...(this.channels.get(name)?.listeners ?? [])]) listener.reader(event);
  }

  private heartbeat(ts: number, heads: Readonly<Record<string, number>>): void {
    this.around.onMarketTime(ts);
    for (const [name, head] of Object.entries(heads)) {
      const channel = this.named(name);
      if (channel && channel.pending === null && channel.cursor.isBehind(head)) this.ask([channel.name]);
    }
  }

  private send(message: ClientMessage): number {
    const id = this.nextId++;
    this.around.send({ ...message, id });
    return id;
  }
}
