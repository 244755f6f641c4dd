/** The indicators of a chart with their live values. */

import { useEffect, useState } from "react";
import type { IntervalName } from "whisperer-client";
import { kindOf } from "../../../market/indicators";
import { useNode } from "../../../state/node";
import { type Shown, withLines } from "./indicator-lines";

const NONE: readonly Shown[] = [];

/** Take the feeds of these names for as long as they are shown; a name that the node does not know is left out. */
export function useIndicators(instrumentId: string, interval: IntervalName, names: readonly string[]) {
  const node = useNode();
  const [shown, setShown] = useState(NONE);
  const key = names.join(" ");
  useEffect(() => {
    if (key === "") return setShown(NONE);
    let isWanted = true;
    let releases: (() => void)[] = [];
    void node.indicatorCatalogue().then(
      (catalogue) => {
        if (!isWanted) return;
        const taken = key.split(" ").flatMap((name) => {
          const kind = kindOf(catalogue, name);
          return kind ? [{ kind, ...node.indicator(instrumentId, interval, name) }] : [];
        });
        releases = taken.map(({ release }) => release);
        setShown(withLines(taken));
      },
      () => {},
    );
    return () => {
      isWanted = false;
      for (const release of releases) release();
    };
  }, [node, instrumentId, interval, key]);
  return shown;
}
