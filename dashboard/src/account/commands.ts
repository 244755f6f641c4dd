/** What is asked of the node about orders and positions that are there. */

import type { Order, Rest } from "whisperer-client";

export interface Change {
  quantity?: string;
  price?: string;
  trigger_price?: string;
}

/** Ask for another quantity or price of a working order; the outcome comes on channel `orders`. */
export function change(rest: Rest, { client_order_id }: Order, changes: Change): Promise<Order> {
  return rest.send("patch", "/api/v1/orders/{client_order_id}", changes, { client_order_id });
}

/** Ask for the end of a working order. */
export function cancel(rest: Rest, { client_order_id }: Order): Promise<Order> {
  return rest.send("delete", "/api/v1/orders/{client_order_id}", undefined, { client_order_id });
}

/** Ask for the end of all working orders, or of those of one instrument. */
export async function cancelAll(rest: Rest, instrumentId: string | null): Promise<readonly Order[]> {
  const question = instrumentId === null ? null : { instrument_id: instrumentId };
  return (await rest.send("delete", "/api/v1/orders", undefined, question)).items;
}

export interface Closing {
  /** Base units; null is all of it. */
  quantity: string | null;
  /** Of a limit order; null is by market. */
  price: string | null;
  /** So that a lost answer closes nothing twice. */
  client_order_id: string;
}

/** Close a position; the orders on its instrument are cancelled first. */
export async function closePosition(rest: Rest, instrument_id: string, closing: Closing): Promise<readonly Order[]> {
  const path = "/api/v1/positions/{instrument_id}/close";
  return (await rest.send("post", path, closing, { instrument_id })).items;
}
