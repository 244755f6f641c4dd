/** Names for the shapes of the API; the shapes themselves are generated from `openapi.json`. */

import type { components, paths } from "../api";

type Schemas = components["schemas"];

export type Bar = Schemas["Bar"];
export type Signal = Schemas["SignalBody"];
export type SignalSource = Schemas["SignalSource"];
export type Status = Schemas["StatusBody"];
export type Instrument = Schemas["InstrumentItem"];
export type Capabilities = Schemas["Capabilities"];
export type Health = Schemas["Health"];
export type Problem = Schemas["Problem"];
export type IntervalName = Signal["interval"];

export type Hello = Schemas["Hello"];
export type Notice = Schemas["Notice"];
export type Pong = Schemas["Pong"];
export type ServerMessage = Schemas["ServerMessage"];
export type ClientMessage = Schemas["ClientMessage"];

/** Paths that answer a GET with JSON. */
export type JsonPath = {
  [P in keyof paths]: paths[P] extends { get: { responses: { 200: { content: { "application/json": unknown } } } } }
    ? P
    : never;
}[keyof paths];

/** What a GET of this path answers. */
export type Answer<P extends JsonPath> = paths[P]["get"]["responses"][200]["content"]["application/json"];

/** What may be asked of this path. */
export type Query<P extends JsonPath> = NonNullable<paths[P]["get"]["parameters"]["query"]>;
