/** A strip across every screen while what it shows is not the present: no connection, or a feed that is silent. */

import { moment } from "../market/time";
import { useNode } from "../state/node";
import { zone as zoneSetting } from "../state/settings";
import { useStore } from "../state/store";
import { useNow } from "../state/ticking";
import { Icon } from "../ui/icon";
import { judge } from "./verdict";

export function Standstill() {
  const { connection, status } = useNode();
  const zone = useStore(zoneSetting);
  const link = useStore(connection.link);
  const body = useStore(status);
  const verdict = judge(link, body, useNow(1_000));
  const { ts } = connection.marketTime.get();
  const isSilent = link.phase === "open" ? body?.feed === "stale" : link.phase !== "connecting" || link.attempt > 0;
  if (!isSilent || ts === 0) return null;
  const look = verdict.tone === "down" ? "bg-down-wash text-down" : "bg-warn-wash text-warn";
  return (
    <p className={`flex items-center gap-2 px-3 py-1.5 text-xs font-medium ${look}`} data-testid="standstill">
      <Icon name="alert" />
      {`${verdict.label}: what you see stands at ${moment(ts, zone, true)} market time.`}
    </p>
  );
}
