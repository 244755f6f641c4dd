/** A node for programs: REST, channels with readers, and rows for `for await`. */

import { BarRows } from "./bar-rows.ts";
import { barsOf, bookDeltaOf, type RowOf } from "./channels.ts";
import { Connection, type Link } from "./connection.ts";
import { Once } from "./once.ts";
import { OrderBook } from "./order-book.ts";
import { ApiError, Rest } from "./rest.ts";
import { Rows } from "./rows.ts";
import type { ChannelEvent } from "./session.ts";
import type { Tokens } from "./tokens.ts";
import type { Bar, IntervalName } from "./types.ts";

export interface ClientOptions {
  /** Signs in on nodes that ask for it: an API key, an access token, or an `Auth` that renews them. */
  token?: string | Tokens;
  /** How long a REST answer may take, 30,000 if not said. */
  timeoutMs?: number;
}

export interface SubscribeOptions {
  /** How often open bars and latest values may come, per second. */
  maxHz?: number;
}

/** What to do with the events of channels; each may be left out. */
export interface Handlers<C extends string> {
  /** All that the channel has from now on: what was known before is replaced. */
  onSnapshot?(rows: readonly RowOf<C>[], channel: C, about: { isNewEpoch: boolean; hasSource: boolean }): void;
  onRow?(row: RowOf<C>, channel: C): void;
  onRefused?(error: ApiError, channel: C): void;
}

export interface BookHandlers {
  /** The book is the same object each time: copy what is to stay. */
  onBook(book: OrderBook): void;
  onRefused?(error: ApiError): void;
}

export class Client {
  readonly rest: Rest;
  readonly connection: Connection;

  /** `url` is the node's address, for example `http://127.0.0.1:8080`. It connects with the first channel. */
  constructor(url: string, { token, timeoutMs }: ClientOptions = {}) {
    const { origin } = new URL(url);
    this.rest = new Rest(origin, token ?? null, timeoutMs);
    this.connection = new Connection(`${origin.replace(/^http/, "ws")}/ws`, token ?? null);
  }

  /** State of the connection; see `Link`. */
  get link(): Link {
    return this.connection.link.get();
  }

  /** Read channels from now on, each with a snapshot first, also after every loss. Returns what ends it. */
  subscribe<const C extends string>(
    channels: readonly C[],
    handlers: Handlers<C>,
    { maxHz }: SubscribeOptions = {},
  ): () => void {
    this.connection.start();
    const endings = channels.map((channel) =>
      this.connection.subscribe(channel, (event) => handle(channel, event, handlers), maxHz ?? null),
    );
    return () => endings.forEach((end) => end());
  }

  /**
   * Keep the whole order book of an instrument; `onBook` is called after each step. A step that is missing, or a book
   * that is not the node's, is asked for again. Returns what ends it.
   */
  book(instrumentId: string, { onBook, onRefused }: BookHandlers): () => void {
    const book = new OrderBook();
    let end = () => {};
    const listen = (): (() => void) =>
      this.subscribe([bookDeltaOf(instrumentId)], {
        onSnapshot: ([whole], _, { hasSource }) => {
          if (!hasSource) onRefused?.(new ApiError(0, "no_source", "the market has no order book"));
          else if (whole) told(book.load(whole));
        },
        onRow: (step) => told(book.apply(step)),
        onRefused: (error) => onRefused?.(error),
      });
    const told = (isGood: boolean) => {
      if (isGood) return onBook(book);
      end();
      end = listen();
    };
    end = listen();
    return () => end();
  }

  /**
   * The rows of a channel, those of its snapshot first. Trades, signals, closed bars and their indicators come once,
   * also when a snapshot after an absence holds them again, unless the market itself goes back in time; what the
   * absence was too long for is not read.
   */
  rows<const C extends string>(channel: C, options: SubscribeOptions = {}): Rows<RowOf<C>> {
    const once = new Once(channel);
    const handlers = (rows: Rows<RowOf<C>>): Handlers<C> => ({
      onSnapshot: (all) => once.snapshot(all).forEach((row) => rows.push(row)),
      onRow: (row) => once.fresh([row]).forEach((one) => rows.push(one)),
    });
    return this.pulled(channel, handlers, options);
  }

  /**
   * The bars of an instrument: the last 500, the open one, and every one that follows. An open bar comes again with
   * each change until it is closed; a closed one comes once, unless the market itself goes back in time. What an
   * absence has missed is read through REST.
   */
  bars(instrumentId: string, interval: IntervalName, options: SubscribeOptions = {}): Rows<Bar> {
    const handlers = (rows: Rows<Bar>): Handlers<`bars:${string}:${IntervalName}`> => {
      const bars = new BarRows(this.rest, instrumentId, interval, rows);
      return { onSnapshot: (all) => bars.snapshot(all), onRow: (bar) => bars.row(bar) };
    };
    return this.pulled(barsOf(instrumentId, interval), handlers, options);
  }

  /** Leave the node; what waits on it ends. */
  close(): void {
    this.connection.end();
  }

  private pulled<C extends string, T>(
    channel: C,
    handlersOf: (rows: Rows<T>) => Handlers<C>,
    options: SubscribeOptions,
  ): Rows<T> {
    const endings: (() => void)[] = [];
    const rows: Rows<T> = new Rows(() => endings.forEach((end) => end()));
    const handlers: Handlers<C> = { ...handlersOf(rows), onRefused: (error) => rows.fail(error) };
    endings.push(this.subscribe([channel], handlers, options));
    endings.push(this.connection.link.watch(() => endWith(rows, this.link)));
    endWith(rows, this.link);
    return rows;
  }
}

function handle<C extends string>(channel: C, event: ChannelEvent<RowOf<C>>, handlers: Handlers<C>): void {
  if (event.kind === "row") handlers.onRow?.(event.row, channel);
  else if (event.kind === "snapshot") handlers.onSnapshot?.(event.rows, channel, event);
  else handlers.onRefused?.(new ApiError(0, event.code, event.message), channel);
}

/** End rows that can no longer come. */
function endWith(rows: Rows<unknown>, link: Link): void {
  if (link.phase === "ended") rows.close();
  if (link.phase === "refused") rows.fail(new ApiError(link.code, "refused", link.reason || "closed for good"));
}
