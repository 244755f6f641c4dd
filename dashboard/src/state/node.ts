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
import { Alarms, alarmsText, parseAlarms } from "../account/alarms";
import { Sender } from "../account/sender";
import { BarFeed } from "../market/bar-feed";
import { IndicatorFeed } from "../market/indicator-feed";
import type { IndicatorKind } from "../market/indicators";
import { LatestFeed } from "../market/latest-feed";
import { SignalFeed } from "../market/signal-feed";
import { TradeFeed } from "../market/trade-feed";
import { keptAuth } from "../people/kept";
import { People } from "../people/people";
import { has, type Presence, type Role } from "../people/person";
import { recall, recallDeadman, remember, sessionShelf } from "./settings";
import { Shared, type Taken } from "./shared";
import { Store, useStore } from "./store";

export type Market =
  | { phase: "loading" }
  | { phase: "ready"; instruments: readonly Instrument[]; capabilities: Capabilities }
  | { phase: "failed"; message: string };

type FeatureSchema = Schemas["FeatureSchema"];
export type QuoteFeed = LatestFeed<ReturnType<typeof quotesOf>>;
export type BookFeed = LatestFeed<ReturnType<typeof bookOf>>;

const ALARMS = "alarms";
const DEADMAN = "deadman";
const SENT = "sent";
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
  readonly people: People;
  readonly status = new Store<Status | null>(null);
  readonly market = new Store<Market>({ phase: "loading" });
  readonly account: Account;
  /** Sends the order of the ticket. */
  readonly sender: Sender;
  readonly alarms = new Alarms(null);
  private alarmsName: string | null = null;
  /** Ends what is read of the node and of the account; null while nothing is. */
  private reading: { hasAccount: boolean; leave: () => void } | null = null;
  private readonly barFeeds: Shared<BarFeed>;
  private readonly signalFeeds: Shared<SignalFeed>;
  private readonly quoteFeeds: Shared<QuoteFeed>;
  private readonly bookFeeds: Shared<BookFeed>;
  private readonly tradeFeeds: Shared<TradeFeed>;
  private readonly indicatorFeeds: Shared<IndicatorFeed>;
  private features: Promise<readonly FeatureSchema[]> | null = null;
  private catalogue: Promise<readonly IndicatorKind[]> | null = null;

  constructor(address: string) {
    const auth = keptAuth(address);
    const client = new Client(address, { token: auth });
    this.rest = client.rest;
    this.connection = client.connection;
    this.people = new People(this.rest, auth, forgetAll);
    this.account = new Account(this.rest);
    this.sender = new Sender(this.rest, sessionShelf(SENT), (order) => this.account.put(order));
    this.alarms.all.watch(() => {
      if (this.alarmsName !== null) remember(this.alarmsName, alarmsText(this.alarms.all.get()));
    });
    this.barFeeds = new Shared((feed) => feed.open(this.connection));
    this.signalFeeds = new Shared((feed) => feed.open(this.connection));
    this.quoteFeeds = new Shared((feed) => feed.open(this.connection));
    this.bookFeeds = new Shared((feed) => feed.open(this.connection));
    this.tradeFeeds = new Shared((feed) => feed.open(this.connection));
    this.indicatorFeeds = new Shared((feed) => feed.open(this.connection));
  }

  /** Connect, once it is known who is there, and keep the market and the status known. */
  start(): void {
    let greeted: Hello | null = null;
    this.connection.link.watch(() => {
      const link = this.connection.link.get();
      if (link.phase !== "open" || link.hello === greeted) return;
      const isBack = greeted !== null;
      greeted = link.hello;
      void this.loadMarket();
      void this.sender.look();
      // roles may have changed
      if (isBack && this.people.person.presence.get().phase === "person") void this.people.person.refresh();
    });
    const { person } = this.people;
    person.presence.watch(() => this.follow(person.presence.get()));
    person.start();
    // a node without users is read at once; one that has some asks for nobody's account before the sign-in
    const { phase } = this.people.auth.state.get();
    if (phase === "in") return;
    if (phase === "unknown") {
      this.recallOwn("");
      this.read(true);
    }
    this.connection.start();
  }

  private follow(presence: Presence): void {
    if (presence.phase === "stranger") return this.leave();
    if (presence.phase !== "person" && presence.phase !== "everybody") return;
    const userId = presence.phase === "person" ? presence.session.user?.user_id : undefined;
    this.recallOwn(userId ? `.${userId}` : "");
    this.read(has(presence, "trader"));
    this.connection.start();
    this.connection.hurry();
  }

  /** Read the status, and the account of whoever has one. */
  private read(hasAccount: boolean): void {
    if (this.reading?.hasAccount === hasAccount) return;
    this.leave();
    const leaveStatus = this.connection.subscribe("status", (event) => {
      if (event.kind === "row") this.status.set(event.row);
      if (event.kind === "snapshot") this.status.set(event.rows.at(-1) ?? null);
    });
    if (!hasAccount) this.account.phase.set("none");
    const leaveAccount = hasAccount ? this.account.open(this.connection) : () => {};
    this.reading = {
      hasAccount,
      leave: () => {
        leaveStatus();
        leaveAccount();
      },
    };
  }

  private leave(): void {
    this.reading?.leave();
    this.reading = null;
  }

  /** Alarms and the dead man's switch are the user's own: each user has a place in this browser. */
  private recallOwn(suffix: string): void {
    const name = ALARMS + suffix;
    if (this.alarmsName === name) return;
    recallDeadman(DEADMAN + suffix);
    this.alarmsName = null;
    this.alarms.all.set(parseAlarms(recall(name)));
    this.alarmsName = name;
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

export function usePeople(): People {
  return useNode().people;
}

/** Whether whoever sits here may use what needs a role; on a node without users everybody may. */
export function useRole(role: Role): boolean {
  return has(useStore(usePeople().person.presence), role);
}

/** After a sign-out nothing of the account stays: not in the memory of the page, nor what it was about to send. */
function forgetAll(): void {
  sessionShelf(SENT).remember(null);
  history.replaceState(null, "", location.pathname);
  location.reload();
}
