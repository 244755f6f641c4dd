/** Orders, fills and instruments for tests. */

import type { Balance, Fill, Instrument, Order, Position, Trader } from "whisperer-client";

const COMMON = {
  venue: "SIM",
  quote_currency: "USDT",
  settlement_currency: "USDT",
  multiplier: "1",
  max_quantity: null,
  intervals: ["1m"],
};

export const spot = {
  ...COMMON,
  instrument_id: "BTC-USDT.SIM",
  kind: "spot",
  base_currency: "BTC",
  price_precision: 2,
  price_increment: "0.01",
  size_increment: "0.00001",
  taker_fee: "0.001",
  margin_init: "0",
} as unknown as Instrument;

export const perpetual = {
  ...COMMON,
  instrument_id: "BTC-USDT-SWAP.SIM",
  kind: "perpetual",
  base_currency: "BTC",
  price_precision: 1,
  price_increment: "0.1",
  size_increment: "0.001",
  taker_fee: "0.0005",
  margin_init: "0.01",
} as unknown as Instrument;

export function trader(limits: Partial<Trader["limits"]> = {}): Trader {
  return {
    account: { equity: "10000", margin_used: "0", currency: "USDT" },
    limits: { max_order_notional: null, max_leverage: "10", ...limits },
  } as unknown as Trader;
}

export function balance(currency: string, free: string): Balance {
  return { currency, total: free, locked: "0", free } as Balance;
}

export function position(part: Partial<Position>): Position {
  return { instrument_id: perpetual.instrument_id, side: "long", quantity: "1.000", cost: "50000", ...part } as Position;
}

export function order(part: Partial<Order>): Order {
  return {
    client_order_id: "mine",
    order_id: "O1",
    instrument_id: perpetual.instrument_id,
    side: "buy",
    type: "limit",
    quantity: "0.100",
    leaves_quantity: "0.100",
    price: "49000.0",
    trigger_price: null,
    trailing_offset: null,
    is_triggered: false,
    status: "accepted",
    revision: 1,
    ts_created: 1,
    ...part,
  } as Order;
}

export function fill(part: Partial<Fill>): Fill {
  return {
    fill_id: "1",
    order_id: "O1",
    instrument_id: perpetual.instrument_id,
    side: "buy",
    quantity: "0.100",
    price: "50000",
    fee: "5",
    ts: 1,
    ...part,
  } as Fill;
}
