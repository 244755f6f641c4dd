/** What is out of the ordinary about a signal, in words. */

import type { Signal } from "whisperer-client";
import { ABSTENTIONS } from "../market/contributions";
import { Badge } from "./badge";

export function SignalFlags({ signal }: { signal: Signal }) {
  const { abstention } = signal;
  if (!signal.backfilled && !signal.stale && !signal.degraded && !abstention) return null;
  return (
    <span className="inline-flex flex-wrap gap-1">
      {abstention && <Badge tone={abstention === "no_quorum" ? "warn" : "plain"}>{ABSTENTIONS[abstention]}</Badge>}
      {signal.backfilled && <Badge title="Worked out from history when the node started">backfilled</Badge>}
      {signal.stale && (
        <Badge tone="warn" title="The feed was stale at that moment">
          stale feed
        </Badge>
      )}
      {signal.degraded && (
        <Badge tone="warn" title="Given in degraded mode, by fewer sources">
          degraded
        </Badge>
      )}
    </span>
  );
}
