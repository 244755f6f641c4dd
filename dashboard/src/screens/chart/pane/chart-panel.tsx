/** One chart with what it shows chosen above, figures, and its state below. */

import { type CSSProperties, type ReactNode, useEffect, useState } from "react";
import type { Instrument, IntervalName } from "whisperer-client";
import type { BarFeed } from "../../../market/bar-feed";
import { useNode } from "../../../state/node";
import { useStore } from "../../../state/store";
import { useTaken } from "../../../state/taken";
import { workspace } from "../../../state/workspace";
import { Message, Waiting } from "../../../ui/message";
import { Canvas } from "./canvas";
import type { Crosshair, Focus } from "./chart-driver";
import { ChartFooter } from "./chart-footer";
import { IndicatorLegend } from "./indicator-legend";
import { Legend } from "./legend";
import { useIndicators } from "./use-indicators";

export interface ChartPanelProps {
  index: number;
  instrument: Instrument;
  interval: IntervalName;
  /** Names of its indicators. */
  indicators: readonly string[];
  focus: Focus;
  crosshair: Crosshair;
  /** What stands above the chart. */
  header: ReactNode;
}

export function ChartPanel({ index, instrument, interval, indicators, focus, crosshair, header }: ChartPanelProps) {
  const node = useNode();
  const id = instrument.instrument_id;
  const feed = useTaken(() => node.bars(id, interval), [node, id, interval]);
  const signals = useTaken(() => node.signals(id), [node, id]);
  const shown = useIndicators(id, interval, indicators);
  const remove = (name: string) =>
    workspace.change(index, { indicators: indicators.filter((indicator) => indicator !== name) });
  const ownParts = shown.filter(({ kind }) => kind.pane === "own").length;
  if (!feed || !signals) return <Waiting label="Loading the chart" rows={6} />;
  return (
    <>
      {header}
      <Legend feed={feed} signals={signals} focus={focus} />
      <IndicatorLegend indicators={shown} instrument={instrument} bars={feed} focus={focus} onRemove={remove} />
      <div
        className="relative flex min-h-[calc(22rem+var(--parts)*5rem)] flex-1 flex-col lg:min-h-0"
        style={{ "--parts": ownParts } as CSSProperties}
      >
        <Canvas
          key={`${id} ${feed.interval}`}
          index={index}
          instrument={instrument}
          feed={feed}
          signals={signals}
          indicators={shown}
          focus={focus}
          crosshair={crosshair}
        />
        <Cover feed={feed} />
      </div>
      <ChartFooter feed={feed} />
    </>
  );
}

/** What lies over the canvas while there is nothing on it. */
function Cover({ feed }: { feed: BarFeed }) {
  const { phase, message } = useStore(feed.state);
  const isEmpty = useIsEmpty(feed);
  if (phase === "ready" && !isEmpty) return null;
  return (
    <div className="absolute inset-0 z-[5] flex bg-surface">
      {phase === "loading" && (
        <Message icon="chart" title="Loading bars">
          They come as soon as the node has them.
        </Message>
      )}
      {phase === "refused" && (
        <Message icon="alert" title="No bars here">
          {message}
        </Message>
      )}
      {phase === "ready" && (
        <Message icon="chart" title="No bars yet">
          The first bar appears with the first trade.
        </Message>
      )}
    </div>
  );
}

/** Whether there is no bar; drawn again only when that changes. */
function useIsEmpty(feed: BarFeed): boolean {
  const [isEmpty, setEmpty] = useState(feed.series.all.length === 0);
  useEffect(() => {
    const look = () => setEmpty(feed.series.all.length === 0);
    look();
    return feed.revision.watch(look);
  }, [feed]);
  return isEmpty;
}
