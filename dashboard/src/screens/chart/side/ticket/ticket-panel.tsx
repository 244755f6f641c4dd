/** The order ticket: what to do, how much, at what price, what it costs, one button that says all of it. */

import { type FormEvent, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { Instrument } from "whisperer-client";
import { Previewer } from "../../../../account/previewer";
import { type Draft, faultsOf, newIds, ticketOf, ticketsOf, type Faults } from "../../../../account/ticket";
import { SIDE_WORDS, amountText, howText } from "../../../../account/words";
import { Exact } from "../../../../market/exact";
import { useLastPrice } from "../../../../state/last-price";
import { useNode } from "../../../../state/node";
import { useStore } from "../../../../state/store";
import { Button } from "../../../../ui/button";
import { Message, Waiting } from "../../../../ui/message";
import { called, draft as draftStore, ids as idStore, write, writeFor } from "./desk";
import { Outcome } from "./outcome";
import { PreviewFacts } from "./preview-facts";
import { TicketFields } from "./ticket-fields";

export function TicketPanel({ instrument }: { instrument: Instrument }) {
  const { account } = useNode();
  const phase = useStore(account.phase);
  if (phase === "none") {
    return (
      <Message icon="order" title="No trading here">
        This node takes no orders of yours.
      </Message>
    );
  }
  return phase === "loading" ? <Waiting label="Loading the account" rows={10} /> : <Ticket instrument={instrument} />;
}

function Ticket({ instrument }: { instrument: Instrument }) {
  const { sender } = useNode();
  const form = useRef<HTMLFormElement>(null);
  const draft = useStore(draftStore);
  const ids = useStore(idStore);
  const last = useLastPrice(instrument);
  const sending = useStore(sender.state);
  const [isPressed, setPressed] = useState(false);
  const own = faultsOf(draft, instrument);
  const foreseen = useForeseen(instrument, Object.keys(own).length === 0);
  const asked = sending.phase === "refused" ? sending.faults : (foreseen.refused?.faults ?? {});
  const faults: Faults = { ...asked, ...(isPressed ? own : written(own)) };
  useCalled(form);
  useLayoutEffect(() => writeFor(instrument.instrument_id), [instrument.instrument_id]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (Object.keys(own).length > 0) {
      setPressed(true);
      requestAnimationFrame(() => form.current?.querySelector<HTMLElement>("[aria-invalid]")?.focus());
      return;
    }
    setPressed(false);
    idStore.set(newIds());
    void sender.send(ticketsOf(draft, instrument.instrument_id, ids)).then(() => {
      // an amount that is still there would be ordered again by the second half of a double click
      if (sender.state.get().phase === "taken") write({ quantity: "" });
    });
  };
  const isOpen = sending.phase === "sending" || sending.phase === "lost" || sending.phase === "absent";
  return (
    <form
      ref={form}
      noValidate
      onSubmit={submit}
      data-testid="ticket"
      aria-label="Order ticket"
      className="flex min-h-0 flex-1 flex-col gap-2.5 overflow-y-auto p-3"
    >
      <TicketFields instrument={instrument} draft={draft} last={last} faults={faults} />
      <PreviewFacts instrument={instrument} foreseen={foreseen} type={draft.type} />
      <Button
        type="submit"
        look={draft.side}
        disabled={isOpen || foreseen.refused !== null}
        className="min-h-11 w-full text-sm lg:min-h-10"
        data-testid="confirm"
      >
        {confirmText(draft, instrument, Object.keys(own).length === 0)}
      </Button>
      <Outcome sender={sender} />
    </form>
  );
}

/** What typing has made wrong; what is still empty is not wrong before the button is pressed. */
function written(faults: Faults): Faults {
  return Object.fromEntries(
    Object.entries(faults).filter(([, text]) => !text.startsWith("Enter") && !text.startsWith("Choose")),
  );
}

/** `Buy 0.05 BTC at market`; what is missing is not said. */
function confirmText(draft: Draft, { instrument_id: id, base_currency: base }: Instrument, isComplete: boolean): string {
  const quantity = Exact.typed(draft.quantity);
  const amount = quantity && quantity.sign > 0 ? `${amountText(quantity.text)} ` : "";
  const what = `${SIDE_WORDS[draft.side]} ${amount}${base}`;
  return isComplete || draft.type === "market" ? `${what} ${howText(ticketOf(draft, id, ""))}` : what;
}

function useForeseen(instrument: Instrument, isComplete: boolean) {
  const { rest } = useNode();
  const [previewer] = useState(() => new Previewer(rest));
  const draft = useStore(draftStore);
  const { entry } = useStore(idStore);
  const id = instrument.instrument_id;
  const ticket = isComplete ? JSON.stringify(ticketOf(draft, id, entry)) : null;
  useEffect(() => previewer.show(ticket === null ? null : JSON.parse(ticket)), [previewer, ticket]);
  useEffect(() => () => previewer.show(null), [previewer]);
  return useStore(previewer.state);
}

/** Come into sight and take the keyboard when the ticket is called for. */
function useCalled(form: { current: HTMLFormElement | null }): void {
  const count = useStore(called);
  const seen = useRef(0);
  useEffect(() => {
    if (count === seen.current) return;
    seen.current = count;
    form.current?.scrollIntoView({ block: "nearest" });
    form.current?.querySelector<HTMLInputElement>("[name=quantity]")?.focus({ preventScroll: true });
  }, [count, form]);
}
