/** The newest price of an instrument, as its bars tell it. */

import type { Instrument } from "whisperer-client";
import { useNode } from "./node";
import { Store } from "./store";
import { useTaken } from "./taken";
import { useCalm } from "./ticking";

const NOTHING = new Store(0);
const HZ = 4;

/** Return the interval of which an instrument's newest price is read. */
export function priceInterval(instrument: Instrument) {
  return instrument.intervals.includes("1m") ? "1m" : instrument.intervals[0];
}

/** Return the newest price as decimal text; null before the first. */
export function useLastPrice(instrument: Instrument | undefined, everyMs = 250): string | null {
  const node = useNode();
  const id = instrument?.instrument_id;
  const interval = instrument && priceInterval(instrument);
  const bars = useTaken(
    () => (id && interval ? node.bars(id, interval, HZ) : { feed: null, release: () => {} }),
    [node, id, interval],
  );
  useCalm(bars?.revision ?? NOTHING, everyMs);
  return bars?.series.newest?.c ?? null;
}
