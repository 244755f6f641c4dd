/** The indicators of a chart in figures: at the bar under the crosshair, or at the newest. */

import type { Instrument } from "whisperer-client";
import type { BarFeed } from "../../../market/bar-feed";
import { valueText } from "../../../market/indicators";
import { useStore } from "../../../state/store";
import { useCalm } from "../../../state/ticking";
import { Icon } from "../../../ui/icon";
import type { Focus } from "./chart-driver";
import type { Shown } from "./indicator-lines";

interface IndicatorLegendProps {
  indicators: readonly Shown[];
  instrument: Instrument;
  bars: BarFeed;
  focus: Focus;
  onRemove: (name: string) => void;
}

export function IndicatorLegend({ indicators, instrument, bars, focus, onRemove }: IndicatorLegendProps) {
  if (indicators.length === 0) return null;
  return (
    <ul
      aria-label="Indicators"
      data-testid="indicators"
      className="flex flex-wrap gap-x-4 border-b border-line px-3 py-0.5 text-xs"
    >
      {indicators.map((shown) => (
        <li key={shown.feed.name} className="flex min-h-7 items-center gap-2">
          <Values shown={shown} instrument={instrument} bars={bars} focus={focus} />
          <button
            type="button"
            aria-label={`Remove ${shown.feed.name}`}
            onClick={() => onRemove(shown.feed.name)}
            className="target inline-flex items-center justify-center rounded-md text-ink-faint hover:bg-hover hover:text-ink"
          >
            <Icon name="close" className="size-3.5" />
          </button>
        </li>
      ))}
    </ul>
  );
}

interface ValuesProps {
  shown: Shown;
  instrument: Instrument;
  bars: BarFeed;
  focus: Focus;
}

function Values({ shown: { feed, kind, lines }, instrument, bars, focus }: ValuesProps) {
  const pointed = useStore(focus.pointed);
  const phase = useStore(feed.phase);
  useCalm(feed.revision, 200);
  const row = feed.at(pointed ?? bars.series.newest?.t ?? 0) ?? (pointed === null ? newestOf(bars, feed) : undefined);
  const places = kind.pane === "price" ? instrument.price_precision : null;
  return (
    <span className="flex flex-wrap items-center gap-x-2" title={kind.about}>
      <span className="font-medium">{feed.name}</span>
      {phase === "refused" && <span className="text-warn">{feed.message.get()}</span>}
      {phase === "loading" && <span className="text-ink-faint">loading …</span>}
      {phase === "ready" &&
        lines.map(({ output, colour, isHistogram }) => (
          <span key={output} className="flex items-center gap-1">
            {!isHistogram && <Swatch colour={colour} />}
            {lines.length > 1 && <span className="text-ink-faint">{output.replaceAll("_", " ")}</span>}
            <span>{valueText(row?.values[output], places)}</span>
          </span>
        ))}
    </span>
  );
}

function Swatch({ colour }: { colour: number }) {
  const background = `var(--chart-line-${colour + 1})`;
  return <span aria-hidden="true" className="h-0.5 w-3 rounded-full" style={{ background }} />;
}

/** The value of the bar before: that of the open one may not have come yet. */
function newestOf(bars: BarFeed, feed: Shown["feed"]) {
  const before = bars.series.all.at(-2);
  return before && feed.at(before.t);
}
