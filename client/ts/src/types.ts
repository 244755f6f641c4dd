/** Names for the shapes of the API; the shapes themselves are generated from the node's OpenAPI document. */

import type { components, paths } from "./api.ts";

export type Schemas = components["schemas"];

export type Bar = Schemas["Bar"];
export type Signal = Schemas["SignalBody"];
export type SignalSource = Schemas["SignalSource"];
export type Status = Schemas["StatusBody"];
export type Instrument = Schemas["InstrumentItem"];
export type Capabilities = Schemas["Capabilities"];
export type Health = Schemas["Health"];
export type Problem = Schemas["Problem"];
export type ErrorItem = Schemas["ErrorItem"];

export type OrderTicket = Schemas["OrderTicket"];
export type Order = Schemas["OrderBody"];
export type Fill = Schemas["FillBody"];
export type Position = Schemas["PositionBody"];
export type Balance = Schemas["BalanceBody"];
export type Alert = Schemas["AlertBody"];
export type TradeSignal = Schemas["TradeSignalBody"];
export type Trader = Schemas["TraderBody"];
export type Strategy = Schemas["StrategyBody"];
export type StrategyKind = Schemas["StrategyKindBody"];
export type Preview = Schemas["PreviewBody"];
export type Refusal = Schemas["Refusal"];

export type IntervalName = Signal["interval"];

export type Hello = Schemas["Hello"];
export type Notice = Schemas["Notice"];
export type Pong = Schemas["Pong"];
export type ServerMessage = Schemas["ServerMessage"];
export type ClientMessage = Schemas["ClientMessage"];

/** What a request may be. */
export type Method = "get" | "post" | "put" | "patch" | "delete";

type Operation<P extends keyof paths, M extends Method> = Exclude<paths[P][M], undefined>;
type Json<T> = T extends { content: { "application/json": infer Body } } ? Body : never;
type Success<T> = T extends { responses: infer R }
  ? Json<R[keyof R & (200 | 201 | 202)]> | (204 extends keyof R ? undefined : never)
  : never;
type Part<T, Name extends "path" | "query"> = T extends { parameters: { [N in Name]?: infer All } }
  ? [Exclude<All, undefined>] extends [never]
    ? object
    : Exclude<All, undefined>
  : object;

/** Paths on which a method answers with JSON, or with nothing. */
export type PathOf<M extends Method> = {
  [P in keyof paths & string]: [Success<Operation<P, M>>] extends [never] ? never : P;
}[keyof paths & string];

/** Paths that answer with a text: a page, a file. */
export type TextPath = {
  [P in keyof paths & string]: Operation<P, "get"> extends { responses: { 200: { content: infer C } } }
    ? "application/json" extends keyof C
      ? never
      : P
    : never;
}[keyof paths & string];

/** What may be asked of a path that answers with a text. */
export type TextQuestion<P extends TextPath> = object & Part<Operation<P, "get">, "path"> & Part<Operation<P, "get">, "query">;

/** What a method of this path answers. */
export type Answer<M extends Method, P extends PathOf<M>> = Success<Operation<P, M>>;

/** What may be asked of this path: what stands in its address, and its query. */
export type Question<M extends Method, P extends PathOf<M>> = object &
  Part<Operation<P, M>, "path"> &
  Part<Operation<P, M>, "query">;

/** What is sent with it. */
export type Body<M extends Method, P extends PathOf<M>> =
  Operation<P, M> extends { requestBody?: infer B } ? Json<Exclude<B, undefined>> : never;
