/** What may be set while the node runs: names, words, bounds, and how it stands. */

import type { Schemas } from "whisperer-client";

export type SettingsBody = Schemas["SettingsBody"];
export type Change = Schemas["SettingsChange"];
export type Flag = "enabled" | "use_signals" | "detailed_answers" | "answer_indicators";
export type Figure =
  | "long_above"
  | "short_below"
  | "confidence"
  | "trade_confidence"
  | "quorum"
  | "analysis_interval_s"
  | "signal_timeout_s"
  | "cache_s";

export interface Rule {
  label: string;
  hint: string;
  unit?: string;
  most: number;
  /** Whether 0 is too little. */
  isPositive?: boolean;
}

export const FLAGS: Record<Flag, { label: string; hint: string }> = {
  enabled: { label: "Compute signals", hint: "Off: every bar is neutral and no source is asked." },
  use_signals: { label: "Strategies use signals", hint: "Off: signals are shown, no strategy acts on them." },
  detailed_answers: { label: "Detailed answers", hint: "Off: the opinion and its reasons alone." },
  answer_indicators: { label: "Indicators in answers", hint: "On: the features of the newest candle too." },
};
export const FLAGS_OF_SIGNALS: readonly Flag[] = ["enabled", "use_signals"];
/** Of analyses that programs ask for by the bot core's paths. */
export const FLAGS_OF_ANSWERS: readonly Flag[] = ["detailed_answers", "answer_indicators"];

export const FIGURES: Record<Figure, Rule> = {
  long_above: { label: "Long above", hint: "Probability of a rise, 0 to 1", most: 1 },
  short_below: { label: "Short below", hint: "Probability of a rise, 0 to 1", most: 1 },
  confidence: { label: "Least confidence", hint: "A signal below is neutral, 0 to 1", most: 1 },
  trade_confidence: { label: "Confidence to trade", hint: "For strategies that name none, 0 to 1", most: 1 },
  quorum: { label: "Quorum", hint: "Share of the weight that must vote, 0 to 1", most: 1 },
  analysis_interval_s: { label: "Ask AI services every", hint: "At most so often, 0: every bar", unit: "s", most: 86_400 },
  signal_timeout_s: { label: "Wait for AI services", hint: "Up to 300 s", unit: "s", most: 300, isPositive: true },
  cache_s: { label: "Answers are fresh for", hint: "Market time, up to a day", unit: "s", most: 86_400, isPositive: true },
};

export const OF_SERVICES = ["analysis_interval_s", "signal_timeout_s", "cache_s"] as const satisfies readonly Figure[];
export const OF_STREAMS: readonly Figure[] = (Object.keys(FIGURES) as Figure[]).filter(
  (name) => !isOfServices(name),
);
export const WEIGHT: Rule = { label: "Weight", hint: "0: shown, does not count; at most 1", most: 1 };

/** What was typed as a number within the bounds; null when it is none. */
export function typed(text: string, { most, isPositive = false }: Rule): number | null {
  const plain = text.trim().replace(",", ".");
  if (!/^\d{1,9}(\.\d{0,9})?$/.test(plain)) return null;
  const value = Number(plain);
  return value <= most && (value > 0 || !isPositive) ? value : null;
}

type Voter = SettingsBody["streams"][number]["now"]["predictors"][number];

export interface Source {
  name: string;
  setWeight: number | null;
  setEnabled: boolean | null;
  isOn: boolean;
  weights: readonly number[];
  fileWeights: readonly number[];
  /** Of the file. */
  wasOn: boolean;
  /** Why it may have no weight yet; null: it may. */
  shadow: string | null;
}

/** Every predictor that votes somewhere, by name. */
export function sourcesOf(body: SettingsBody): readonly Source[] {
  const voters = (which: "now" | "file") => body.streams.flatMap((stream) => stream[which].predictors);
  const names = [...new Set(voters("now").map(({ name }) => name))].sort();
  return names.map((name) => {
    const of = (which: "now" | "file"): readonly Voter[] => voters(which).filter((one) => one.name === name);
    const set = body.set.predictors?.[name];
    return {
      name,
      setWeight: set?.weight ?? null,
      setEnabled: set?.enabled ?? null,
      isOn: of("now").some(({ enabled }) => enabled),
      wasOn: of("file").some(({ enabled }) => enabled),
      weights: distinct(of("now").map(({ weight }) => weight)),
      fileWeights: distinct(of("file").map(({ weight }) => weight)),
      shadow: shadowText(body.shadow.find((one) => one.name === name)),
    };
  });
}

/** How far a source is from a weight above 0; null when it may have one. */
export function shadowText(shadow: SettingsBody["shadow"][number] | undefined): string | null {
  if (!shadow || shadow.proven) return null;
  const { scored, needed, held } = shadow;
  const far = scored === null ? "its outcomes cannot be counted now" : `${scored} of ${needed} outcomes scored`;
  return `${held ? "Held at 0" : "In the shadow"}: ${far}`;
}

/** What is in force, or in the file: one value, or those of the streams where they differ. */
export function figuresOf(body: SettingsBody, name: Figure, which: "now" | "file" = "now"): readonly number[] {
  if (isOfServices(name)) {
    return distinct(body.services.map((service) => service[which][name]));
  }
  return distinct(body.streams.map((stream) => stream[which][name]));
}

function isOfServices(name: Figure): name is (typeof OF_SERVICES)[number] {
  return OF_SERVICES.some((one) => one === name);
}

export function flagOf(body: SettingsBody, name: Flag, which: "now" | "file" = "now"): boolean {
  if (name === "detailed_answers") return body.answers[which].detailed;
  if (name === "answer_indicators") return body.answers[which].indicators;
  return body.streams.some((stream) => stream[which][name]);
}

export function figuresText(values: readonly number[], unit = ""): string {
  return values.length === 0 ? "–" : values.map((value) => `${value}${unit && ` ${unit}`}`).join(" / ");
}

function distinct(values: readonly number[]): readonly number[] {
  return [...new Set(values)].sort((one, other) => one - other);
}
