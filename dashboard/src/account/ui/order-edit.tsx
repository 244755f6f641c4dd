/** A working order being changed: another amount, price or trigger. */

import { type FormEvent, useState } from "react";
import type { Order } from "whisperer-client";
import { Exact } from "../../market/exact";
import { useAction } from "../../state/action";
import { useInstrument } from "../../state/instruments";
import { useNode } from "../../state/node";
import { Button } from "../../ui/button";
import { Field } from "../../ui/field";
import { RefusedLine } from "../../ui/refused";
import { change, type Change } from "../commands";
import { baseOf } from "../words";

interface OrderEditProps {
  order: Order;
  onDone: () => void;
}

export function OrderEdit({ order, onDone }: OrderEditProps) {
  const { account, rest } = useNode();
  const instrument = useInstrument(order.instrument_id);
  const [run, doing] = useAction();
  const [written, setWritten] = useState(() => textsOf(order));
  const changes = changesOf(order, written);
  const faults = doing.refused?.faults ?? {};
  const quote = instrument?.quote_currency;
  const save = async (event: FormEvent) => {
    event.preventDefault();
    if (changes && (await run(async () => account.put(await change(rest, order, changes))))) onDone();
  };
  const field = (name: keyof Texts, label: string, unit: string | undefined) => (
    <Field
      className="w-full sm:w-44"
      label={label}
      unit={unit}
      inputMode="decimal"
      value={written[name]}
      fault={faults[name] ?? (Exact.typed(written[name]) ? undefined : "Not a number")}
      autoFocus={name === "quantity"}
      onChange={(event) => setWritten({ ...written, [name]: event.target.value })}
    />
  );
  return (
    <form
      noValidate
      onSubmit={(event) => void save(event)}
      aria-label="Change the order"
      className="flex flex-wrap items-end gap-2 px-3 py-2"
      onKeyDown={(event) => event.key === "Escape" && onDone()}
    >
      {field("quantity", "Amount, with what has filled", baseOf(order.instrument_id))}
      {order.price !== null && field("price", "Limit price", quote)}
      {order.trigger_price !== null && field("trigger_price", "Trigger price", quote)}
      <Button type="submit" look="strong" disabled={!changes || doing.isBusy}>
        Save
      </Button>
      <Button look="bare" onClick={onDone}>
        Leave it
      </Button>
      <RefusedLine refused={doing.refused} className="w-full" />
    </form>
  );
}

type Texts = Record<"quantity" | "price" | "trigger_price", string>;

function textsOf({ quantity, price, trigger_price: trigger }: Order): Texts {
  return { quantity: Exact.of(quantity).short, price: price ?? "0", trigger_price: trigger ?? "0" };
}

/** What was written differently from the order; null when nothing was, or it is no number. */
function changesOf(order: Order, written: Texts): Change | null {
  const changes: Change = {};
  for (const name of ["quantity", "price", "trigger_price"] as const) {
    const held = order[name];
    if (held === null) continue;
    const value = Exact.typed(written[name]);
    if (value === null || value.sign <= 0) return null;
    if (value.compare(Exact.of(held)) !== 0) changes[name] = value.text;
  }
  return Object.keys(changes).length > 0 ? changes : null;
}
