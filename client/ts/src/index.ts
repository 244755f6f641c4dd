/** Everything that a program needs to speak with a Whisperer node. */

export { Auth, type AuthOptions, type AuthState, type Trouble } from "./auth.ts";
export { backoff, isFinal } from "./backoff.ts";
export * from "./channels.ts";
export { type BookHandlers, Client, type ClientOptions, type Handlers, type SubscribeOptions } from "./client.ts";
export { Connection, type Link, type MarketTime } from "./connection.ts";
export { type Level, OrderBook } from "./order-book.ts";
export { addressOf, ApiError, Rest } from "./rest.ts";
export { Rows } from "./rows.ts";
export { type ChannelEvent, type Reader, Session, type Surroundings } from "./session.ts";
export { BrowserShelf, MemoryShelf, type SignInShelf } from "./shelf.ts";
export { FixedToken, type Tokens } from "./tokens.ts";
export type * from "./types.ts";
export { Value } from "./value.ts";
