/** What is written on the ticket. */

import type { Instrument } from "whisperer-client";
import {
  canPostOnly,
  type Draft,
  type Faults,
  hasLimitOffset,
  hasPrice,
  hasTrigger,
  isTrailing,
  ofType,
} from "../../../../account/ticket";
import { type OrderType, TYPE_WORDS } from "../../../../account/words";
import { grouped } from "../../../../market/decimal";
import { Choice, type Option } from "../../../../ui/choice";
import { Check, Field } from "../../../../ui/field";
import { Picker } from "../../../../ui/picker";
import { AmountField } from "./amount-field";
import { draft as draftStore, write } from "./desk";
import { Lasting } from "./lasting";

export interface PartProps {
  instrument: Instrument;
  draft: Draft;
  /** The newest price. */
  last: string | null;
  faults: Faults;
}

export function TicketFields(props: PartProps) {
  return (
    <>
      <SideChoice draft={props.draft} />
      <TypeChoice {...props} />
      <Prices {...props} />
      <AmountField {...props} />
      <Lasting {...props} />
      <Switches draft={props.draft} />
      {props.draft.hasExits && <Exits {...props} />}
    </>
  );
}

const SIDES = { buy: "has-checked:bg-buy", sell: "has-checked:bg-sell" } as const;

function SideChoice({ draft }: { draft: Draft }) {
  return (
    <fieldset className="grid shrink-0 grid-cols-2 gap-1 rounded-md bg-hover p-1">
      <legend className="sr-only">Buy or sell</legend>
      {(["buy", "sell"] as const).map((side) => (
        <label
          key={side}
          className={`target relative flex items-center justify-center rounded font-semibold text-ink-soft hover:text-ink has-checked:text-on-side has-focus-visible:outline-2 has-focus-visible:outline-offset-1 has-focus-visible:outline-accent ${SIDES[side]}`}
        >
          <input
            type="radio"
            name="side"
            className="absolute inset-0 size-full cursor-pointer opacity-0"
            checked={draft.side === side}
            onChange={() => write({ side })}
          />
          {side === "buy" ? "Buy" : "Sell"}
        </label>
      ))}
    </fieldset>
  );
}

type Group = "market" | "limit" | "other";

const GROUPS: readonly Option<Group>[] = [
  { value: "market", label: "Market", name: "Market: at once, at the market's price" },
  { value: "limit", label: "Limit", name: "Limit: at your price or better" },
  { value: "other", label: "Stop & more", name: "Stops, if-touched and trailing orders" },
];
const OTHERS = (Object.keys(TYPE_WORDS) as OrderType[]).filter((type) => type !== "market" && type !== "limit");

function TypeChoice({ draft, last }: PartProps) {
  const { type } = draft;
  const group: Group = type === "market" || type === "limit" ? type : "other";
  const choose = (next: OrderType) => {
    const changed = ofType(draftStore.get(), next);
    const price = hasPrice(next) && changed.price === "" && last !== null ? last : changed.price;
    write({ ...changed, price });
  };
  return (
    <div className="flex shrink-0 flex-col gap-1.5">
      <Choice
        legend="Order type"
        className="flex w-full"
        options={GROUPS}
        value={group}
        onChange={(next) => choose(next === "other" ? "stop_market" : next)}
      />
      {group === "other" && (
        <Picker
          label="Which order"
          value={type}
          onChange={(next) => choose(next as OrderType)}
          options={OTHERS.map((value) => ({ value, label: TYPE_WORDS[value] }))}
        />
      )}
    </div>
  );
}

function Prices({ draft, instrument, last, faults }: PartProps) {
  const { type } = draft;
  const { quote_currency: quote } = instrument;
  const now = last === null ? undefined : `now ${grouped(last)}`;
  const common = { unit: quote, inputMode: "decimal" as const };
  return (
    <>
      {hasTrigger(type) && (
        <Field
          label="Trigger price"
          name="trigger"
          hint={now}
          value={draft.trigger}
          fault={faults.trigger_price}
          onChange={(event) => write({ trigger: event.target.value })}
          {...common}
        />
      )}
      {hasPrice(type) && (
        <Field
          label="Limit price"
          name="price"
          hint={hasTrigger(type) ? undefined : now}
          value={draft.price}
          fault={faults.price}
          onChange={(event) => write({ price: event.target.value })}
          {...common}
        />
      )}
      {isTrailing(type) && (
        <Field
          label="Distance behind the market"
          name="trailing"
          value={draft.trailing}
          fault={faults.trailing_offset}
          onChange={(event) => write({ trailing: event.target.value })}
          {...common}
        />
      )}
      {hasLimitOffset(type) && (
        <Field
          label="Limit's distance from the trigger"
          name="limit-offset"
          value={draft.limitOffset}
          fault={faults.limit_offset}
          onChange={(event) => write({ limitOffset: event.target.value })}
          {...common}
        />
      )}
    </>
  );
}

function Switches({ draft }: { draft: Draft }) {
  return (
    <div className="flex shrink-0 flex-wrap gap-x-4">
      <Check
        label="Take profit / stop loss"
        title="Two more orders that wait for this one to fill; one cancels the other"
        isChecked={draft.hasExits}
        onChange={(hasExits) => write({ hasExits })}
      />
      <Check
        label="Reduce only"
        title="It can make the position smaller, never larger"
        isChecked={draft.isReduceOnly}
        onChange={(isReduceOnly) => write({ isReduceOnly })}
      />
      {draft.type !== "market" && (
        <Check
          label="Post only"
          title="It rests in the book or is refused: it never pays the taker's fee"
          isOff={!canPostOnly(draft)}
          isChecked={draft.isPostOnly && canPostOnly(draft)}
          onChange={(isPostOnly) => write({ isPostOnly })}
        />
      )}
    </div>
  );
}

function Exits({ draft, instrument, faults }: PartProps) {
  const common = { unit: instrument.quote_currency, inputMode: "decimal" as const };
  return (
    <div className="grid shrink-0 grid-cols-2 gap-2">
      <Field
        label="Take profit"
        name="take-profit"
        value={draft.takeProfit}
        fault={faults.take_profit}
        onChange={(event) => write({ takeProfit: event.target.value })}
        {...common}
      />
      <Field
        label="Stop loss"
        name="stop-loss"
        value={draft.stopLoss}
        fault={faults.stop_loss}
        onChange={(event) => write({ stopLoss: event.target.value })}
        {...common}
      />
    </div>
  );
}
