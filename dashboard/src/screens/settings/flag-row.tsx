/** Something that is on or off, and the way back to what the file says. */

import { useAction } from "../../state/action";
import { Badge } from "../../ui/badge";
import { Button } from "../../ui/button";
import { Choice, type Option } from "../../ui/choice";
import { Icon } from "../../ui/icon";
import { RefusedLine } from "../../ui/refused";
import { Row } from "./figure-row";

const STATES: readonly Option<"on" | "off">[] = [
  { value: "on", label: "On" },
  { value: "off", label: "Off" },
];

interface Props {
  label: string;
  hint?: string;
  isOn: boolean;
  /** What the file says; null: it is in force. */
  file: boolean | null;
  isEditable: boolean;
  /** Switch it; null: as the file says. */
  onSet: (isOn: boolean | null) => Promise<unknown>;
}

export function FlagRow({ label, hint, isOn, file, isEditable, onSet }: Props) {
  const [run, doing] = useAction();
  const shown = isOn ? "on" : "off";
  return (
    <>
      <Row
        label={label}
        hint={file === null ? hint : `set here, file: ${file ? "on" : "off"}`}
        value={!isEditable && <Badge tone={isOn ? "up" : "warn"}>{shown}</Badge>}
        file={null}
      >
        {isEditable && (
          <Choice
            legend={label}
            options={STATES}
            value={shown}
            onChange={(value) => void run(() => onSet(value === "on"))}
          />
        )}
        {isEditable && file !== null && (
          <Button
            look="bare"
            className="min-w-10 px-0"
            disabled={doing.isBusy}
            aria-label={`As in the file: ${label}`}
            title="As in the file"
            onClick={() => void run(() => onSet(null))}
          >
            <Icon name="again" />
          </Button>
        )}
      </Row>
      <RefusedLine refused={doing.refused} className="px-3 pb-2" />
    </>
  );
}
