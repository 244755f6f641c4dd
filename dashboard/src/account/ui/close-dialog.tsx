/** Closes a position: all of it or a part, by market or at a price. */

import { type FormEvent, useRef, useState } from "react";
import type { Position } from "whisperer-client";
import { Exact } from "../../market/exact";
import { useAction } from "../../state/action";
import { useInstrument } from "../../state/instruments";
import { useNode } from "../../state/node";
import { useStore } from "../../state/store";
import { Button } from "../../ui/button";
import { Choice } from "../../ui/choice";
import { Dialog, DialogActions } from "../../ui/dialog";
import { Field } from "../../ui/field";
import { RefusedLine } from "../../ui/refused";
import { closePosition } from "../commands";
import { isLost } from "../outcome";
import { partOf } from "../sizing";
import { newIds } from "../ticket";
import { amountText, baseOf } from "../words";

interface CloseDialogProps {
  position: Position;
  isOpen: boolean;
  onClose: () => void;
}

export function CloseDialog({ position, isOpen, onClose }: CloseDialogProps) {
  return (
    <Dialog title={`Close ${position.instrument_id}`} isOpen={isOpen} onClose={onClose}>
      <CloseForm position={position} onClose={onClose} />
    </Dialog>
  );
}

type Part = "25" | "50" | "100";
const PARTS = (["25", "50", "100"] as const).map((value) => ({ value, label: value === "100" ? "All" : `${value} %` }));

function CloseForm({ position, onClose }: Omit<CloseDialogProps, "isOpen">) {
  const { rest } = useNode();
  const instrument = useInstrument(position.instrument_id);
  const [run, doing] = useAction();
  const [part, setPart] = useState<Part>("100");
  const [typed, setTyped] = useState("");
  const [price, setPrice] = useState("");
  const id = useRef(newIds().entry);
  const held = Exact.of(position.quantity);
  const chosen = instrument ? partOf(held, Number(part), instrument) : held;
  const quantity = typed.trim() === "" ? chosen : Exact.typed(typed);
  const limit = price.trim() === "" ? null : Exact.typed(price);
  const faults = { ...(doing.refused?.faults ?? {}), ...faultsOf(quantity, held, price, limit) };
  const isWhole = quantity !== null && quantity.compare(held) === 0;
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (quantity === null) return;
    const closing = { quantity: isWhole ? null : quantity.text, price: limit?.text ?? null, client_order_id: id.current };
    const isDone = await run(() =>
      closePosition(rest, position.instrument_id, closing).catch((error: unknown) => {
        // what may have arrived is asked for again under the same id, anything else is new
        if (!isLost(error)) id.current = newIds().entry;
        throw error;
      }),
    );
    if (isDone) onClose();
  };
  const verb = position.side === "long" ? "Sell" : "Buy back";
  return (
    <form noValidate onSubmit={(event) => void submit(event)} className="flex flex-col gap-3">
      <Choice legend="How much" className="flex w-full" options={PARTS} value={part} onChange={setPart} />
      <div className="grid grid-cols-2 gap-2">
        <Field
          label="Amount"
          unit={baseOf(position.instrument_id)}
          inputMode="decimal"
          placeholder={chosen.short}
          value={typed}
          fault={faults.quantity}
          onChange={(event) => setTyped(event.target.value)}
        />
        <Field
          label="Limit price"
          unit={instrument?.quote_currency}
          inputMode="decimal"
          placeholder="by market"
          value={price}
          fault={faults.price}
          onChange={(event) => setPrice(event.target.value)}
        />
      </div>
      <WorkingNote instrumentId={position.instrument_id} />
      <RefusedLine refused={doing.refused} />
      <DialogActions>
        <Button data-first onClick={onClose}>Keep it</Button>
        <Button
          type="submit"
          look={position.side === "long" ? "sell" : "buy"}
          disabled={doing.isBusy || Object.keys(faults).some((name) => name === "quantity" || name === "price")}
        >
          {`${verb} ${quantity ? amountText(quantity.text) : ""} ${baseOf(position.instrument_id)} ${limit ? `at ${amountText(limit.text)}` : "at market"}`}
        </Button>
      </DialogActions>
    </form>
  );
}

function faultsOf(quantity: Exact | null, held: Exact, price: string, limit: Exact | null) {
  const faults: { quantity?: string; price?: string } = {};
  if (quantity === null || quantity.sign <= 0) faults.quantity = "Not an amount";
  else if (quantity.compare(held) > 0) faults.quantity = `You hold ${held.short}`;
  if (price.trim() !== "" && (limit === null || limit.sign <= 0)) faults.price = "Not a price";
  return faults;
}

function WorkingNote({ instrumentId }: { instrumentId: string }) {
  const orders = useStore(useNode().account.orders);
  const count = orders.filter(({ instrument_id }) => instrument_id === instrumentId).length;
  if (count === 0) return null;
  return (
    <p className="text-xs text-ink-soft">
      {`Your ${count === 1 ? "working order" : `${count} working orders`} on ${instrumentId} will be cancelled first.`}
    </p>
  );
}
