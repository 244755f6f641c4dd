/** What the user was told, newest first. */

import type { Alert } from "whisperer-client";
import { clock, shortDay } from "../../market/time";
import { useNode } from "../../state/node";
import { zone as zoneSetting } from "../../state/settings";
import { useStore } from "../../state/store";
import { Badge, type Tone } from "../../ui/badge";
import { Message } from "../../ui/message";
import { alertTitle } from "../account";

const TONES: Record<Alert["level"], Tone> = { info: "plain", warning: "warn", critical: "down" };

export function AlertList() {
  const alerts = useStore(useNode().account.alerts);
  const zone = useStore(zoneSetting);
  if (alerts.length === 0) {
    return (
      <Message icon="bell" title="Nothing to tell">
        Retired strategies, liquidations and the like stand here.
      </Message>
    );
  }
  return (
    <ul className="divide-y divide-line" data-testid="alerts">
      {alerts.map((alert) => (
        <li key={alert.alert_id} className="flex flex-wrap items-baseline gap-x-3 px-3 py-1.5 text-xs">
          <span className="whitespace-nowrap text-ink-faint">{`${shortDay(alert.ts, zone)} ${clock(alert.ts, zone)}`}</span>
          <Badge tone={TONES[alert.level]}>{alertTitle(alert)}</Badge>
          <span className="min-w-0 basis-60 grow break-words">{alert.message}</span>
        </li>
      ))}
    </ul>
  );
}
