/** What a chart of the workspace can really show on this market. */

import type { Instrument, IntervalName } from "whisperer-client";
import type { Pane } from "../../state/workspace";

export interface ShownPane {
  instrument: Instrument;
  interval: IntervalName;
  indicators: readonly string[];
}

/** Return the chart's instrument and interval, or the nearest to them that there is; `instruments` is not empty. */
export function shownPane(instruments: readonly Instrument[], pane: Pane, wanted: string | null = null): ShownPane {
  const instrument = instruments.find((one) => one.instrument_id === pane.instrumentId) ?? instruments[0]!;
  const known = (name: string | null) => instrument.intervals.find((one) => one === name);
  const interval = known(wanted) ?? known(pane.interval) ?? known("1m") ?? instrument.intervals[0] ?? "1m";
  return { instrument, interval, indicators: pane.indicators };
}
