/** One, two or four charts; the active one is what pickers, keys and the columns beside are about. */

import type { Instrument } from "whisperer-client";
import { MARK_CHOICES } from "../../../shell/preferences";
import { go, href } from "../../../shell/route";
import { marks as markSetting } from "../../../state/settings";
import { useStore } from "../../../state/store";
import { type Count, type Layout, workspace } from "../../../state/workspace";
import { Choice } from "../../../ui/choice";
import { Picker } from "../../../ui/picker";
import type { ShownPane } from "../shown-pane";
import type { Crosshair, Focus } from "./chart-driver";
import { ChartPanel } from "./chart-panel";
import { IndicatorMenu } from "./indicator-menu";
import { IntervalList, IntervalPicker } from "./interval-picker";

const GRIDS: Record<Count, string> = {
  1: "lg:grid-rows-[minmax(0,1fr)]",
  2: "lg:grid-cols-2 lg:grid-rows-[minmax(0,1fr)]",
  4: "lg:grid-cols-2 lg:grid-rows-[minmax(0,1fr)_minmax(0,1fr)]",
};

interface PaneGridProps {
  instruments: readonly Instrument[];
  layout: Layout;
  /** As many as are shown. */
  panes: readonly ShownPane[];
  focuses: readonly Focus[];
  crosshair: Crosshair;
}

export function PaneGrid({ instruments, layout, panes, focuses, crosshair }: PaneGridProps) {
  return (
    <div className={`grid min-h-0 min-w-0 grid-cols-[minmax(0,1fr)] gap-2 ${GRIDS[layout.count]}`}>
      {panes.map((pane, index) => (
        <section
          key={index}
          aria-label={panes.length === 1 ? "Chart" : `Chart ${index + 1}`}
          aria-current={panes.length > 1 && index === layout.active ? "true" : undefined}
          data-pane={index}
          onPointerDownCapture={() => workspace.activate(index)}
          onFocusCapture={() => workspace.activate(index)}
          className="flex min-h-0 min-w-0 flex-col rounded-lg border border-line bg-surface shadow-panel aria-[current]:border-accent"
        >
          <ChartPanel
            index={index}
            instrument={pane.instrument}
            interval={pane.interval}
            indicators={pane.indicators}
            focus={focuses[index]!}
            crosshair={crosshair}
            header={
              panes.length === 1 ? (
                <SingleHeader pane={pane} />
              ) : (
                <SharedHeader instruments={instruments} index={index} pane={pane} />
              )
            }
          />
        </section>
      ))}
    </div>
  );
}

const HEADER = "flex flex-wrap items-center justify-between gap-2 border-b border-line px-2 py-1.5";

function SingleHeader({ pane }: { pane: ShownPane }) {
  const { instrument, interval } = pane;
  const marks = useStore(markSetting);
  return (
    <header className={HEADER}>
      <IntervalPicker
        intervals={instrument.intervals}
        value={interval}
        onChange={(next) => go(href("chart", instrument.instrument_id, next))}
      />
      <span className="flex items-center gap-3">
        <IndicatorMenu index={0} pane={pane} />
        <span className="flex items-center gap-2 text-xs text-ink-faint">
          <span aria-hidden="true">Signals</span>
          <Choice
            legend="Signal marks"
            options={MARK_CHOICES}
            value={marks}
            onChange={(next) => markSetting.set(next)}
          />
        </span>
      </span>
    </header>
  );
}

interface SharedHeaderProps {
  instruments: readonly Instrument[];
  index: number;
  pane: ShownPane;
}

/** Above one of several charts: there is room for two lists. */
function SharedHeader({ instruments, index, pane }: SharedHeaderProps) {
  const { instrument, interval } = pane;
  return (
    <header className={`${HEADER} flex-nowrap`}>
      <Picker
        label={`Instrument of chart ${index + 1}`}
        className="min-w-0 flex-1"
        value={instrument.instrument_id}
        onChange={(instrumentId) => workspace.change(index, { instrumentId })}
        options={instruments.map(({ instrument_id: id }) => ({ value: id, label: id }))}
      />
      <IntervalList
        label={`Interval of chart ${index + 1}`}
        intervals={instrument.intervals}
        value={interval}
        onChange={(next) => workspace.change(index, { interval: next })}
      />
      <IndicatorMenu index={index} pane={pane} isSmall />
    </header>
  );
}
