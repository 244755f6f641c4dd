/** How much: typed, or as a part of what is affordable. */

import { affordable, partOf, PERCENTS } from "../../../../account/sizing";
import { Exact } from "../../../../market/exact";
import { amountText } from "../../../../account/words";
import { useNode } from "../../../../state/node";
import { useStore } from "../../../../state/store";
import { useCalm } from "../../../../state/ticking";
import { Field } from "../../../../ui/field";
import { write } from "./desk";
import type { PartProps } from "./ticket-fields";

export function AmountField({ draft, instrument, last, faults }: PartProps) {
  const { account } = useNode();
  const trader = useCalm(account.trader, 500);
  const balances = useStore(account.balances);
  const positions = useStore(account.positions);
  const most = trader && affordable(draft, instrument, { trader, balances, positions, last });
  const base = instrument.base_currency;
  const quantity = Exact.typed(draft.quantity);
  return (
    <div className="flex shrink-0 flex-col gap-1.5">
      <Field
        label="Amount"
        name="quantity"
        inputMode="decimal"
        unit={base}
        placeholder={Exact.of(instrument.min_quantity ?? instrument.size_increment).short}
        hint={most && `at most ${amountText(most.text)}`}
        value={draft.quantity}
        fault={faults.quantity}
        onChange={(event) => write({ quantity: event.target.value })}
      />
      <div role="group" aria-label="Part of what is affordable" className="grid grid-cols-4 gap-1">
        {PERCENTS.map((percent) => {
          const part = most && partOf(most, percent, instrument);
          const isIt = part && quantity && part.sign > 0 && part.compare(quantity) === 0;
          return (
            <button
              key={percent}
              type="button"
              disabled={!part || part.sign <= 0}
              aria-pressed={isIt ?? false}
              onClick={() => part && write({ quantity: part.short })}
              className="target rounded-md border border-line text-xs font-medium text-ink-soft hover:bg-hover hover:text-ink disabled:opacity-50 aria-pressed:border-accent aria-pressed:text-accent lg:min-h-7"
            >
              {percent} %
            </button>
          );
        })}
      </div>
    </div>
  );
}
