/** One signal in a line; picked, with what it was judged by and what each source said. */

import type { Signal } from "whisperer-client";
import { clock, shortDay } from "../../../market/time";
import { zone as zoneSetting } from "../../../state/settings";
import { useStore } from "../../../state/store";
import { Foldable } from "../../../ui/foldable";
import { signed } from "../../../ui/score";
import { SideBadge } from "../../../ui/side-badge";
import { SignalFlags } from "../../../ui/signal-flags";
import { SignalFeatures } from "./signal-features";
import { SignalSources } from "./signal-sources";
import { SignalVerdict } from "./signal-verdict";

interface SignalRowProps {
  signal: Signal;
  isPicked: boolean;
  onPick: () => void;
}

export function SignalRow({ signal, isPicked, onPick }: SignalRowProps) {
  return (
    <Foldable
      isPicked={isPicked}
      onPick={onPick}
      className="gap-0.5 py-2"
      head={<SignalHead signal={signal} reason={isPicked ? "" : signal.reasons[0]} />}
    >
      <SignalDetails signal={signal} />
    </Foldable>
  );
}

function SignalHead({ signal, reason }: { signal: Signal; reason: string | undefined }) {
  const zone = useStore(zoneSetting);
  return (
    <>
      <span className="flex w-full items-center gap-2">
        <SideBadge side={signal.signal} />
        <span className="font-medium">{signed(signal.score)}</span>
        <Confidence value={signal.confidence} />
        <time className="ml-auto text-xs text-ink-faint" dateTime={new Date(signal.ts).toISOString()}>
          {`${shortDay(signal.ts, zone)} ${clock(signal.ts, zone)}`}
        </time>
      </span>
      <span className="flex w-full items-center gap-2">
        <span className="min-w-0 flex-1 truncate text-xs text-ink-soft">{reason}</span>
        <SignalFlags signal={signal} />
      </span>
    </>
  );
}

/** How sure, in words and as a bar. */
function Confidence({ value }: { value: number }) {
  return (
    <span className="flex items-center gap-1.5 text-xs text-ink-soft" title="Confidence">
      <span aria-hidden="true" className="h-1.5 w-10 overflow-hidden rounded-full bg-line">
        <span className="block h-full rounded-full bg-ink-faint" style={{ width: `${Math.round(value * 100)}%` }} />
      </span>
      {`${Math.round(value * 100)} %`}
      <span className="sr-only">confidence</span>
    </span>
  );
}

function SignalDetails({ signal }: { signal: Signal }) {
  return (
    <div className="px-3 pb-3" data-testid="signal-details">
      <SignalVerdict signal={signal} />
      <SignalSources signal={signal} />
      <SignalFeatures signal={signal} />
      <p className="mt-2 truncate text-2xs text-ink-faint" title={signal.trace_id}>{`Trace ${signal.trace_id}`}</p>
    </div>
  );
}
