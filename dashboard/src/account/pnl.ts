/** What a position is worth at a price, exact. */

import type { Instrument, Position } from "whisperer-client";
import { Exact } from "../market/exact";

/** Return the gain of a position that is not realized, settlement currency; null without a price. */
export function unrealized(position: Position, instrument: Instrument | undefined, price: string | null): Exact | null {
  if (price === null || !instrument) return position.unrealized_pnl === null ? null : Exact.of(position.unrealized_pnl);
  const size = Exact.of(position.quantity).times(Exact.of(instrument.multiplier));
  const signed = position.side === "short" ? size.negated : size;
  return signed.times(Exact.of(price)).minus(Exact.of(position.cost));
}

/** `+12.30`, `-0.05`, `0.00` */
export function signedText(value: Exact, places: number): string {
  const text = value.to(places);
  return `${text.sign > 0 ? "+" : ""}${text.text.replace(/\B(?<!\.\d*)(?=(\d{3})+(?!\d))/g, ",")}`;
}
