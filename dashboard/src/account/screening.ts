/** How strategies' orders are held against the signals before they are sent, in words. */

import type { Trader } from "whisperer-client";
import { Exact } from "../market/exact";
import type { Tone } from "../ui/badge";

export type Screening = Trader["screening"];
export type Verdict = NonNullable<Screening["last"]>;

/** What was typed as a share of 0 to 1; null when it is none. */
export function typedShare(text: string): number | null {
  const value = Exact.typed(text);
  return value === null || Number(value.text) > 1 ? null : Number(value.text);
}

/** `above 70 %`, or what holds when the user names none. */
export function thresholdText(threshold: number | null): string {
  return threshold === null ? "as in the settings of signals" : `above ${Number((threshold * 100).toFixed(1))} %`;
}

/** What became of an order. */
export function outcomeOf({ recommendation, probability }: Verdict): { word: string; tone: Tone } {
  if (recommendation === "SKIP") return { word: "Skipped", tone: "warn" };
  return probability === null ? { word: "Sent unjudged", tone: "plain" } : { word: "Sent", tone: "up" };
}
