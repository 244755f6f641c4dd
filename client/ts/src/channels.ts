/** The names of channels, their kinds, and what their rows are. */

import type { IntervalName, ServerMessage } from "./types.ts";

/** Message types of the families of channels. */
interface MessageTypes {
  bars: "bar";
  signals: "ai_signal";
  status: "status";
  trades: "trade";
  quotes: "quote";
  book: "book";
  book_delta: "book_delta";
  indicators: "indicator";
  orders: "order_update";
  fills: "fill";
  positions: "position_update";
  balances: "balance_update";
  trade_signals: "trade_signal";
  alerts: "alert";
  trader: "trader";
  jobs: "job";
}

type Family<Channel extends string> = Channel extends `${infer First}:${string}` ? First : Channel;
type Data<Message> = Message extends { ch: string; ts: number; data: infer Row } ? Row : never;

/** What a row of a channel is, by the channel's name; `unknown` for names that are not known when compiling. */
export type RowOf<Channel extends string> =
  Family<Channel> extends keyof MessageTypes
    ? Data<Extract<ServerMessage, { type: MessageTypes[Family<Channel>] }>>
    : unknown;

export const barsOf = (instrumentId: string, interval: IntervalName) => `bars:${instrumentId}:${interval}` as const;
export const signalsOf = (instrumentId: string | null) =>
  instrumentId === null ? ("signals" as const) : (`signals:${instrumentId}` as const);
export const tradesOf = (instrumentId: string) => `trades:${instrumentId}` as const;
export const quotesOf = (instrumentId: string) => `quotes:${instrumentId}` as const;
/** The best `depth` levels a side. */
export const bookOf = (instrumentId: string, depth: number) => `book:${instrumentId}:${depth}` as const;
export const bookDeltaOf = (instrumentId: string) => `book_delta:${instrumentId}` as const;

const LATEST: ReadonlySet<string> = new Set(["status", "quotes", "book", "trader"]);

/** Return the kind of a channel: a `log` delivers every row, of a `latest` one the newest value counts. */
export function kindOf(channel: string): "log" | "latest" {
  return LATEST.has(channel.split(":", 1)[0] ?? "") ? "latest" : "log";
}
