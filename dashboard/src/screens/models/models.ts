/** Trained models and jobs in words: which figures are shown, and how a job stands. */

import type { Schemas } from "whisperer-client";

export type Model = Schemas["ModelBody"];
export type Job = Schemas["JobBody"];
type Numbers = Model["edge"];

/** One figure of a sample; a dash where nobody has measured it. */
export function figure(sample: Numbers | null | undefined, name: string, places = 3): string {
  const value = sample?.[name];
  return typeof value === "number" ? value.toFixed(places) : "–";
}

/** How a job stands, in a few words. */
export function standing(job: Job): string {
  if (job.state === "failed") return job.error ?? "failed";
  if (job.state === "finished") return job.is_promoted ? "finished, promoted" : "finished";
  if (job.state === "cancelled") return "cancelled";
  return job.of > 1 ? `${job.stage} ${job.done} of ${job.of}` : job.stage;
}

/** The promoted models that something can be rolled back from: others were promoted before. */
export function hasEarlier(model: Model): boolean {
  return model.state === "promoted" && new Set(model.history.map((change) => change.model_id)).size > 1;
}
