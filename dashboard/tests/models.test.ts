import { expect, test } from "vitest";
import { againstText, linesOf, rivalOf } from "../src/screens/models/comparison";
import { figure, hasEarlier, type Job, type Model, standing } from "../src/screens/models/models";

const JOB = { state: "running", stage: "folds", done: 2, of: 5, error: null, is_promoted: false } as Job;
const change = (model_id: string) => ({ model_id, action: "promote", ts: 1 });

test("a figure that nobody has measured is a dash", () => {
  expect(figure(null, "auc")).toBe("–");
  expect(figure({ auc: null }, "auc")).toBe("–");
  expect(figure({ auc: 0.53149 }, "auc")).toBe("0.531");
});

test("a job says how far it is and how it ended", () => {
  expect(standing(JOB)).toBe("folds 2 of 5");
  expect(standing({ ...JOB, stage: "bars", of: 1 })).toBe("bars");
  expect(standing({ ...JOB, state: "failed", error: "too little data" })).toBe("too little data");
  expect(standing({ ...JOB, state: "finished", is_promoted: true })).toBe("finished, promoted");
});

test("only a promoted model with one before it can be rolled back from", () => {
  const model = { state: "promoted", history: [change("b"), change("a")] } as unknown as Model;
  expect(hasEarlier(model)).toBe(true);
  expect(hasEarlier({ ...model, state: "earlier" })).toBe(false);
  expect(hasEarlier({ ...model, history: [change("a"), change("a")] } as unknown as Model)).toBe(false);
});

test("a model stands beside the promoted one of its stream and kind, and what needs no model", () => {
  const made = (model_id: string, part: object = {}) =>
    ({
      model_id,
      kind: "gbt",
      instrument_id: "BTC-USDT.SIM",
      interval: "5m",
      state: "candidate",
      training: { log_loss: 0.5 },
      validation: null,
      out_of_sample: { log_loss: 0.69 },
      baselines: { majority: { log_loss: 0.693 } },
      ...part,
    }) as unknown as Model;
  const current = made("now", { state: "promoted", out_of_sample: { log_loss: 0.68 } });
  const candidate = made("new");
  const all = [candidate, made("other", { state: "promoted", kind: "lstm" }), current];

  expect(rivalOf(candidate, all)).toBe(current);
  expect(rivalOf(current, all)).toBeUndefined();
  expect(linesOf(candidate, current).map(({ name, isUnseen }) => [name, isUnseen])).toEqual([
    ["Training", false],
    ["Validation", false],
    ["Out of sample", true],
    ["Promoted now", true],
    ["Always the same answer", true],
  ]);
});

test("a model is compared in words with the one promoted then, on the same bars", () => {
  const against = { id: "now", how: "its recipe", rows: 1_200, current: 0.6931, candidate: 0.6921 };
  expect(againstText({ against: {} } as unknown as Model)).toBeNull();
  expect(againstText({ against } as unknown as Model)).toBe(
    "On the same 1,200 bars: log-loss 0.6921, 0.0010 better than the 0.6931 of now (its recipe fitted anew).",
  );
  expect(againstText({ against: { ...against, candidate: 0.7 } } as unknown as Model)).toContain("0.0069 worse");
});
