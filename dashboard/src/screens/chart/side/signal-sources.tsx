/** What each source of a signal said: what it has added to the score, how sure it was, how old that is, and why. */

import type { Signal, SignalSource } from "whisperer-client";
import { type Contribution, contributionsOf } from "../../../market/contributions";
import { percentText } from "../../../market/decimal";
import { span } from "../../../market/time";
import { Badge, type Tone } from "../../../ui/badge";
import { Fact } from "../../../ui/fact";
import { signed } from "../../../ui/score";

const STATES: Record<SignalSource["state"], { word: string; tone: Tone }> = {
  voted: { word: "voted", tone: "plain" },
  warming_up: { word: "warming up", tone: "plain" },
  abstained: { word: "abstained", tone: "plain" },
  failed: { word: "failed", tone: "warn" },
  disabled: { word: "off", tone: "plain" },
};

export function SignalSources({ signal }: { signal: Signal }) {
  const contributions = contributionsOf(signal);
  if (contributions.length === 0) return null;
  const most = Math.max(...contributions.map(({ share }) => Math.abs(share ?? 0)));
  return (
    <section className="mt-3 rounded-md border border-line bg-surface">
      <h3 className="flex justify-between gap-2 border-b border-line px-2.5 py-1.5 text-xs font-semibold">
        Sources <span className="font-normal text-ink-faint">adds to the score</span>
      </h3>
      <ul aria-label="Sources" className="divide-y divide-line">
        {contributions.map((contribution) => (
          <SourceRow key={contribution.source.name} contribution={contribution} most={most} />
        ))}
      </ul>
      <p className="flex justify-between border-t border-line px-2.5 py-1.5 text-xs font-semibold">
        <span>Score</span>
        <span>{signed(signal.score)}</span>
      </p>
    </section>
  );
}

function SourceRow({ contribution: { source, share }, most }: { contribution: Contribution; most: number }) {
  const { word, tone } = STATES[source.state];
  return (
    <li className="px-2.5 py-2 text-xs" data-testid="source">
      <div className="flex items-center gap-1.5">
        <span className="font-medium break-words">{source.name}</span>
        {source.state !== "voted" && <Badge tone={tone}>{word}</Badge>}
        {source.state === "voted" && source.weight === 0 && <Badge title="Weight 0: shown and scored">not counted</Badge>}
        {source.stale && <Badge tone="warn">stale</Badge>}
        <span className="ml-auto font-medium" data-testid="share">
          {share === null ? "–" : signed(share)}
        </span>
      </div>
      {share !== null && <ShareBar part={most === 0 ? 0 : share / most} />}
      {source.score === null ? (
        <p className="mt-0.5 text-2xs text-ink-faint">{`no answer, weight ${source.weight}`}</p>
      ) : (
        <Answer source={source} score={source.score} />
      )}
      {source.reasons.length > 0 && (
        <ul className="mt-1.5 list-disc space-y-0.5 pl-4 text-ink-soft">
          {source.reasons.map((reason) => (
            <li key={reason} className="break-words">
              {reason}
            </li>
          ))}
        </ul>
      )}
    </li>
  );
}

function Answer({ source, score }: { source: SignalSource; score: number }) {
  const { weight, confidence, age_s, model } = source;
  return (
    <dl className="mt-1.5 grid grid-cols-4 gap-x-2 gap-y-1">
      <Fact label="Weight">{weight}</Fact>
      <Fact label="Its score">{signed(score)}</Fact>
      <Fact label="Sure">{confidence === null ? "–" : percentText(confidence)}</Fact>
      <Fact label="Age" title="How much older the bar is that its answer is about, market time">
        {age_s === 0 ? "this bar" : span(age_s * 1_000)}
      </Fact>
      <Fact label="Model" className="col-span-4" title={model || "A formula of the program"}>
        {model || "formula of the program"}
      </Fact>
    </dl>
  );
}

/** From the middle to the left for what pulls down, to the right for what lifts. */
function ShareBar({ part }: { part: number }) {
  const width = `${Math.abs(part) * 50}%`;
  return (
    <div aria-hidden="true" className="relative mt-1 h-1.5 rounded-full bg-line">
      <span
        className={`absolute inset-y-0 ${part < 0 ? "right-1/2 rounded-l-full bg-down" : "left-1/2 rounded-r-full bg-up"}`}
        style={{ width }}
      />
      <span className="absolute -inset-y-0.5 left-1/2 w-px bg-line-strong" />
    </div>
  );
}
