/** Price alarms: set one for the instrument of the active chart, and see all of them. */

import { type FormEvent, useState } from "react";
import type { Instrument } from "whisperer-client";
import { MOST_ALARMS } from "../../../account/alarms";
import { grouped } from "../../../market/decimal";
import { Exact } from "../../../market/exact";
import { href } from "../../../shell/route";
import { useLastPrice } from "../../../state/last-price";
import { useNode } from "../../../state/node";
import { notify as notifySetting } from "../../../state/settings";
import { useStore } from "../../../state/store";
import { workspace } from "../../../state/workspace";
import { Button } from "../../../ui/button";
import { Check, Field } from "../../../ui/field";
import { Icon } from "../../../ui/icon";
import { shownPane } from "../shown-pane";

export function AlarmList({ instruments }: { instruments: readonly Instrument[] }) {
  const { alarms } = useNode();
  useStore(workspace.layout);
  const all = useStore(alarms.all);
  const { instrument } = shownPane(instruments, workspace.active);
  return (
    <div className="flex flex-col">
      <NewAlarm key={instrument.instrument_id} instrument={instrument} isFull={all.length >= MOST_ALARMS} />
      <ul className="divide-y divide-line border-t border-line" data-testid="alarms">
        {all.map((alarm) => (
          <li key={alarm.id} className="flex items-center justify-between gap-3 px-3 text-xs">
            <a
              href={href("chart", alarm.instrumentId)}
              className="target inline-flex items-center font-medium hover:underline"
            >
              {alarm.instrumentId}
            </a>
            <span className="ml-auto">{`${alarm.from === "below" ? "rises to" : "falls to"} ${grouped(alarm.price)}`}</span>
            <Button
              look="bare"
              className="px-0"
              aria-label={`Remove the alarm at ${grouped(alarm.price)}`}
              onClick={() => alarms.remove(alarm.id)}
            >
              <Icon name="close" />
            </Button>
          </li>
        ))}
      </ul>
    </div>
  );
}

function NewAlarm({ instrument, isFull }: { instrument: Instrument; isFull: boolean }) {
  const { alarms } = useNode();
  const last = useLastPrice(instrument);
  const [typed, setTyped] = useState("");
  const [fault, setFault] = useState<string>();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const price = Exact.typed(typed);
    if (price === null || price.sign <= 0) return setFault("Enter a price");
    const onTick = price.round(Exact.of(instrument.price_increment)).to(instrument.price_precision).text;
    if (last === null || !alarms.add(instrument.instrument_id, onTick, last)) return setFault("The price is there now");
    setTyped("");
  };
  return (
    <form noValidate onSubmit={submit} className="flex flex-wrap items-end gap-x-4 gap-y-2 px-3 py-2">
      <Field
        className="w-full sm:w-56"
        label={`Ring when ${instrument.instrument_id} comes to`}
        unit={instrument.quote_currency}
        inputMode="decimal"
        placeholder={last ?? ""}
        value={typed}
        fault={fault}
        onChange={(event) => {
          setTyped(event.target.value);
          setFault(undefined);
        }}
      />
      <Button type="submit" disabled={isFull}>
        <Icon name="bell" /> Set alarm
      </Button>
      <Notify />
      <p className="basis-full text-2xs text-ink-faint sm:basis-auto">Kept in this browser; they ring while it has the page.</p>
    </form>
  );
}

function Notify() {
  const choice = useStore(notifySetting);
  const turn = async (isOn: boolean) => {
    const may = isOn && "Notification" in window && (await Notification.requestPermission()) === "granted";
    notifySetting.set(may ? "on" : "off");
  };
  return (
    <Check
      label="Tell fills and alarms also while I look elsewhere"
      isChecked={choice === "on"}
      onChange={(isOn) => void turn(isOn)}
    />
  );
}
