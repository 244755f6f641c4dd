/** Times for people: in the browser's zone or in UTC, always 24 hours. All arguments UNIX ms. */

import type { Zone } from "../state/settings";

const formats = new Map<string, Intl.DateTimeFormat>();

function format(zone: Zone, name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${zone} ${name}`;
  let found = formats.get(key);
  if (!found) {
    const timeZone = zone === "utc" ? { timeZone: "UTC" } : {};
    found = new Intl.DateTimeFormat("en-GB", { ...options, ...timeZone, hourCycle: "h23" });
    formats.set(key, found);
  }
  return found;
}

/** `17:08:12` */
export function clock(t: number, zone: Zone): string {
  return format(zone, "clock", { hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(t);
}

/** `17:08` */
export function minute(t: number, zone: Zone): string {
  return format(zone, "minute", { hour: "2-digit", minute: "2-digit" }).format(t);
}

/** `21 Nov 2026` */
export function day(t: number, zone: Zone): string {
  return format(zone, "day", { day: "numeric", month: "short", year: "numeric" }).format(t);
}

/** `21 Nov` */
export function shortDay(t: number, zone: Zone): string {
  return format(zone, "shortDay", { day: "numeric", month: "short" }).format(t);
}

/** `Nov 2026` */
export function month(t: number, zone: Zone): string {
  return format(zone, "month", { month: "short", year: "numeric" }).format(t);
}

/** `21 Nov 2026 17:08`, with seconds where bars are shorter than a minute. */
export function moment(t: number, zone: Zone, hasSeconds = false): string {
  return `${day(t, zone)} ${hasSeconds ? clock(t, zone) : minute(t, zone)}`;
}

/** Return the name of a zone at `t`: `UTC` or `UTC+2`, `UTC-3:30`. */
export function zoneName(t: number, zone: Zone): string {
  const minutes = offsetMs(t, zone) / 60_000;
  if (minutes === 0) return "UTC";
  const size = Math.abs(minutes);
  const rest = size % 60 ? `:${String(size % 60).padStart(2, "0")}` : "";
  return `UTC${minutes > 0 ? "+" : "-"}${Math.floor(size / 60)}${rest}`;
}

/** Return how far the zone's clock is ahead of UTC at `t`, in ms. */
export function offsetMs(t: number, zone: Zone): number {
  return zone === "utc" ? 0 : -new Date(t).getTimezoneOffset() * 60_000;
}

/** Return a length of time in at most two units: `3 d 4 h`, `42 s`. */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor(seconds / 3_600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "min"],
    [seconds % 60, "s"],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  if (first < 0) return "0 s";
  const shown = parts.slice(first, first + 2).filter(([count]) => count > 0);
  return shown.map(([count, unit]) => `${count} ${unit}`).join(" ");
}

/** Return a time as a browser's field for date and time wants it: `2026-01-07T02:00`. */
export function inputText(t: number, zone: Zone): string {
  return new Date(t + offsetMs(t, zone)).toISOString().slice(0, 16);
}

/** Return the time in such a field, or null when there is none. */
export function inputTime(text: string, zone: Zone): number | null {
  const t = Date.parse(zone === "utc" ? `${text}Z` : text);
  return Number.isNaN(t) ? null : t;
}
