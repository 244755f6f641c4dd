/** Orders in words. */

import type { Fill, Instrument, Order, OrderTicket } from "whisperer-client";
import { grouped } from "../market/decimal";
import { Exact } from "../market/exact";

export type OrderType = OrderTicket["type"];
export type TimeInForce = NonNullable<OrderTicket["time_in_force"]>;

export const TYPE_WORDS: Record<OrderType, string> = {
  market: "Market",
  limit: "Limit",
  stop_market: "Stop",
  stop_limit: "Stop limit",
  market_if_touched: "Market if touched",
  limit_if_touched: "Limit if touched",
  trailing_stop_market: "Trailing stop",
  trailing_stop_limit: "Trailing stop limit",
};

/** What an order of a type does, for those who have never sent one. */
export const TYPE_HINTS: Record<OrderType, string> = {
  market: "Fills at once, at the best prices that the market has.",
  limit: "Waits until it can fill at your price or a better one. You can change or cancel it meanwhile.",
  stop_market: "Waits until the price comes to the trigger, then fills at the market's price.",
  stop_limit: "Waits until the price comes to the trigger, then works as a limit order.",
  market_if_touched: "Waits for a better price, the trigger, then fills at the market's price.",
  limit_if_touched: "Waits for a better price, the trigger, then works as a limit order.",
  trailing_stop_market: "Follows the market at a distance, fills when the market turns by as much.",
  trailing_stop_limit: "Follows the market at a distance, works as a limit order when it turns.",
};

export const TIF_WORDS: Record<TimeInForce, string> = {
  gtc: "Until cancelled",
  day: "Until the day ends (UTC)",
  gtd: "Until a time",
  ioc: "At once, cancel the rest",
  fok: "At once and whole, or not",
};

export const STATUS_WORDS: Record<Order["status"], string> = {
  submitted: "On its way",
  accepted: "Working",
  triggered: "Triggered",
  partially_filled: "Partly filled",
  filled: "Filled",
  canceled: "Cancelled",
  expired: "Expired",
  rejected: "Rejected",
  denied: "Refused",
  unknown: "Unknown, being asked for",
};

/** What the side is done to: `Buy`, `Sell`. */
export const SIDE_WORDS: Record<Order["side"], string> = { buy: "Buy", sell: "Sell" };

/** Return an amount as people read it: `0.05000` -> `0.05`. */
export function amountText(text: string): string {
  return grouped(Exact.of(text).short);
}

/** Return money as people read it, exact to four places: `6.16136171` -> `6.1614`. */
export function moneyText(text: string): string {
  const value = Exact.of(text);
  const four = value.to(4);
  return grouped(four.sign === 0 ? value.short : four.short);
}

/** Return the base currency of an instrument id, `BTC` of `BTC-USDT.SIM`, where the instrument is not at hand. */
export function baseOf(instrumentId: string, instruments: readonly Instrument[] = []): string {
  const known = instruments.find(({ instrument_id }) => instrument_id === instrumentId);
  return known?.base_currency ?? instrumentId.split(/[-.]/)[0] ?? instrumentId;
}

/** `Buy 0.05 BTC` */
export function whatText({ side, quantity, instrument_id: id }: Pick<Order, "side" | "quantity" | "instrument_id">) {
  return `${SIDE_WORDS[side]} ${amountText(quantity)} ${baseOf(id)}`;
}

type Prices = Pick<OrderTicket, "price" | "trigger_price" | "trailing_offset">;

/** `at market`, `at 64,000.00`, `at market from 64,000.00 on`, `64.00 behind the market` */
export function howText({ price, trigger_price: trigger, trailing_offset: offset }: Prices): string {
  const at = price ? `at ${grouped(price)}` : "at market";
  if (offset) return `${grouped(offset)} behind the market`;
  return trigger ? `${at} once ${grouped(trigger)} is reached` : at;
}

/** `Bought 0.02 BTC at 64,000.00` */
export function fillText({ side, quantity, price, instrument_id: id }: Fill): string {
  return `${side === "buy" ? "Bought" : "Sold"} ${amountText(quantity)} ${baseOf(id)} at ${amountText(price)}`;
}

/** The price that an order stands at on a chart: of its limit, else of its trigger; null when it has none. */
export function standsAt({ price, trigger_price: trigger, is_triggered: isTriggered }: Order): string | null {
  return trigger && !isTriggered ? trigger : (price ?? trigger);
}
