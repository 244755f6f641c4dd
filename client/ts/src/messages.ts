/** Messages of the protocol `trader.v1`; their shapes are generated. Unknown types and fields are ignored. */

import type { ServerMessage } from "./types.ts";

/** A part of what a channel starts from. */
export type Snapshot = Extract<ServerMessage, { type: "snapshot" }>;

/** One row or value of a channel. */
export type Update = Extract<ServerMessage, { ch: string; ts: number }>;

/** Return the message in a text frame, or null when it is none. */
export function parseMessage(text: string): ServerMessage | null {
  try {
    const message: unknown = JSON.parse(text);
    const isMessage = typeof message === "object" && message !== null && "type" in message;
    return isMessage ? (message as ServerMessage) : null;
  } catch {
    return null;
  }
}

/** Whether a row still changes: it stands outside of the channel's numbering. */
export function isOpenRow(row: object): boolean {
  return "closed" in row && row.closed === false;
}
