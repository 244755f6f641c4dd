/** The WebSocket to the node: opened, watched, opened again. The protocol itself is `Session`'s. */

import type { Hello, Notice, Pong } from "../api/types";
import { Store } from "../state/store";
import { backoff, isFinal } from "./backoff";
import { parseMessage } from "./messages";
import { type Reader, Session } from "./session";

const PING_EVERY_MS = 4_000;
const FIRST_PING_MS = 700;
/** The node says something at least every 5 s; a browser cannot see WebSocket pings. */
const SILENCE_MS = 15_000;

export type Link =
  | { phase: "connecting"; attempt: number; since: number }
  | { phase: "open"; hello: Hello; notice: Notice | null }
  | { phase: "waiting"; attempt: number; retryAt: number; since: number }
  | { phase: "refused"; code: number; reason: string };

export class Connection {
  readonly link = new Store<Link>({ phase: "connecting", attempt: 0, since: 0 });
  /** Round trip of the last ping in ms; null when there was none on this connection. */
  readonly latency = new Store<number | null>(null);
  /** How often the connection was lost since the page was opened. */
  readonly losses = new Store(0);
  /** The newest market time told, UNIX ms. */
  readonly marketTime = new Store<{ ts: number; at: number }>({ ts: 0, at: 0 });

  private readonly session: Session;
  private socket: WebSocket | null = null;
  private attempt = 0;
  private lostAt = 0;
  private heardAt = 0;
  private pinged: { id: number; at: number } | null = null;
  private retry: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly address: string) {
    this.session = new Session({
      send: (message) => this.socket?.send(JSON.stringify(message)),
      later: (ms, again) => setTimeout(again, ms),
      onHello: (hello) => this.opened(hello),
      onPong: (pong) => this.ponged(pong),
      onNotice: (notice) => this.noticed(notice),
      onMarketTime: (ts) => this.marketTime.set({ ts, at: performance.now() }),
    });
  }

  /** Connect, and stay so for as long as the page lives. */
  start(): void {
    this.connect();
    setInterval(() => this.watchOver(), 1_000);
    setInterval(() => this.ping(), PING_EVERY_MS);
    addEventListener("online", () => this.hurry());
    document.addEventListener("visibilitychange", () => document.hidden || this.hurry());
  }

  /** Read a channel from now on; the reader gets a snapshot first. Returns what ends it. */
  subscribe(channel: string, reader: Reader, maxHz: number | null = null): () => void {
    this.session.subscribe(channel, reader, maxHz);
    return () => this.session.unsubscribe(channel);
  }

  /** Try now instead of waiting, also after a refusal. */
  readonly hurry = (): void => {
    const { phase } = this.link.get();
    if (phase !== "waiting" && phase !== "refused") return;
    clearTimeout(this.retry);
    this.connect();
  };

  /** Give the connection up and open another. */
  readonly reconnect = (): void => {
    const socket = this.socket;
    if (!socket) return;
    this.closed(1006, "given up");
    socket.close();
  };

  private connect(): void {
    this.link.set({ phase: "connecting", attempt: this.attempt, since: this.lostAt });
    const socket = new WebSocket(this.address, ["trader.v1"]);
    this.socket = socket;
    this.heardAt = performance.now();
    socket.onmessage = (frame: MessageEvent<string>) => this.heard(frame.data);
    socket.onclose = (close) => this.socket === socket && this.closed(close.code, close.reason);
  }

  private heard(text: string): void {
    this.heardAt = performance.now();
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

  private closed(code: number, reason: string): void {
    this.drop();
    if (isFinal(code)) return this.link.set({ phase: "refused", code, reason });
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
    if (this.pinged?.id !== pong.id) return;
    this.latency.set(performance.now() - this.pinged.at);
    this.pinged = null;
  }

  /** Give up a connection on which nothing comes; its own close event may take minutes. */
  private watchOver(): void {
    if (performance.now() - this.heardAt > SILENCE_MS) this.reconnect();
  }
}

/** Return the address of the node that served this page. */
export function ownAddress(): string {
  return `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`;
}
