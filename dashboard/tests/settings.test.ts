import { describe, expect, it } from "vitest";
import {
  FIGURES,
  figuresOf,
  figuresText,
  flagOf,
  type SettingsBody,
  shadowText,
  sourcesOf,
  typed,
} from "../src/screens/settings/settings";

const VALUES = {
  enabled: true,
  use_signals: true,
  long_above: 0.6,
  short_below: 0.4,
  confidence: 0,
  trade_confidence: 0.65,
  quorum: 0.5,
  predictors: [{ name: "technical", enabled: true, weight: 0.2 }],
};
const OTHER = { ...VALUES, long_above: 0.7, predictors: [...VALUES.predictors, { name: "llm", enabled: true, weight: 0 }] };
const BODY: SettingsBody = {
  version: 1,
  changed_at: 1,
  changed_by: "ada",
  changeable: true,
  set: {
    enabled: null,
    use_signals: null,
    long_above: null,
    short_below: null,
    confidence: null,
    trade_confidence: null,
    quorum: null,
    analysis_interval_s: null,
    signal_timeout_s: null,
    cache_s: null,
    detailed_answers: null,
    answer_indicators: null,
    predictors: { llm: { enabled: false, weight: null } },
  },
  streams: [
    { instruments: ["A.SIM"], interval: "1m", file: VALUES, now: VALUES },
    {
      instruments: ["A.SIM"],
      interval: "5m",
      file: OTHER,
      now: { ...OTHER, enabled: false, predictors: [...VALUES.predictors, { name: "llm", enabled: false, weight: 0 }] },
    },
  ],
  services: [],
  answers: { file: { detailed: true, indicators: false }, now: { detailed: false, indicators: false } },
  shadow: [{ name: "llm", scored: 137, needed: 200, proven: false, held: false }],
};

describe("settings", () => {
  it.each([
    ["0.7", 0.7],
    [" 1 ", 1],
    ["0,25", 0.25],
    ["0", 0],
    ["1.01", null],
    ["-0.1", null],
    ["", null],
    ["1e-3", null],
    ["half", null],
  ])("reads %j as a share", (text, value) => expect(typed(text, FIGURES.quorum)).toBe(value));

  it("takes no time of zero where there must be some", () => {
    expect(typed("0", FIGURES.signal_timeout_s)).toBeNull();
    expect(typed("0", FIGURES.analysis_interval_s)).toBe(0);
    expect(typed("300", FIGURES.signal_timeout_s)).toBe(300);
    expect(typed("301", FIGURES.signal_timeout_s)).toBeNull();
  });

  it("tells one value, or those of the streams where they differ", () => {
    expect(figuresOf(BODY, "quorum")).toEqual([0.5]);
    expect(figuresText(figuresOf(BODY, "long_above"))).toBe("0.6 / 0.7");
    expect(figuresText(figuresOf(BODY, "signal_timeout_s"), "s")).toBe("–");
    expect(figuresText([5, 30], "s")).toBe("5 s / 30 s");
    expect(flagOf(BODY, "enabled")).toBe(true);
  });

  it("lists every source once, with what was set and what the file says", () => {
    const [llm, technical] = sourcesOf(BODY);
    expect(llm).toMatchObject({ name: "llm", setEnabled: false, setWeight: null, isOn: false, wasOn: true });
    expect(technical).toMatchObject({ name: "technical", setEnabled: null, isOn: true, weights: [0.2], shadow: null });
  });

  it("tells how far a source in the shadow is from a weight", () => {
    const [llm] = BODY.shadow;
    expect(sourcesOf(BODY)[0]?.shadow).toBe("In the shadow: 137 of 200 outcomes scored");
    expect(shadowText({ ...llm!, held: true, scored: 0 })).toBe("Held at 0: 0 of 200 outcomes scored");
    expect(shadowText({ ...llm!, scored: null })).toContain("cannot be counted now");
    expect(shadowText({ ...llm!, proven: true })).toBeNull();
  });

  it("tells what answers to programs hold apart from the streams", () => {
    expect(flagOf(BODY, "detailed_answers")).toBe(false);
    expect(flagOf(BODY, "detailed_answers", "file")).toBe(true);
    expect(flagOf(BODY, "answer_indicators", "file")).toBe(false);
  });
});
