/** What each source has added to a signal's score, and what strategies make of it. */

import type { Signal, SignalSource } from "whisperer-client";
import { percentText } from "./decimal";

export interface Contribution {
  source: SignalSource;
  /** Of the score, -1..1; null: its answer does not count, or it has none. */
  share: number | null;
}

/** The score is the mean by weight of those that count; what each has added sums up to it. */
export function contributionsOf({ sources, abstention }: Signal): readonly Contribution[] {
  const counts = (source: SignalSource) => abstention === null && source.state === "voted" && source.weight > 0;
  const present = sources.reduce((sum, source) => sum + (counts(source) ? source.weight : 0), 0);
  return sources.map((source) => ({
    source,
    share: counts(source) && source.score !== null ? (source.weight * source.score) / present : null,
  }));
}

/** The reasons of a signal that are not those of a source: missing bars, an abstention, too little confidence. */
export function ownReasons({ reasons, sources }: Signal): readonly string[] {
  const told = new Set(sources.flatMap(({ name, reasons: own }) => own.flatMap((one) => [one, `${name}: ${one}`])));
  return reasons.filter((reason) => !told.has(reason));
}

export interface Acting {
  /** Whether strategies that name no confidence of their own act on it. */
  isWanted: boolean;
  why: string;
}

/** Whether strategies act on a signal, and why. */
export function actingOn(signal: Signal): Acting {
  const { confidence, act_above: needed } = signal;
  const not = (why: string): Acting => ({ isWanted: false, why });
  if (signal.signal === "neutral") return not("Neutral: there is nothing to act on.");
  if (signal.backfilled) return not("Worked out from history: strategies were not told of it.");
  if (!signal.usable) return not("By the settings strategies do not act on signals.");
  if (signal.stale) return not("The feed was stale: strategies pass it over.");
  const sure = `${percentText(confidence)} sure`;
  if (confidence <= needed) return not(`${sure}; strategies act above ${percentText(needed)} only.`);
  return { isWanted: true, why: `${sure}, above the ${percentText(needed)} that strategies act on.` };
}

/** What an abstention is called. */
export const ABSTENTIONS: Record<NonNullable<Signal["abstention"]>, string> = {
  off: "switched off",
  warming_up: "warming up",
  no_quorum: "no quorum",
};
