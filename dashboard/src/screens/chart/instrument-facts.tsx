/** What one may trade of an instrument, and at what price. */

import type { Instrument } from "whisperer-client";
import { grouped } from "../../market/decimal";
import { Fact } from "../../ui/fact";

export function InstrumentFacts({ instrument }: { instrument: Instrument }) {
  const { base_currency: base, quote_currency: quote } = instrument;
  const hasMargin = Number(instrument.margin_init) > 0;
  return (
    <dl className="mt-3 grid grid-cols-2 gap-x-4 gap-y-2">
      <Fact label="Kind">{instrument.kind === "spot" ? "Spot" : "Perpetual swap"}</Fact>
      <Fact label="Venue">{instrument.venue}</Fact>
      <Fact label="Base / quote">{`${base} / ${quote}`}</Fact>
      <Fact label="Settled in">{instrument.settlement_currency}</Fact>
      <Fact label="Price step">{`${instrument.price_increment} ${quote}`}</Fact>
      <Fact label="Quantity step">{`${instrument.size_increment} ${base}`}</Fact>
      <Fact label="Least quantity">{amount(instrument.min_quantity, base)}</Fact>
      <Fact label="Most quantity">{amount(instrument.max_quantity, base)}</Fact>
      <Fact label="Least order value">{amount(instrument.min_notional, quote)}</Fact>
      <Fact label="Contract">{`${instrument.multiplier} ${base}`}</Fact>
      <Fact label="Maker fee">{share(instrument.maker_fee)}</Fact>
      <Fact label="Taker fee">{share(instrument.taker_fee)}</Fact>
      {hasMargin && <Fact label="Initial margin">{share(instrument.margin_init)}</Fact>}
      {hasMargin && <Fact label="Maintenance margin">{share(instrument.margin_maint)}</Fact>}
      <Fact label="Trades">{instrument.has_trades ? "yes" : "bars only"}</Fact>
    </dl>
  );
}

function amount(text: string | null | undefined, unit: string): string {
  return text ? `${grouped(text)} ${unit}` : "–";
}

/** A part of one as text in per cent: `0.0008` -> `0.08 %`. */
export function share(text: string): string {
  return `${Number((Number(text) * 100).toFixed(6))} %`;
}
