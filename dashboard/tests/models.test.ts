import { expect, test } from "vitest";
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
