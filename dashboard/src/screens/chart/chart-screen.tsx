/** Bars of one instrument with the AI's signals on them. */

import { useEffect, useMemo } from "react";
import type { Instrument, IntervalName } from "whisperer-client";
import { go, href } from "../../shell/route";
import { useNode } from "../../state/node";
import { recall, remember } from "../../state/settings";
import { Store, useStore } from "../../state/store";
import { useTaken } from "../../state/taken";
import { Message, Waiting } from "../../ui/message";
import type { Focus } from "./chart-driver";
import { ChartPanel } from "./chart-panel";
import { InstrumentBar } from "./instrument-bar";
import { SignalPanel } from "./signal-panel";

export default function ChartScreen({ params }: { params: readonly string[] }) {
  const market = useStore(useNode().market);
  if (market.phase === "loading") return <Waiting label="Loading the instruments" rows={10} />;
  if (market.phase === "failed") {
    return (
      <Message icon="alert" title="The instruments could not be read">
        {market.message} The page tries again by itself.
      </Message>
    );
  }
  const instrument = pickInstrument(market.instruments, params[0]);
  if (!instrument) return <Message icon="chart" title="This market has no instruments" />;
  return <Desk instruments={market.instruments} instrument={instrument} wanted={params[1]} picked={params[2]} />;
}

interface DeskProps {
  instruments: readonly Instrument[];
  instrument: Instrument;
  /** Name of the interval. */
  wanted: string | undefined;
  /** Key of the signal to show. */
  picked: string | undefined;
}

function Desk({ instruments, instrument, wanted, picked }: DeskProps) {
  const node = useNode();
  const interval = pickInterval(instrument, wanted);
  const { instrument_id: id } = instrument;
  const signals = useTaken(() => node.signals(id), [node, id]);
  const focus = useMemo(newFocus, [id]);
  useEffect(() => {
    remember("instrument", id);
    remember("interval", interval);
    if (picked) focus.picked.set(picked);
    go(href("chart", id, interval), true);
  }, [id, interval, picked, focus]);
  return (
    <div className="flex min-h-0 flex-1 flex-col gap-2">
      <InstrumentBar instruments={instruments} instrument={instrument} interval={interval} />
      <div className="grid min-h-0 flex-1 grid-cols-[minmax(0,1fr)] gap-2 lg:grid-cols-[minmax(0,1fr)_21rem] lg:grid-rows-[minmax(0,1fr)]">
        {signals ? (
          <>
            <ChartPanel instrument={instrument} interval={interval} signals={signals} focus={focus} />
            <SignalPanel signals={signals} focus={focus} />
          </>
        ) : (
          <Waiting label="Loading the chart" rows={10} />
        )}
      </div>
    </div>
  );
}

function newFocus(): Focus {
  return {
    picked: new Store<string | null>(null),
    pointed: new Store<number | null>(null),
    following: new Store(true),
  };
}

function pickInstrument(instruments: readonly Instrument[], wanted: string | undefined): Instrument | undefined {
  const byId = (id: string | null | undefined) => instruments.find((one) => one.instrument_id === id);
  return byId(wanted) ?? byId(recall("instrument")) ?? instruments[0];
}

function pickInterval(instrument: Instrument, wanted: string | undefined): IntervalName {
  const known = (name: string | null | undefined) => instrument.intervals.find((one) => one === name);
  return known(wanted) ?? known(recall("interval")) ?? known("1m") ?? instrument.intervals[0] ?? "1m";
}
