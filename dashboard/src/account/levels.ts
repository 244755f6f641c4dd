/** What of an account stands at a price on a chart: working orders, the position's average, alarms. */

import type { Fill, Instrument, Order, Position } from "whisperer-client";
import type { BarSeries } from "../market/bars";
import { Exact } from "../market/exact";
import type { Alarm } from "./alarms";
import { amountText, standsAt, TYPE_WORDS } from "./words";

export type LevelTone = "buy" | "sell" | "held" | "alarm";

export interface Level {
  key: string;
  tone: LevelTone;
  /** Decimal text. */
  price: string;
  /** `Buy 0.05 limit` */
  title: string;
  order?: Order;
  alarm?: Alarm;
  /** Which of an order's prices it is. */
  moves: "price" | "trigger_price" | "alarm" | null;
}

export function levelsOf(
  { instrument_id: id, price_precision: places }: Instrument,
  orders: readonly Order[],
  positions: readonly Position[],
  alarms: readonly Alarm[],
): readonly Level[] {
  const isHere = (one: { instrument_id: string }) => one.instrument_id === id;
  const held = positions.find(isHere);
  return [
    ...orders.filter(isHere).flatMap(orderLevel),
    ...(held?.avg_price ? [heldLevel(held, held.avg_price, places)] : []),
    ...alarms.filter(({ instrumentId }) => instrumentId === id).map(alarmLevel),
  ];
}

function orderLevel(order: Order): Level[] {
  const price = standsAt(order);
  if (price === null) return [];
  const isTrailing = order.trailing_offset !== null;
  const title = `${order.side === "buy" ? "Buy" : "Sell"} ${amountText(order.leaves_quantity)} ${TYPE_WORDS[order.type].toLowerCase()}`;
  const moves = price === order.trigger_price && price !== order.price ? "trigger_price" : "price";
  return [{ key: order.order_id, tone: order.side, price, title, order, moves: isTrailing ? null : moves }];
}

function heldLevel(held: Position, average: string, places: number): Level {
  const title = `${held.side === "long" ? "Long" : "Short"} ${amountText(held.quantity)}`;
  return { key: "held", tone: "held", price: Exact.of(average).to(places).text, title, moves: null };
}

function alarmLevel(alarm: Alarm): Level {
  return { key: `alarm ${alarm.id}`, tone: "alarm", price: alarm.price, title: "Alarm", alarm, moves: "alarm" };
}

/** Fills of one side within one bar, drawn as one. */
export interface FillMark {
  /** Open time of the bar, UNIX ms. */
  t: number;
  side: Fill["side"];
  /** Average, for drawing. */
  price: number;
  quantity: string;
}

/** Return where fills stand on bars, oldest first; those before the first bar are nowhere. */
export function fillMarksOn(bars: Pick<BarSeries, "at">, fills: readonly Fill[], instrumentId: string): FillMark[] {
  const marks = new Map<string, { t: number; side: Fill["side"]; worth: Exact; quantity: Exact }>();
  for (const { instrument_id, side, price, quantity, ts } of fills) {
    const bar = instrument_id === instrumentId ? bars.at(ts) : undefined;
    if (!bar) continue;
    const key = `${bar.t} ${side}`;
    const mark = marks.get(key) ?? { t: bar.t, side, worth: Exact.zero, quantity: Exact.zero };
    mark.worth = mark.worth.plus(Exact.of(price).times(Exact.of(quantity)));
    mark.quantity = mark.quantity.plus(Exact.of(quantity));
    marks.set(key, mark);
  }
  return [...marks.values()]
    .toSorted((a, b) => a.t - b.t)
    .map(({ t, side, worth, quantity }) => ({
      t,
      side,
      price: worth.over(quantity).approximate,
      quantity: quantity.short,
    }));
}
