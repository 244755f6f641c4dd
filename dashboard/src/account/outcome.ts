/** Why the node refused something, told at the field that is at fault. */

import { ApiError, type ErrorItem, type OrderTicket, type Refusal } from "whisperer-client";
import type { Faults, Field } from "./ticket";

const FIELDS: ReadonlySet<string> = new Set<Field>([
  "quantity",
  "price",
  "trigger_price",
  "trailing_offset",
  "limit_offset",
  "time_in_force",
  "expire_time",
  "post_only",
  "reduce_only",
]);

export interface Refused {
  message: string;
  faults: Faults;
}

/** Return a refusal with the fields that it names; `ticket` is the one that was refused. */
export function refusedOf({ message, errors }: Pick<Refusal, "message" | "errors">, ticket?: OrderTicket): Refused {
  const faults: Faults = {};
  for (const error of errors) {
    const field = fieldOf(error, ticket);
    if (field) faults[field] ??= plain(error.message);
  }
  return { message: plain(message), faults };
}

export function refusedOfError(error: unknown): Refused {
  if (error instanceof ApiError) return refusedOf(error);
  return { message: error instanceof Error ? error.message : String(error), faults: {} };
}

/** Whether nobody knows if the node has done it: the answer was lost. */
export function isLost(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 0 || error.code === "internal");
}

/** `$.price` or `$.orders[1].price`: the exits of a ticket have fields of their own. */
function fieldOf({ path }: ErrorItem, ticket?: OrderTicket): Field | null {
  const name = path.split(".").at(-1) ?? "";
  if (ticket?.parent_client_order_id) return ticket.type === "limit" ? "take_profit" : "stop_loss";
  return FIELDS.has(name) ? (name as Field) : null;
}

/** The node names the field first; on the page it stands at the field. */
function plain(message: string): string {
  const text = message.replace(/^[a-z_]+: /, "");
  return text.charAt(0).toUpperCase() + text.slice(1);
}
