import { describe, expect, it } from "vitest";
import type { SignalSource } from "whisperer-client";
import { actingOn, contributionsOf, ownReasons } from "../src/market/contributions";
import { signal } from "./make";

function source(name: string, weight: number, score: number | null, part: Partial<SignalSource> = {}): SignalSource {
  const state = score === null ? "abstained" : "voted";
  return { name, weight, state, score, confidence: 0.5, reasons: [], age_s: 0, stale: false, model: "", ...part };
}

describe("contributions", () => {
  const sources = [
    source("technical", 0.2, 0.5),
    source("gbt", 0.5, -0.2),
    source("lstm", 0.3, null),
    source("llm", 0, 0.9),
  ];

  it("are weighted over those that count, and sum up to the score", () => {
    const shares = contributionsOf(signal(1, "neutral", { sources, score: 0 })).map(({ share }) => share);
    expect(shares[0]).toBeCloseTo(0.1 / 0.7);
    expect(shares[1]).toBeCloseTo(-0.1 / 0.7);
    expect(shares.slice(2)).toEqual([null, null]);
  });

  it("are none without a quorum, whatever was said", () => {
    const shown = contributionsOf(signal(1, "neutral", { sources, abstention: "no_quorum" }));
    expect(shown.map(({ share }) => share)).toEqual([null, null, null, null]);
  });
});

it("tells the reasons that are no source's apart", () => {
  const sources = [source("technical", 0.2, 0.5, { reasons: ["up"] }), source("gbt", 0.5, 0.1, { reasons: ["trees"] })];
  const reasons = ["2 bars are missing before this one", "technical: up", "gbt: trees", "30% confidence, 50% is needed"];
  expect(ownReasons(signal(1, "long", { sources, reasons }))).toEqual([reasons[0], reasons[3]]);
  expect(ownReasons(signal(1, "long", { sources: sources.slice(0, 1), reasons: ["up"] }))).toEqual([]);
});

describe("strategies", () => {
  it("act above their confidence only", () => {
    expect(actingOn(signal(1, "long", { confidence: 0.7 }))).toMatchObject({ isWanted: true });
    expect(actingOn(signal(1, "long", { confidence: 0.65 }))).toMatchObject({ isWanted: false });
    expect(actingOn(signal(1, "long", { confidence: 0.281 })).why).toBe("28.1 % sure; strategies act above 65 % only.");
  });

  it("pass over what is neutral, of history, not to be used or from a stale feed", () => {
    const parts = [{ signal: "neutral" }, { backfilled: true }, { usable: false }, { stale: true }] as const;
    for (const part of parts) expect(actingOn(signal(1, "short", { confidence: 0.9, ...part })).isWanted).toBe(false);
  });
});
