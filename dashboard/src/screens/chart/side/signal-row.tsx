/** One signal in a line; picked, with its reasons and what each source said. */

import { Fragment } from "react";
import type { Signal, SignalSource } from "whisperer-client";
import { grouped } from "../../../market/decimal";
import { clock, shortDay } from "../../../market/time";
import { zone as zoneSetting } from "../../../state/settings";
import { useStore } from "../../../state/store";
import { Badge } from "../../../ui/badge";
import { Fact } from "../../../ui/fact";
import { Foldable } from "../../../ui/foldable";
import { signed } from "../../../ui/score";
import { SideBadge } from "../../../ui/side-badge";
import { SignalFeatures } from "./signal-features";

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
        <Flags signal={signal} />
      </span>
    </>
  );
}

function Flags({ signal }: { signal: Signal }) {
  if (!signal.backfilled && !signal.stale && !signal.degraded) return null;
  return (
    <span className="flex gap-1">
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
    <div className="px-3 pb-3">
      <ul className="list-disc space-y-0.5 pl-4 text-ink-soft">
        {signal.reasons.map((reason) => (
          <li key={reason}>{reason}</li>
        ))}
      </ul>
      <dl className="mt-3 grid grid-cols-3 gap-x-3 gap-y-2">
        <Fact label="Close">{grouped(signal.price)}</Fact>
        <Fact label="Chance of a rise">{`${Math.round(signal.probability * 100)} %`}</Fact>
        <Fact label="Interval">{signal.interval}</Fact>
      </dl>
      <Sources sources={signal.sources} />
      <SignalFeatures signal={signal} />
      <p className="mt-2 truncate text-2xs text-ink-faint" title={signal.trace_id}>{`Trace ${signal.trace_id}`}</p>
    </div>
  );
}

const STATES: Record<SignalSource["state"], string> = {
  voted: "voted",
  warming_up: "warming up",
  abstained: "abstained",
  failed: "failed",
  disabled: "off",
};

/** Whether what it says is missing among the reasons of the signal: it has no answer, or does not count. */
function isUncounted(source: SignalSource): boolean {
  return source.state !== "voted" || source.weight === 0;
}

function Sources({ sources }: { sources: readonly SignalSource[] }) {
  return (
    <table className="mt-3 w-full text-xs">
      <thead className="text-left text-2xs text-ink-faint">
        <tr>
          <th className="font-normal">Source</th>
          <th className="text-right font-normal">Weight</th>
          <th className="text-right font-normal">Score</th>
          <th className="text-right font-normal">Sure</th>
        </tr>
      </thead>
      <tbody>
        {sources.map((source) => (
          <Fragment key={source.name}>
            <tr>
              <td className="font-medium">
                {source.name} {source.state !== "voted" && <Badge tone="warn">{STATES[source.state]}</Badge>}
                {source.stale && <Badge tone="warn">stale</Badge>}
              </td>
              <td className="text-right">{source.weight}</td>
              <td className="text-right">{source.score == null ? "–" : signed(source.score)}</td>
              <td className="text-right">
                {source.confidence == null ? "–" : `${Math.round(source.confidence * 100)} %`}
              </td>
            </tr>
            {isUncounted(source) && source.reasons.length > 0 && (
              <tr>
                <td colSpan={4} className="pb-1 text-ink-soft break-words">
                  {source.reasons.join("; ")}
                </td>
              </tr>
            )}
          </Fragment>
        ))}
      </tbody>
    </table>
  );
}
