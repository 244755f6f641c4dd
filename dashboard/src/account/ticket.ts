/** An order as it is being written: plain text of the fields, checked and made into tickets for the node. */

import type { Instrument, OrderTicket } from "whisperer-client";
import { Exact } from "../market/exact";
import type { OrderType, TimeInForce } from "./words";

export type Side = OrderTicket["side"];

/** Every field is what was typed; those that the type does not use are kept for when it is changed back. */
export interface Draft {
  side: Side;
  type: OrderType;
  quantity: string;
  price: string;
  trigger: string;
  trailing: string;
  limitOffset: string;
  timeInForce: TimeInForce;
  /** Market time, UNIX ms; null until it is chosen. */
  expireTime: number | null;
  isPostOnly: boolean;
  isReduceOnly: boolean;
  hasExits: boolean;
  takeProfit: string;
  stopLoss: string;
}

export const NEW_DRAFT: Draft = {
  side: "buy",
  type: "market",
  quantity: "",
  price: "",
  trigger: "",
  trailing: "",
  limitOffset: "",
  timeInForce: "gtc",
  expireTime: null,
  isPostOnly: false,
  isReduceOnly: false,
  hasExits: false,
  takeProfit: "",
  stopLoss: "",
};

/** Fields that can be wrong, by the name that the node calls them in errors. */
export type Field =
  | "quantity"
  | "price"
  | "trigger_price"
  | "trailing_offset"
  | "limit_offset"
  | "time_in_force"
  | "expire_time"
  | "post_only"
  | "reduce_only"
  | "take_profit"
  | "stop_loss";

export type Faults = Partial<Record<Field, string>>;

const LIMITS: ReadonlySet<OrderType> = new Set(["limit", "stop_limit", "limit_if_touched"]);
const TRIGGERS: ReadonlySet<OrderType> = new Set([
  "stop_market",
  "stop_limit",
  "market_if_touched",
  "limit_if_touched",
]);
const TRAILING: ReadonlySet<OrderType> = new Set(["trailing_stop_market", "trailing_stop_limit"]);

export const hasPrice = (type: OrderType) => LIMITS.has(type);
export const hasTrigger = (type: OrderType) => TRIGGERS.has(type);
export const isTrailing = (type: OrderType) => TRAILING.has(type);
export const hasLimitOffset = (type: OrderType) => type === "trailing_stop_limit";
export const canPostOnly = ({ type, timeInForce }: Pick<Draft, "type" | "timeInForce">) =>
  (hasPrice(type) || hasLimitOffset(type)) && timeInForce !== "ioc" && timeInForce !== "fok";

/** How long an order of a type may stay. */
export function timesInForce(type: OrderType): readonly TimeInForce[] {
  if (type === "market") return ["gtc", "ioc", "fok"];
  return type === "limit" ? ["gtc", "day", "gtd", "ioc", "fok"] : ["gtc", "day", "gtd"];
}

/** Return a draft of another type: what does not fit the type is set back. */
export function ofType(draft: Draft, type: OrderType): Draft {
  const timeInForce = timesInForce(type).includes(draft.timeInForce) ? draft.timeInForce : "gtc";
  const changed = { ...draft, type, timeInForce };
  return { ...changed, isPostOnly: draft.isPostOnly && canPostOnly(changed) };
}

/** Return a draft for another instrument: no amount and no price of the one before. */
export function forAnother({ side, type, timeInForce, expireTime, ...draft }: Draft): Draft {
  const { isPostOnly, isReduceOnly, hasExits } = draft;
  return { ...NEW_DRAFT, side, type, timeInForce, expireTime, isPostOnly, isReduceOnly, hasExits };
}

/** A price on the instrument's grid, from a number of the screen. */
export function onGrid(price: number, { price_increment, price_precision }: Instrument): string {
  return Exact.near(price, Math.min(16, price_precision + 2))
    .round(Exact.of(price_increment))
    .to(price_precision).text;
}

/** What is missing or no number, before the node is asked. */
export function faultsOf(draft: Draft, instrument: Instrument): Faults {
  const faults: Faults = {};
  const need = (field: Field, text: string, step: string, word: string) => {
    const value = Exact.typed(text);
    if (text.trim() === "") faults[field] = `Enter ${word}`;
    else if (value === null) faults[field] = "Not a number";
    else if (value.sign <= 0) faults[field] = "Must be above 0";
    else if (value.compare(value.floor(Exact.of(step))) !== 0) faults[field] = `Steps of ${step}`;
  };
  const { price_increment: tick, size_increment: lot } = instrument;
  need("quantity", draft.quantity, lot, "an amount");
  if (hasPrice(draft.type)) need("price", draft.price, tick, "a price");
  if (hasTrigger(draft.type)) need("trigger_price", draft.trigger, tick, "a trigger price");
  if (isTrailing(draft.type)) need("trailing_offset", draft.trailing, tick, "a distance");
  if (hasLimitOffset(draft.type)) need("limit_offset", draft.limitOffset, tick, "a distance");
  if (draft.timeInForce === "gtd" && draft.expireTime === null) faults.expire_time = "Choose a time";
  if (draft.hasExits) checkExits(draft, faults, (field, text) => need(field, text, tick, "a price"));
  return faults;
}

function checkExits({ side, takeProfit, stopLoss }: Draft, faults: Faults, need: (field: Field, text: string) => void) {
  if (takeProfit.trim() === "" && stopLoss.trim() === "") {
    faults.take_profit = "Enter one of the two, or both";
    return;
  }
  if (takeProfit.trim() !== "") need("take_profit", takeProfit);
  if (stopLoss.trim() !== "") need("stop_loss", stopLoss);
  const high = Exact.typed(side === "buy" ? takeProfit : stopLoss);
  const low = Exact.typed(side === "buy" ? stopLoss : takeProfit);
  if (high && low && high.compare(low) <= 0)
    faults.stop_loss ??= `Must be ${side === "buy" ? "below" : "above"} the take-profit`;
}

/** Ids of an order and of its exits, made once and kept until its outcome is known. */
export interface Ids {
  entry: string;
  takeProfit: string;
  stopLoss: string;
}

export function newIds(): Ids {
  // `randomUUID` is not there on a page that came over plain HTTP from another machine
  const stem = [...crypto.getRandomValues(new Uint8Array(12))].map((one) => one.toString(16).padStart(2, "0")).join("");
  return { entry: `ui-${stem}`, takeProfit: `ui-${stem}-tp`, stopLoss: `ui-${stem}-sl` };
}

/** Return the ticket of a draft without faults. */
export function ticketOf(draft: Draft, instrumentId: string, id: string): OrderTicket {
  const { type, timeInForce } = draft;
  const number = (text: string) => Exact.typed(text)?.text ?? text;
  return {
    client_order_id: id,
    instrument_id: instrumentId,
    side: draft.side,
    type,
    quantity: number(draft.quantity),
    time_in_force: timeInForce,
    post_only: draft.isPostOnly && canPostOnly(draft),
    reduce_only: draft.isReduceOnly,
    ...(hasPrice(type) && { price: number(draft.price) }),
    ...(hasTrigger(type) && { trigger_price: number(draft.trigger) }),
    ...(isTrailing(type) && { trailing_offset: number(draft.trailing) }),
    ...(hasLimitOffset(type) && { limit_offset: number(draft.limitOffset) }),
    ...(timeInForce === "gtd" && draft.expireTime !== null && { expire_time: draft.expireTime }),
  };
}

/** Return what is sent: the order, and its exits, which wait for it and cancel each other. */
export function ticketsOf(draft: Draft, instrumentId: string, ids: Ids): readonly OrderTicket[] {
  const entry = ticketOf(draft, instrumentId, ids.entry);
  if (!draft.hasExits) return [entry];
  const hasBoth = draft.takeProfit.trim() !== "" && draft.stopLoss.trim() !== "";
  const exit = (id: string, other: string): Omit<OrderTicket, "type"> => ({
    client_order_id: id,
    instrument_id: instrumentId,
    side: draft.side === "buy" ? "sell" : "buy",
    quantity: entry.quantity,
    reduce_only: true,
    parent_client_order_id: ids.entry,
    ...(hasBoth && { linked_client_order_ids: [other] }),
  });
  const target = Exact.typed(draft.takeProfit)?.text;
  const stop = Exact.typed(draft.stopLoss)?.text;
  return [
    entry,
    ...(target ? [{ ...exit(ids.takeProfit, ids.stopLoss), type: "limit" as const, price: target }] : []),
    ...(stop ? [{ ...exit(ids.stopLoss, ids.takeProfit), type: "stop_market" as const, trigger_price: stop }] : []),
  ];
}
