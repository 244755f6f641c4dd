/** What is out of the ordinary about a signal, in words. */

import type { Signal } from "whisperer-client";
import { ABSTENTIONS } from "../market/contributions";
import { keyOf } from "../market/signals";
import { useNode } from "../state/node";
import { useStore } from "../state/store";
import { Badge } from "./badge";

export function SignalFlags({ signal }: { signal: Signal }) {
  const { abstention } = signal;
  const strategies = useStore(useNode().account.acted.strategies).get(keyOf(signal));
  if (!signal.backfilled && !signal.stale && !signal.degraded && !abstention && !strategies) return null;
  return (
    <span className="inline-flex flex-wrap gap-1">
      {strategies && (
        <Badge tone="accent" title="A strategy of yours sent an order because of it">
          acted on by {strategies.join(", ")}
        </Badge>
      )}
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
