/** The node as this page knows it: one connection, one REST client, and feeds that screens share. */

import { createContext, useContext } from "react";
import {
  bookOf,
  type Capabilities,
  Client,
  type Connection,
  type Hello,
  type Instrument,
  type IntervalName,
  quotesOf,
  type Rest,
  type Schemas,
  type Status,
} from "whisperer-client";
import { Account } from "../account/account";
import { Alarms, alarmsText } from "../account/alarms";
import { Sender } from "../account/sender";
import { BarFeed } from "../market/bar-feed";
import { IndicatorFeed } from "../market/indicator-feed";
import type { IndicatorKind } from "../market/indicators";
import { LatestFeed } from "../market/latest-feed";
import { SignalFeed } from "../market/signal-feed";
import { TradeFeed } from "../market/trade-feed";
import { recall, remember, sessionShelf } from "./settings";
import { Shared, type Taken } from "./shared";
import { Store } from "./store";

export type Market =
  | { phase: "loading" }
  | { phase: "ready"; instruments: readonly Instrument[]; capabilities: Capabilities }
  | { phase: "failed"; message: string };

type FeatureSchema = Schemas["FeatureSchema"];
export type QuoteFeed = LatestFeed<ReturnType<typeof quotesOf>>;
export type BookFeed = LatestFeed<ReturnType<typeof bookOf>>;

const ALARMS = "alarms";
const RETRY_MS = 3_000;
/** What changes with every trade comes no more often than this: nobody sees more. */
const OPEN_BARS_HZ = 30;
const QUOTES_HZ = 5;
const BOOK_HZ = 10;
/** Levels a side that the page asks for. */
export const BOOK_LEVELS = 20;

export class NodeClient {
  readonly rest: Rest;
  readonly connection: Connection;
  readonly status = new Store<Status | null>(null);
  readonly market = new Store<Market>({ phase: "loading" });
  readonly account: Account;
  /** Sends the order of the ticket. */
  readonly sender: Sender;
  readonly alarms = new Alarms(recall(ALARMS));
  private readonly barFeeds: Shared<BarFeed>;
  private readonly signalFeeds: Shared<SignalFeed>;
  private readonly quoteFeeds: Shared<QuoteFeed>;
  private readonly bookFeeds: Shared<BookFeed>;
  private readonly tradeFeeds: Shared<TradeFeed>;
  private readonly indicatorFeeds: Shared<IndicatorFeed>;
  private features: Promise<readonly FeatureSchema[]> | null = null;
  private catalogue: Promise<readonly IndicatorKind[]> | null = null;

  constructor(address: string) {
    const client = new Client(address);
    this.rest = client.rest;
    this.connection = client.connection;
    this.account = new Account(this.rest);
    this.sender = new Sender(this.rest, sessionShelf("sent"), (order) => this.account.put(order));
    this.alarms.all.watch(() => remember(ALARMS, alarmsText(this.alarms.all.get())));
    this.barFeeds = new Shared((feed) => feed.open(this.connection));
    this.signalFeeds = new Shared((feed) => feed.open(this.connection));
    this.quoteFeeds = new Shared((feed) => feed.open(this.connection));
    this.bookFeeds = new Shared((feed) => feed.open(this.connection));
    this.tradeFeeds = new Shared((feed) => feed.open(this.connection));
    this.indicatorFeeds = new Shared((feed) => feed.open(this.connection));
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
      void this.sender.look();
    });
    this.account.open(this.connection);
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

  /** The features that signals may carry, by version; read once. */
  featureSchemas(): Promise<readonly FeatureSchema[]> {
    this.features ??= this.rest.get("/api/v1/signals/features").then(({ items }) => items);
    this.features.catch(() => (this.features = null));
    return this.features;
  }

  /** Every indicator that can be asked for; read once. */
  indicatorCatalogue(): Promise<readonly IndicatorKind[]> {
    this.catalogue ??= this.rest.get("/api/v1/indicators/catalogue").then(({ items }) => items);
    this.catalogue.catch(() => (this.catalogue = null));
    return this.catalogue;
  }

  /** Share the live values of an indicator; `release` when done. */
  indicator(instrumentId: string, interval: IntervalName, name: string): Taken<IndicatorFeed> {
    const key = `${instrumentId} ${interval} ${name}`;
    return this.indicatorFeeds.take(key, () => new IndicatorFeed(this.rest, instrumentId, interval, name));
  }

  /** Share the live bars of an instrument; `release` when done. The open bar comes at most `maxHz` times a second. */
  bars(instrumentId: string, interval: IntervalName, maxHz = OPEN_BARS_HZ): Taken<BarFeed> {
    const key = `${instrumentId} ${interval} ${maxHz}`;
    return this.barFeeds.take(key, () => new BarFeed(this.rest, instrumentId, interval, { maxHz }));
  }

  /** Share the live signals of an instrument, null of all; `release` when done. */
  signals(instrumentId: string | null): Taken<SignalFeed> {
    return this.signalFeeds.take(instrumentId ?? "", () => new SignalFeed(this.rest, instrumentId));
  }

  /** Share the best bid and ask of an instrument; `release` when done. */
  quotes(instrumentId: string): Taken<QuoteFeed> {
    return this.quoteFeeds.take(instrumentId, () => new LatestFeed(quotesOf(instrumentId), QUOTES_HZ));
  }

  /** Share the best levels of an instrument's order book; `release` when done. */
  book(instrumentId: string): Taken<BookFeed> {
    return this.bookFeeds.take(instrumentId, () => new LatestFeed(bookOf(instrumentId, BOOK_LEVELS), BOOK_HZ));
  }

  /** Share the newest trades of an instrument; `release` when done. */
  trades(instrumentId: string): Taken<TradeFeed> {
    return this.tradeFeeds.take(instrumentId, () => new TradeFeed(instrumentId));
  }
}

const Context = createContext<NodeClient | null>(null);
export const NodeProvider = Context.Provider;

export function useNode(): NodeClient {
  const node = useContext(Context);
  if (!node) throw new Error("useNode outside of NodeProvider");
  return node;
}
