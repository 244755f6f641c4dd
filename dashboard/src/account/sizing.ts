/** How much can be bought or sold with what the account has; an estimate, the node has the last word. */

import type { Balance, Instrument, Position, Trader } from "whisperer-client";
import { Exact } from "../market/exact";
import type { Draft } from "./ticket";

export interface Means {
  trader: Trader;
  balances: readonly Balance[];
  positions: readonly Position[];
  /** The newest price; null before the first. */
  last: string | null;
}

export const PERCENTS = [10, 25, 50, 100] as const;

/** An order that pays the market's price may meet a worse one: the node keeps so much ready. */
const WORSE = Exact.of("1.01");

/** Return the most that can be ordered, base units on the instrument's grid; null when the price is not known. */
export function affordable(draft: Draft, instrument: Instrument, means: Means): Exact | null {
  const price = worstPrice(draft, means.last);
  if (price === null || price.sign <= 0) return null;
  const closes = closable(draft, instrument, means);
  const most = draft.isReduceOnly ? closes : openable(draft, instrument, means, price, closes);
  const cap = instrument.max_quantity ? most.least(Exact.of(instrument.max_quantity)) : most;
  return cap.sign <= 0 ? Exact.zero : cap.floor(Exact.of(instrument.size_increment));
}

/** Return so many per cent of an amount, on the instrument's grid. */
export function partOf(most: Exact, percent: number, { size_increment: lot }: Instrument): Exact {
  return most.times(Exact.of(String(percent))).over(Exact.of("100")).floor(Exact.of(lot));
}

function worstPrice(draft: Draft, last: string | null): Exact | null {
  const typed = (text: string) => Exact.typed(text);
  const market = last === null ? null : Exact.of(last);
  if (draft.type === "market") return market;
  if (draft.type === "limit") return typed(draft.price) ?? market;
  return typed(draft.price) ?? typed(draft.trigger) ?? market;
}

/** What of the position an order of this side would close. */
function closable({ side }: Draft, { instrument_id: id }: Instrument, { positions }: Means): Exact {
  const held = positions.find(({ instrument_id }) => instrument_id === id);
  const closes = held && held.side === (side === "sell" ? "long" : "short");
  return closes ? Exact.of(held.quantity) : Exact.zero;
}

function openable(draft: Draft, instrument: Instrument, means: Means, price: Exact, closes: Exact): Exact {
  const unit = price.times(Exact.of(instrument.multiplier));
  const pays = draft.type === "limit" || draft.price !== "" ? unit : unit.times(WORSE);
  const free = (currency: string) => {
    const found = means.balances.find((one) => one.currency === currency);
    return found ? Exact.of(found.free) : Exact.zero;
  };
  const fee = Exact.of(instrument.taker_fee);
  if (instrument.kind === "spot") {
    if (draft.side === "sell") return free(instrument.base_currency).least(notionalCap(means.trader, unit));
    const cost = pays.times(Exact.one.plus(fee));
    return free(instrument.settlement_currency).over(cost).least(notionalCap(means.trader, unit));
  }
  const bound = pays.times(marginRate(instrument, means.trader).plus(fee));
  const opens = free(instrument.settlement_currency).over(bound);
  const room = leverageRoom(means.trader).over(pays);
  return opens.least(room.sign < 0 ? Exact.zero : room).plus(closes).least(notionalCap(means.trader, unit));
}

function marginRate({ margin_init: rate }: Instrument, { limits }: Trader): Exact {
  const own = Exact.of(rate);
  if (limits.max_leverage === null) return own;
  const least = Exact.one.over(Exact.of(limits.max_leverage));
  return own.compare(least) >= 0 ? own : least;
}

/** What positions may be worth in addition: the account's leverage times its equity, less what margin is bound. */
function leverageRoom({ limits, account }: Trader): Exact {
  const equity = Exact.of(account.equity);
  const times = limits.max_leverage === null ? Exact.of("1000000") : Exact.of(limits.max_leverage);
  return equity.minus(Exact.of(account.margin_used)).times(times);
}

function notionalCap({ limits }: Trader, unit: Exact): Exact {
  const most = limits.max_order_notional;
  return most === null ? Exact.of("1000000000000000") : Exact.of(most).over(unit);
}
