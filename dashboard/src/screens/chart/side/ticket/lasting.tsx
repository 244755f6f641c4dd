/** How long the order stays. */

import { timesInForce } from "../../../../account/ticket";
import { TIF_WORDS, type TimeInForce } from "../../../../account/words";
import { inputText, inputTime, zoneName } from "../../../../market/time";
import { useNode } from "../../../../state/node";
import { zone as zoneSetting } from "../../../../state/settings";
import { useStore } from "../../../../state/store";
import { Field } from "../../../../ui/field";
import { Picker } from "../../../../ui/picker";
import { write } from "./desk";
import type { PartProps } from "./ticket-fields";

const AN_HOUR_MS = 3_600_000;
const A_MINUTE_MS = 60_000;

export function Lasting({ draft, faults }: PartProps) {
  const { connection } = useNode();
  const zone = useStore(zoneSetting);
  const choose = (timeInForce: TimeInForce) => {
    const now = connection.marketTime.get().ts;
    const inAnHour = Math.ceil((now + AN_HOUR_MS) / A_MINUTE_MS) * A_MINUTE_MS;
    write({ timeInForce, ...(timeInForce === "gtd" && now > 0 && { expireTime: draft.expireTime ?? inAnHour }) });
  };
  if (draft.type === "market") return null;
  return (
    <div className="grid shrink-0 gap-2">
      <Picker
        label="How long it stays"
        value={draft.timeInForce}
        onChange={(next) => choose(next as TimeInForce)}
        options={timesInForce(draft.type).map((value) => ({ value, label: TIF_WORDS[value] }))}
      />
      {draft.timeInForce === "gtd" && (
        <Field
          label={`Until, market time ${draft.expireTime === null ? "" : `(${zoneName(draft.expireTime, zone)})`}`}
          name="expire"
          type="datetime-local"
          value={draft.expireTime === null ? "" : inputText(draft.expireTime, zone)}
          fault={faults.expire_time}
          onChange={(event) => write({ expireTime: inputTime(event.target.value, zone) })}
        />
      )}
    </div>
  );
}
