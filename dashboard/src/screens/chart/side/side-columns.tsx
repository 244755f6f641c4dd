/** The columns beside the charts: each shows one of signals, book, trades, watchlist. */

import { useEffect } from "react";
import type { Instrument } from "whisperer-client";
import { useRole } from "../../../state/node";
import { useStore } from "../../../state/store";
import { type SideTab, workspace } from "../../../state/workspace";
import { Choice, type Option } from "../../../ui/choice";
import { matching } from "../../../ui/media";
import type { Focus } from "../pane/chart-driver";
import { BookPanel } from "./book-panel";
import { SignalPanel } from "./signal-panel";
import { TicketPanel } from "./ticket/ticket-panel";
import { TradePanel } from "./trade-panel";
import { WatchPanel } from "./watch-panel";

const TABS: readonly Option<SideTab>[] = [
  { value: "signals", label: "Signals" },
  { value: "book", label: "Book" },
  { value: "trades", label: "Trades" },
  { value: "watch", label: "Watchlist" },
  { value: "order", label: "Order" },
];
const isVeryWide = matching("(min-width: 96rem)");

interface SideColumnsProps {
  instruments: readonly Instrument[];
  instrument: Instrument;
  focus: Focus;
  sides: readonly [SideTab, SideTab];
}

export function SideColumns({ instruments, instrument, focus, sides }: SideColumnsProps) {
  const hasTwo = useStore(isVeryWide);
  const hasAccount = useRole("trader");
  const tabs = hasAccount ? TABS : TABS.filter(({ value }) => value !== "order");
  const shown = sides.map((side) => (side === "order" && !hasAccount ? "signals" : side));
  const columns: readonly (0 | 1)[] = hasTwo ? [0, 1] : [0];
  const hasSignals = columns.some((column) => shown[column] === "signals");
  useEffect(() => {
    if (!hasSignals) return focus.asked.watch(() => workspace.side(0, "signals"));
  }, [focus, hasSignals]);
  return columns.map((column) => (
    <section
      key={column}
      aria-label={column === 0 ? "Beside the charts" : "Beside the charts, second column"}
      className="flex min-h-80 min-w-0 flex-col rounded-lg border border-line bg-surface shadow-panel lg:min-h-0"
    >
      <header className="flex min-h-11 items-center border-b border-line px-2 py-1">
        <Choice
          legend={column === 0 ? "Show beside" : "Show in the second column"}
          className="flex w-full"
          options={tabs}
          value={shown[column]!}
          onChange={(tab) => workspace.side(column, tab)}
        />
      </header>
      <SideBody tab={shown[column]!} instruments={instruments} instrument={instrument} focus={focus} />
    </section>
  ));
}

interface SideBodyProps {
  tab: SideTab;
  instruments: readonly Instrument[];
  instrument: Instrument;
  focus: Focus;
}

function SideBody({ tab, instruments, instrument, focus }: SideBodyProps) {
  const id = instrument.instrument_id;
  if (tab === "signals") return <SignalPanel key={id} instrumentId={id} focus={focus} />;
  if (tab === "book") return <BookPanel key={id} instrument={instrument} />;
  if (tab === "trades") return <TradePanel key={id} instrument={instrument} />;
  if (tab === "order") return <TicketPanel key={id} instrument={instrument} />;
  return <WatchPanel instruments={instruments} current={id} />;
}
