/** The instruments of this market, for screens that know their ids alone. */

import type { Instrument } from "whisperer-client";
import { useNode } from "./node";
import { useStore } from "./store";

const NONE: readonly Instrument[] = [];

/** All of them; none before they are known. */
export function useInstruments(): readonly Instrument[] {
  const market = useStore(useNode().market);
  return market.phase === "ready" ? market.instruments : NONE;
}

export function useInstrument(id: string): Instrument | undefined {
  return useInstruments().find(({ instrument_id }) => instrument_id === id);
}
