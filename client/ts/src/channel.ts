/** One channel as a session knows it: who reads it, where it stands, what is under way. */

import { kindOf } from "./channels.ts";
import { Cursor } from "./cursor.ts";
import type { Snapshot } from "./messages.ts";

/** What a channel's reader is told. */
export type ChannelEvent<Row = unknown> =
  /** All that is known from now on; `hasSource` is false when the market has nothing of this kind. */
  | { kind: "snapshot"; rows: readonly Row[]; isNewEpoch: boolean; hasSource: boolean }
  | { kind: "row"; row: Row }
  | { kind: "refused"; code: string; message: string };

export type Reader<Row = unknown> = (event: ChannelEvent<Row>) => void;

export interface Listener {
  reader: Reader;
  /** How often what changes all the time may come; null is as it comes. */
  maxHz: number | null;
  /** Whether it still waits for its first snapshot. */
  isNew: boolean;
}

export interface Channel {
  name: string;
  listeners: Set<Listener>;
  cursor: Cursor;
  /** Id of the subscribe that has no ack yet; events before it belong to the time before and come again. */
  pending: number | null;
  parts: Snapshot[];
  /** Whether a snapshot was asked for a new listener alone: the others have all that is in it. */
  isForNew: boolean;
  /** Whether this connection has been asked for it. */
  isAsked: boolean;
}

export function newChannel(name: string): Channel {
  const cursor = new Cursor(kindOf(name));
  return { name, listeners: new Set(), cursor, pending: null, parts: [], isForNew: false, isAsked: false };
}

/** The fastest that any listener wants; null when one wants everything. */
export function rateOf(channel: Channel): number | null {
  let rate = 0;
  for (const { maxHz } of channel.listeners) {
    if (maxHz === null) return null;
    rate = Math.max(rate, maxHz);
  }
  return rate;
}
