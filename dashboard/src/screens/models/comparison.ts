/** A model beside what it has to beat: the one promoted now, and what needs no model. */

import type { Model } from "./models";

type Sample = Model["out_of_sample"];

export interface Line {
  name: string;
  sample: Sample | undefined;
  /** Whether it is evidence: bars that nothing of it has seen. */
  isUnseen: boolean;
  /** Of the model itself, not of what it is compared with. */
  isOwn: boolean;
}

/** The promoted model of the same instrument, interval and kind; undefined when that is this one, or there is none. */
export function rivalOf(model: Model, all: readonly Model[]): Model | undefined {
  const isSame = (one: Model) =>
    one.instrument_id === model.instrument_id && one.interval === model.interval && one.kind === model.kind;
  return all.find((one) => one.state === "promoted" && one.model_id !== model.model_id && isSame(one));
}

/** The samples of a model, apart, then what it is compared with, all out of sample. */
export function linesOf(model: Model, rival: Model | undefined): readonly Line[] {
  const { majority, logistic } = model.baselines;
  return [
    { name: "Training", sample: model.training, isUnseen: false, isOwn: true },
    { name: "Validation", sample: model.validation, isUnseen: false, isOwn: true },
    { name: "Out of sample", sample: model.out_of_sample, isUnseen: true, isOwn: true },
    ...(rival ? [{ name: "Promoted now", sample: rival.out_of_sample, isUnseen: true, isOwn: false }] : []),
    { name: "Always the same answer", sample: majority, isUnseen: true, isOwn: false },
    ...(logistic ? [{ name: "Logistic regression", sample: logistic, isUnseen: true, isOwn: false }] : []),
  ];
}

/** In words how a model stands beside the one that was promoted when it was made, on the same bars; null: there was none. */
export function againstText({ against }: Model): string | null {
  const { id, how, rows, current, candidate } = against;
  if (typeof current !== "number" || typeof candidate !== "number") return null;
  const better = current - candidate;
  const word = better > 0 ? `${better.toFixed(4)} better` : `${(-better).toFixed(4)} worse`;
  const asked = how === "its recipe" ? "its recipe fitted anew" : String(how);
  return `On the same ${Number(rows).toLocaleString("en")} bars: log-loss ${candidate.toFixed(4)}, ${word} than the ${current.toFixed(4)} of ${String(id)} (${asked}).`;
}
