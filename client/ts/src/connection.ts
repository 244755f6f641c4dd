/** The WebSocket to the node: opened, watched, opened again. The protocol itself is `Session`'s. */

import { backoff, isFinal } from "./backoff.ts";
import type { RowOf } from "./channels.ts";
import { parseMessage } from "./messages.ts";
import { type Reader, Session } from "./session.ts";
import { type Tokens, tokensOf } from "./tokens.ts";
import type { Hello, Notice, Pong } from "./types.ts";
import { Value } from "./value.ts";
import { Vigil } from "./vigil.ts";

const PING_EVERY_MS = 4_000;
const FIRST_PING_MS = 700;
/** Close codes of a node that has users: no token that is good, none in time. */
const UNAUTHORIZED = 4401;
const LATE = 4408;
const MOST_DENIALS = 3;

export type Link =
  | { phase: "connecting"; attempt: number; since: number }
  | { phase: "open"; hello: Hello; notice: Notice | null }
  | { phase: "waiting"; attempt: number; retryAt: number; since: number }
  | { phase: "refused"; code: number; reason: string }
  | { phase: "ended" };

/** The newest market time told (UNIX ms), and when (`performance.now()`). */
export interface MarketTime {
  ts: number;
  at: number;
}

export class Connection {
  readonly link = new Value<Link>({ phase: "connecting", attempt: 0, since: 0 });
  /** Round trip of the last ping in ms; null when there was none on this connection. */
  readonly latency = new Value<number | null>(null);
  /** How often the connection was lost so far. */
  readonly losses = new Value(0);
  readonly marketTime = new Value<MarketTime>({ ts: 0, at: 0 });

  private readonly address: string;
  private readonly tokens: Tokens | null;
  private readonly session: Session;
  private readonly vigil: Vigil;
  private socket: WebSocket | null = null;
  private attempt = 0;
  /** How often in a row the node did not take a token. */
  private denials = 0;
  private lostAt = 0;
  private pinged: { id: number; at: number } | null = null;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private pinging: ReturnType<typeof setInterval> | undefined;

  /** `address` begins with `ws:` or `wss:`; `token` signs in where that is needed. */
  constructor(address: string, token: string | Tokens | null = null) {
    this.address = address;
    this.tokens = tokensOf(token);
    const around = {
      send: (message: object) => this.say(message),
      later: (ms: number, again: () => void) => setTimeout(again, ms),
      soon: (again: () => void) => queueMicrotask(again),
      onHello: (hello: Hello) => this.opened(hello),
      onUnsigned: (code: string) => this.unsigned(code),
      onSigned: () => (this.denials = 0),
      onPong: (pong: Pong) => this.ponged(pong),
      onNotice: (notice: Notice) => this.noticed(notice),
      onMarketTime: (ts: number) => this.marketTime.set({ ts, at: performance.now() }),
    };
    this.session = new Session(around, this.tokens);
    // a connection that was refused waits for `hurry`: there may be more to do than to sign in
    this.tokens?.watch(() => void this.session.renew());
    this.vigil = new Vigil({ onSilent: this.reconnect, onAwake: this.hurry });
  }

  /** Connect, and stay so until it is ended. */
  start(): void {
    if (this.pinging !== undefined) return;
    this.pinging = setInterval(() => this.ping(), PING_EVERY_MS);
    this.vigil.start();
    this.connect();
  }

  /** Leave the node for good. */
  end(): void {
    clearInterval(this.pinging);
    clearTimeout(this.retry);
    this.vigil.end();
    const socket = this.socket;
    this.drop();
    this.link.set({ phase: "ended" });
    socket?.close(1000);
  }

  /** Read a channel from now on; the reader gets a snapshot first. Returns what ends it. */
  subscribe<C extends string>(channel: C, reader: Reader<RowOf<C>>, maxHz: number | null = null): () => void {
    return this.session.subscribe(channel, reader, maxHz);
  }

  /** Try now instead of waiting, also after a refusal. */
  readonly hurry = (): void => {
    const { phase } = this.link.get();
    if (phase !== "waiting" && phase !== "refused") return;
    clearTimeout(this.retry);
    this.connect();
  };

  /** Give the connection up and open another at once. */
  readonly reconnect = (): void => {
    const socket = this.socket;
    if (!socket) return;
    this.closed(1006, "given up");
    socket.close();
    if (this.attempt === 1) this.hurry();
  };

  private connect(): void {
    this.link.set({ phase: "connecting", attempt: this.attempt, since: this.lostAt });
    const socket = new WebSocket(this.address, ["trader.v1"]);
    this.socket = socket;
    this.vigil.heard();
    socket.onmessage = (frame: MessageEvent<string>) => this.socket === socket && this.heard(frame.data);
    socket.onclose = (close) => this.socket === socket && this.closed(close.code, close.reason);
  }

  /** What is said to a connection that closes is lost, like what is on its way; `closed` follows. */
  private say(message: object): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  private heard(text: string): void {
    this.vigil.heard();
    const message = parseMessage(text);
    if (message) this.session.receive(message);
  }

  private opened(hello: Hello): void {
    this.attempt = 0;
    this.lostAt = 0;
    this.link.set({ phase: "open", hello, notice: null });
    if (hello.market_time > 0) this.marketTime.set({ ts: hello.market_time, at: performance.now() });
    // not at once: the first snapshots would be measured
    setTimeout(() => this.ping(), FIRST_PING_MS);
  }

  private noticed(notice: Notice): void {
    this.link.update((link) => (link.phase === "open" ? { ...link, notice } : link));
  }

  private unsigned(code: string): void {
    const socket = this.socket;
    this.closed(code === "unreachable" ? 1006 : UNAUTHORIZED, "nobody is signed in");
    socket?.close(1000);
  }

  private closed(code: number, reason: string): void {
    this.drop();
    if (code === UNAUTHORIZED && this.session.token !== null) return void this.denied(code, reason);
    // whoever has no token has left before: this one was on its way
    const isLate = code === LATE && this.tokens !== null;
    if (isFinal(code) && !isLate) return this.link.set({ phase: "refused", code, reason });
    this.lost();
  }

  /** The node no longer takes the token: come back with another, if there is one. */
  private async denied(code: number, reason: string): Promise<void> {
    const refused = this.session.token!;
    this.lostAt ||= Date.now();
    this.link.set({ phase: "connecting", attempt: this.attempt + 1, since: this.lostAt });
    try {
      const other = (await this.tokens?.instead(refused)) ?? null;
      if (other === null || ++this.denials > MOST_DENIALS) return this.link.set({ phase: "refused", code, reason });
    } catch {
      // the issuer cannot be asked now
    }
    if (this.socket === null && this.link.get().phase === "connecting") this.lost();
  }

  private lost(): void {
    if (this.attempt === 0) this.losses.update((count) => count + 1);
    this.attempt += 1;
    this.lostAt ||= Date.now();
    const delay = backoff(this.attempt);
    this.link.set({ phase: "waiting", attempt: this.attempt, retryAt: Date.now() + delay, since: this.lostAt });
    this.retry = setTimeout(() => this.connect(), delay);
  }

  private drop(): void {
    this.socket = null;
    this.pinged = null;
    this.latency.set(null);
    this.session.closed();
  }

  private ping(): void {
    if (this.link.get().phase !== "open" || this.pinged) return;
    const at = performance.now();
    this.pinged = { id: this.session.ping(Date.now()), at };
  }

  private ponged(pong: Pong): void {
    if (!this.pinged || this.pinged.id !== pong.id) return;
    this.latency.set(performance.now() - this.pinged.at);
    this.pinged = null;
  }
}
