/** What a signal was judged by: its probability between the thresholds, whether strategies act on it, what is amiss. */

import type { ReactNode } from "react";
import type { Signal } from "whisperer-client";
import { actingOn, ownReasons } from "../../../market/contributions";
import { grouped, percentText } from "../../../market/decimal";
import { Fact } from "../../../ui/fact";
import { Icon } from "../../../ui/icon";
import { signed } from "../../../ui/score";

export function SignalVerdict({ signal }: { signal: Signal }) {
  const { isWanted, why } = actingOn(signal);
  return (
    <>
      <Amiss signal={signal} />
      <dl className="grid grid-cols-4 gap-x-3 gap-y-2">
        <Fact label="Score" title="-1..1, of all sources that count">
          {signed(signal.score)}
        </Fact>
        <Fact label="Rise" title="Chance of a rise: (score + 1) / 2">
          {percentText(signal.probability)}
        </Fact>
        <Fact label="Close">{grouped(signal.price)}</Fact>
        <Fact label="Bars of">{signal.interval}</Fact>
      </dl>
      {signal.thresholds && <Scale probability={signal.probability} thresholds={signal.thresholds} />}
      <p className={`mt-2 flex items-start gap-1.5 text-xs ${isWanted ? "text-ink" : "text-ink-soft"}`}>
        <Icon name={isWanted ? "done" : "flat"} className={`mt-0.5 size-3.5 ${isWanted ? "text-up" : ""}`} />
        <span data-testid="acting">{why}</span>
      </p>
    </>
  );
}

type Thresholds = NonNullable<Signal["thresholds"]>;

/** Where the probability lies between short, neutral and long. */
function Scale({ probability, thresholds }: { probability: number; thresholds: Thresholds }) {
  const { short_below: low, long_above: high, confidence } = thresholds;
  return (
    <div className="mt-2">
      <div aria-hidden="true" className="relative h-2 overflow-hidden rounded-full bg-line">
        <span
          className="absolute inset-y-0 left-0"
          style={{ width: `${low * 100}%`, background: "var(--chart-down-soft)" }}
        />
        <span
          className="absolute inset-y-0 right-0"
          style={{ width: `${(1 - high) * 100}%`, background: "var(--chart-up-soft)" }}
        />
        <span className="absolute inset-y-0 -ml-0.5 w-1 rounded-full bg-ink" style={{ left: `${probability * 100}%` }} />
      </div>
      <p className="mt-1 flex justify-between text-2xs text-ink-faint">
        <span>{`short below ${percentText(low)}`}</span>
        <span>{`long above ${percentText(high)}`}</span>
      </p>
      {confidence > 0 && <p className="text-2xs text-ink-faint">{`neutral below ${percentText(confidence)} confidence`}</p>}
    </div>
  );
}

/** Degraded mode, a stale feed, an abstention, missing bars: said openly, above all figures. */
function Amiss({ signal }: { signal: Signal }) {
  const { abstention } = signal;
  const reasons = ownReasons(signal);
  const lines: ReactNode[] = [];
  if (abstention === "no_quorum") lines.push("No quorum: what was said does not count.");
  if (abstention === "off") lines.push("Signals were switched off: nobody was asked.");
  if (abstention === "warming_up") lines.push("Too few bars yet: every source that counts is warming up.");
  if (signal.degraded) lines.push("Degraded: an AI service that counts was down.");
  if (signal.stale) lines.push("The feed was stale at that moment.");
  lines.push(...reasons);
  if (lines.length === 0) return null;
  const isSerious = signal.degraded || signal.stale || abstention === "no_quorum";
  return (
    <ul
      data-testid="amiss"
      className={`mb-3 space-y-0.5 rounded-md px-2.5 py-2 text-xs ${isSerious ? "bg-warn-wash text-warn" : "bg-hover text-ink-soft"}`}
    >
      {lines.map((line, index) => (
        <li key={index} className="break-words">
          {line}
        </li>
      ))}
    </ul>
  );
}
