/** Indicators as the node's catalogue describes them, and their names. */

import type { Schemas } from "whisperer-client";

export type IndicatorKind = Schemas["IndicatorKind"];
export type Parameter = Schemas["Parameter"];

/** More at once are no chart any more. */
export const MOST_INDICATORS = 8;

/** Return the kind that a name like `BB(20,2)` means. */
export function kindOf(catalogue: readonly IndicatorKind[], name: string): IndicatorKind | undefined {
  const [base] = name.split("(", 1);
  return catalogue.find((kind) => kind.name === base);
}

/** Return the name with these values of its parameters, written as the node writes it. */
export function indicatorName(kind: IndicatorKind, values: readonly string[]): string {
  const written = kind.parameters.map((parameter, at) => canonical(parameter, values[at] ?? String(parameter.default)));
  let count = written.length;
  while (count > 0 && isLeftOut(kind.parameters[count - 1]!, written[count - 1]!)) count -= 1;
  return count === 0 ? kind.name : `${kind.name}(${written.slice(0, count).join(",")})`;
}

function canonical({ type }: Parameter, value: string): string {
  const text = value.trim();
  return type === "choice" ? text.toLowerCase() : text === "" ? text : String(Number(text));
}

function isLeftOut(parameter: Parameter, value: string): boolean {
  return parameter.is_optional && value === canonical(parameter, String(parameter.default));
}

/** Return the kinds with a text in their name, other names or description; an exact name first. */
export function search(catalogue: readonly IndicatorKind[], text: string): readonly IndicatorKind[] {
  const wanted = text.trim().toLowerCase();
  if (wanted === "") return catalogue;
  const isIn = (part: string) => part.toLowerCase().includes(wanted);
  const found = catalogue.filter(({ name, aliases, about }) => isIn(name) || aliases.some(isIn) || isIn(about));
  const rank = ({ name }: IndicatorKind) => (name.toLowerCase().startsWith(wanted) ? 0 : 1);
  return found.toSorted((a, b) => rank(a) - rank(b));
}

/** Return a value short enough for a label: as many places as the prices where it is one, else four digits. */
export function valueText(value: number | null | undefined, places: number | null): string {
  if (value === null || value === undefined) return "–";
  const text = places === null ? Number(value.toPrecision(5)).toString() : value.toFixed(places);
  return text.replace(/\B(?=(\d{3})+(?=\.|$))(?<!\.\d*)/g, ",");
}
