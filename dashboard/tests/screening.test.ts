import { describe, expect, test } from "vitest";
import { outcomeOf, thresholdText, typedShare, type Verdict } from "../src/account/screening";

describe("a threshold", () => {
  test("is a share of 0 to 1", () => {
    expect(["0", "0.65", ".7", "1", " 0.5 "].map(typedShare)).toEqual([0, 0.65, 0.7, 1, 0.5]);
  });
  test("is nothing else", () => {
    expect(["", "1.01", "-0.1", "65 %", "x", "1e-3"].map(typedShare)).toEqual(Array(6).fill(null));
  });
  test("is told in per cent, or left to the signals", () => {
    expect([0.7, 0.655, null].map(thresholdText)).toEqual(["above 70 %", "above 65.5 %", "as in the settings of signals"]);
  });
});

test("a verdict says whether an order was sent, and whether it was judged at all", () => {
  const verdict = (recommendation: "EXECUTE" | "SKIP", probability: number | null) =>
    outcomeOf({ recommendation, probability } as Verdict).word;
  expect(verdict("EXECUTE", 0.7)).toBe("Sent");
  expect(verdict("EXECUTE", null)).toBe("Sent unjudged");
  expect(verdict("SKIP", 0.4)).toBe("Skipped");
  expect(verdict("SKIP", null)).toBe("Skipped");
});
