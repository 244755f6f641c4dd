/** The colours of the canvas, read from the style sheet so that there is one place for them. */

import type { LevelTone } from "../../../account/levels";

export interface Palette {
  ground: string;
  text: string;
  grid: string;
  line: string;
  crosshair: string;
  label: string;
  up: string;
  down: string;
  upSoft: string;
  downSoft: string;
  long: string;
  short: string;
  band: string;
  /** Of lines at the prices of orders, positions and alarms. */
  levels: Record<LevelTone, string>;
  onLevel: string;
  bought: string;
  sold: string;
  /** Of indicators. */
  lines: readonly string[];
  font: string;
}

/** How many colours there are for the lines of indicators. */
export const LINE_COLOURS = 6;

export function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return {
    ground: colour("surface"),
    text: colour("ink-faint"),
    grid: colour("chart-grid"),
    line: colour("line"),
    crosshair: colour("line-strong"),
    label: colour("ink-soft"),
    up: colour("chart-up"),
    down: colour("chart-down"),
    upSoft: colour("chart-up-soft"),
    downSoft: colour("chart-down-soft"),
    long: colour("up"),
    short: colour("down"),
    band: colour("chart-band"),
    levels: { buy: colour("buy"), sell: colour("sell"), held: colour("held"), alarm: colour("alarm") },
    onLevel: colour("on-side"),
    bought: colour("chart-bought"),
    sold: colour("chart-sold"),
    lines: Array.from({ length: LINE_COLOURS }, (_, at) => colour(`chart-line-${at + 1}`)),
    font: getComputedStyle(document.body).fontFamily,
  };
}
