/** Charts of the market with the AI's signals on them, and beside them book, trades and all instruments. */

import { useEffect, useMemo } from "react";
import type { Instrument } from "whisperer-client";
import { PlayerBar } from "../../player/player-bar";
import { go, href } from "../../shell/route";
import { useShortcuts } from "../../shell/shortcuts";
import { useNode, useRole } from "../../state/node";
import { Store, useStore } from "../../state/store";
import { paneOf, workspace } from "../../state/workspace";
import { Message, Waiting } from "../../ui/message";
import { Dock } from "./dock/dock";
import { deskShortcuts, SIDE_SHORTCUTS } from "./desk-shortcuts";
import { InstrumentBar } from "./instrument-bar";
import type { Crosshair, Focus } from "./pane/chart-driver";
import { inspectPage } from "./pane/inspect";
import { PaneGrid } from "./pane/pane-grid";
import { shownPane, type ShownPane } from "./shown-pane";
import { SideColumns } from "./side/side-columns";

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
  if (market.instruments.length === 0) return <Message icon="chart" title="This market has no instruments" />;
  return <Desk instruments={market.instruments} params={params} />;
}

type Pick = (signalKey: string) => void;

interface DeskProps {
  instruments: readonly Instrument[];
  /** Instrument, interval, and key of a signal to show, of the active chart. */
  params: readonly string[];
}

function Desk({ instruments, params }: DeskProps) {
  const { connection } = useNode();
  const hasAccount = useRole("trader");
  const layout = useStore(workspace.layout);
  const panes = layout.panes.slice(0, layout.count).map((_, index) => shownPane(instruments, paneOf(layout, index)));
  const focuses = useMemo(() => layout.panes.map(newFocus), [layout.panes.length]);
  const crosshair: Crosshair = useMemo(() => new Store<ReturnType<Crosshair["get"]>>(null), []);
  const active = panes[layout.active]!;
  const focus = focuses[layout.active]!;
  useAddress(instruments, params, active, (key) => {
    focus.picked.set(key);
    focus.asked.update((count) => count + 1);
  });
  useEffect(() => inspectPage(() => workspace.layout.get().active, connection.reconnect), [connection]);
  useShortcuts("Beside the charts", SIDE_SHORTCUTS);
  useShortcuts(
    "Charts",
    useMemo(() => deskShortcuts(instruments), [instruments]),
  );
  return (
    <div className="flex min-h-0 flex-1 flex-col gap-2">
      <PlayerBar />
      <InstrumentBar instruments={instruments} instrument={active.instrument} interval={active.interval} />
      <div className="grid min-h-0 flex-1 grid-cols-[minmax(0,1fr)] gap-2 lg:grid-cols-[minmax(0,1fr)_21rem] lg:grid-rows-[minmax(0,1fr)] 2xl:grid-cols-[minmax(0,1fr)_21rem_19rem]">
        <div className="grid min-h-0 min-w-0 grid-cols-[minmax(0,1fr)] gap-2 lg:grid-rows-[minmax(0,1fr)_auto]">
          <PaneGrid instruments={instruments} layout={layout} panes={panes} focuses={focuses} crosshair={crosshair} />
          {hasAccount && <Dock instruments={instruments} />}
        </div>
        <SideColumns instruments={instruments} instrument={active.instrument} focus={focus} sides={layout.sides} />
      </div>
    </div>
  );
}

/** The address says what the active chart shows: it follows the chart, and the chart follows a link. */
function useAddress(instruments: readonly Instrument[], params: readonly string[], active: ShownPane, pick: Pick) {
  const [wantedId, wantedInterval, picked] = params;
  const show = ({ instrument, interval }: ShownPane) => go(href("chart", instrument.instrument_id, interval), true);
  useEffect(() => {
    if (instruments.some((one) => one.instrument_id === wantedId)) {
      const pane = { ...workspace.active, instrumentId: wantedId ?? null };
      const { interval } = shownPane(instruments, pane, wantedInterval);
      workspace.change(workspace.layout.get().active, { instrumentId: pane.instrumentId, interval });
    }
    if (picked) pick(picked);
    show(shownPane(instruments, workspace.active));
  }, [instruments, wantedId, wantedInterval, picked]);
  useEffect(() => show(active), [active.instrument, active.interval]);
}

function newFocus(): Focus {
  return {
    picked: new Store<string | null>(null),
    asked: new Store(0),
    pointed: new Store<number | null>(null),
    following: new Store(true),
  };
}
