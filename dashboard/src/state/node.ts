/** The node as this page knows it: one connection, one REST client, and feeds that screens share. */

import { createContext, useContext } from "react";
import {
  type Capabilities,
  Client,
  type Connection,
  type Hello,
  type Instrument,
  type IntervalName,
  type Rest,
  type Status,
} from "whisperer-client";
import { BarFeed } from "../market/bar-feed";
import { SignalFeed } from "../market/signal-feed";
import { Shared } from "./shared";
import { Store } from "./store";

export type Market =
  | { phase: "loading" }
  | { phase: "ready"; instruments: readonly Instrument[]; capabilities: Capabilities }
  | { phase: "failed"; message: string };

const RETRY_MS = 3_000;

export class NodeClient {
  readonly rest: Rest;
  readonly connection: Connection;
  readonly status = new Store<Status | null>(null);
  readonly market = new Store<Market>({ phase: "loading" });
  private readonly barFeeds: Shared<BarFeed>;
  private readonly signalFeeds: Shared<SignalFeed>;

  constructor(address: string) {
    const client = new Client(address);
    this.rest = client.rest;
    this.connection = client.connection;
    this.barFeeds = new Shared((feed) => feed.open(this.connection));
    this.signalFeeds = new Shared((feed) => feed.open(this.connection));
  }

  /** Connect and keep the market and the status known. */
  start(): void {
    this.connection.subscribe("status", (event) => {
      if (event.kind === "row") this.status.set(event.row);
      if (event.kind === "snapshot") this.status.set(event.rows.at(-1) ?? null);
    });
    let greeted: Hello | null = null;
    this.connection.link.watch(() => {
      const link = this.connection.link.get();
      if (link.phase !== "open" || link.hello === greeted) return;
      greeted = link.hello;
      void this.loadMarket();
    });
    this.connection.start();
  }

  /** Read instruments and capabilities; tried again until it works. */
  async loadMarket(): Promise<void> {
    try {
      const [instruments, capabilities] = await Promise.all([
        this.rest.get("/api/v1/instruments", { limit: 1_000 }),
        this.rest.get("/api/v1/capabilities"),
      ]);
      this.market.set({ phase: "ready", instruments: instruments.items, capabilities });
    } catch (error) {
      if (this.market.get().phase === "ready") return;
      this.market.set({ phase: "failed", message: (error as Error).message });
      setTimeout(() => void this.loadMarket(), RETRY_MS);
    }
  }

  /** Share the live bars of an instrument; `release` when done. */
  bars(instrumentId: string, interval: IntervalName): { feed: BarFeed; release: () => void } {
    const key = `${instrumentId} ${interval}`;
    return this.barFeeds.take(key, () => new BarFeed(this.rest, instrumentId, interval));
  }

  /** Share the live signals of an instrument, null of all; `release` when done. */
  signals(instrumentId: string | null): { feed: SignalFeed; release: () => void } {
    return this.signalFeeds.take(instrumentId ?? "", () => new SignalFeed(this.rest, instrumentId));
  }
}

const Context = createContext<NodeClient | null>(null);
export const NodeProvider = Context.Provider;

export function useNode(): NodeClient {
  const node = useContext(Context);
  if (!node) throw new Error("useNode outside of NodeProvider");
  return node;
}
