/** Which lines the indicators of a chart have, and in which colours: the same for the canvas and for the words above. */

import type { IndicatorFeed } from "../../../market/indicator-feed";
import type { IndicatorKind } from "../../../market/indicators";
import { LINE_COLOURS } from "./palette";

export interface Line {
  output: string;
  /** Number of its colour, from 0. */
  colour: number;
  isHistogram: boolean;
}

/** An indicator on a chart. */
export interface Shown {
  kind: IndicatorKind;
  feed: IndicatorFeed;
  lines: readonly Line[];
}

/** Give every line a colour; the two edges of a band share one. */
export function withLines(indicators: readonly Omit<Shown, "lines">[]): readonly Shown[] {
  let next = 0;
  return indicators.map(({ kind, feed }) => {
    const colours = new Map<string, number>();
    const lines = kind.lines.map((output): Line => {
      const family = output === "lower" ? "upper" : output;
      if (!colours.has(family)) colours.set(family, next++ % LINE_COLOURS);
      return { output, colour: colours.get(family)!, isHistogram: output === "histogram" };
    });
    return { kind, feed, lines };
  });
}
