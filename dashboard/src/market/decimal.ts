/** Decimal text as the node sends it: shown as it is, exact differences, numbers only for drawing and per cents. */

/** Return decimal text with digits in groups: `64123.50` -> `64,123.50`. */
export function grouped(text: string): string {
  const [whole = "", places] = text.split(".");
  const digits = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return places === undefined ? digits : `${digits}.${places}`;
}

/** Return how many places decimal text has. */
export function placesOf(text: string): number {
  return text.split(".")[1]?.length ?? 0;
}

/** Return `to - from`, exact, with a sign: `+1.20`, `-0.05`, `0.00`. */
export function difference(from: string, to: string): string {
  const places = Math.max(placesOf(from), placesOf(to));
  const units = unitsOf(to, places) - unitsOf(from, places);
  const sign = units > 0n ? "+" : units < 0n ? "-" : "";
  const digits = (units < 0n ? -units : units).toString().padStart(places + 1, "0");
  const text = places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`;
  return sign + grouped(text);
}

function unitsOf(text: string, places: number): bigint {
  const [whole = "0", fraction = ""] = text.split(".");
  return BigInt(whole + fraction.padEnd(places, "0"));
}

/** Return the change in per cent with a sign: `+1.23 %`; empty when there is nothing to compare with. */
export function percent(from: string, to: string): string {
  const base = Number(from);
  if (!(base > 0)) return "";
  const change = (Number(to) / base - 1) * 100;
  const text = Math.abs(change).toFixed(2);
  const sign = text === "0.00" ? "" : change > 0 ? "+" : "-";
  return `${sign}${text} %`;
}

/** Return a share of 0..1 in per cent, with at most one place: `65 %`, `65.4 %`. */
export function percentText(share: number): string {
  return `${Number((share * 100).toFixed(1))} %`;
}

const COMPACT = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 2 });

/** Return a number short enough for a label: `12.3K`. */
export function compact(value: number): string {
  return COMPACT.format(value);
}

/** Return whether a change is up, down or none. */
export function direction(from: string, to: string): "up" | "down" | "flat" {
  const change = Number(to) - Number(from);
  return change > 0 ? "up" : change < 0 ? "down" : "flat";
}
