/** What the keyboard does with the charts. */

import type { Instrument } from "whisperer-client";
import type { Shortcut } from "../../shell/shortcuts";
import { dock } from "../../state/settings";
import { type Count, type SideTab, workspace } from "../../state/workspace";
import { shownPane } from "./shown-pane";

export function deskShortcuts(instruments: readonly Instrument[]): readonly Shortcut[] {
  return [
    { key: "N", does: "Next instrument", run: () => turnInstrument(instruments, 1) },
    { key: "P", does: "Previous instrument", run: () => turnInstrument(instruments, -1) },
    { key: ".", does: "Longer bars", run: () => turnInterval(instruments, 1) },
    { key: ",", does: "Shorter bars", run: () => turnInterval(instruments, -1) },
    ...([1, 2, 4] as Count[]).map((count) => ({
      key: String(count),
      does: count === 1 ? "One chart" : `${count} charts`,
      run: () => workspace.show(count),
    })),
    { key: "C", does: "Go to the next chart", run: () => turnPane(1) },
    { key: "X", does: "Go to the previous chart", run: () => turnPane(-1) },
  ];
}

export const SIDE_SHORTCUTS: readonly Shortcut[] = [
  side("S", "signals", "AI signals"),
  side("B", "book", "Order book"),
  side("R", "trades", "Trades"),
  side("W", "watch", "Watchlist"),
  side("O", "order", "Order ticket"),
  {
    key: "A",
    does: "Fold or unfold your account",
    run: () => dock.set(dock.get() === "open" ? "closed" : "open"),
  },
];

function side(key: string, tab: SideTab, does: string): Shortcut {
  return { key, does, run: () => workspace.side(0, tab) };
}

function turnInstrument(instruments: readonly Instrument[], by: 1 | -1): void {
  const { instrument } = shownPane(instruments, workspace.active);
  const at = instruments.indexOf(instrument) + by + instruments.length;
  const { instrument_id: instrumentId } = instruments[at % instruments.length]!;
  workspace.change(workspace.layout.get().active, { instrumentId });
}

function turnInterval(instruments: readonly Instrument[], by: 1 | -1): void {
  const { instrument, interval } = shownPane(instruments, workspace.active);
  const next = instrument.intervals[instrument.intervals.indexOf(interval) + by];
  if (next) workspace.change(workspace.layout.get().active, { interval: next });
}

/** Make another chart the active one and give it the keyboard. */
function turnPane(by: 1 | -1): void {
  workspace.turn(by);
  const { active } = workspace.layout.get();
  document.querySelector<HTMLElement>(`[data-pane="${active}"] [data-testid=chart]`)?.focus();
}
