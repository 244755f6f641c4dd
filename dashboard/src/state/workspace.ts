/** Which charts stand on the screen, and what stands beside them; kept in the browser from visit to visit. */

import type { IntervalName } from "whisperer-client";
import { recall, remember } from "./settings";
import { Store } from "./store";

export type Count = 1 | 2 | 4;
export type SideTab = "signals" | "book" | "trades" | "watch" | "order";

/** One chart; null is what nobody has chosen yet. */
export interface Pane {
  instrumentId: string | null;
  interval: IntervalName | null;
  /** Indicators as the API names them, for example `EMA(20)`. */
  indicators: readonly string[];
}

export interface Layout {
  count: Count;
  /** Number of the chart that pickers, keys and the panels beside belong to. */
  active: number;
  panes: readonly Pane[];
  /** What the columns beside the charts show. */
  sides: readonly [SideTab, SideTab];
}

/** Another shape of what is kept gets another number: what is older is forgotten, not misread. */
const VERSION = 1;
const NAME = "workspace";
export const COUNTS: readonly Count[] = [1, 2, 4];
export const SIDE_TABS: readonly SideTab[] = ["signals", "book", "trades", "watch", "order"];
/** Several charts begin as one instrument in several intervals. */
const FIRST_INTERVALS: readonly IntervalName[] = ["1m", "5m", "15m", "1h"];

export const FIRST_LAYOUT: Layout = {
  count: 1,
  active: 0,
  panes: FIRST_INTERVALS.map((interval) => ({ instrumentId: null, interval, indicators: [] })),
  sides: ["signals", "book"],
};

export class Workspace {
  readonly layout: Store<Layout>;

  /** `kept` is what was remembered; whatever does not fit is left out. */
  constructor(kept: string | null) {
    this.layout = new Store(parseLayout(kept));
    this.layout.watch(() => remember(NAME, layoutText(this.layout.get())));
  }

  get active(): Pane {
    const layout = this.layout.get();
    return paneOf(layout, layout.active);
  }

  /** Show so many charts. */
  show(count: Count): void {
    this.layout.update((layout) => ({ ...layout, count, active: Math.min(layout.active, count - 1) }));
  }

  activate(index: number): void {
    this.layout.update((layout) => (layout.active === index ? layout : { ...layout, active: index }));
  }

  /** Go to the next chart, or with -1 to the one before. */
  turn(by: 1 | -1): void {
    this.layout.update((layout) => ({ ...layout, active: (layout.active + by + layout.count) % layout.count }));
  }

  /** Change one chart. */
  change(index: number, part: Partial<Pane>): void {
    this.layout.update((layout) => {
      const pane = layout.panes[index]!;
      const isSame = (Object.keys(part) as (keyof Pane)[]).every((key) => pane[key] === part[key]);
      if (isSame) return layout;
      const change = (one: Pane, at: number) => (at === index ? { ...one, ...part } : one);
      return { ...layout, panes: layout.panes.map(change) };
    });
  }

  side(column: 0 | 1, tab: SideTab): void {
    this.layout.update(({ sides, ...layout }) => ({
      ...layout,
      sides: column === 0 ? [tab, sides[1]] : [sides[0], tab],
    }));
  }
}

/** Return a chart; one that was never used shows the first one's instrument. */
export function paneOf({ panes }: Layout, index: number): Pane {
  const pane = panes[index]!;
  return pane.instrumentId === null ? { ...pane, instrumentId: panes[0]!.instrumentId } : pane;
}

export const workspace = new Workspace(recall(NAME));

export function layoutText(layout: Layout): string {
  return JSON.stringify({ version: VERSION, ...layout });
}

/** Return the layout in a text of `layoutText`; what is not understood is as at the first visit. */
export function parseLayout(text: string | null): Layout {
  const kept = objectIn(text);
  if (kept.version !== VERSION) return FIRST_LAYOUT;
  const count = COUNTS.find((one) => one === kept.count) ?? FIRST_LAYOUT.count;
  const active = typeof kept.active === "number" && kept.active >= 0 && kept.active < count ? kept.active | 0 : 0;
  const panes = Array.isArray(kept.panes) ? (kept.panes as unknown[]) : [];
  const sides = Array.isArray(kept.sides) ? (kept.sides as unknown[]) : [];
  const side = (at: 0 | 1) => SIDE_TABS.find((tab) => tab === sides[at]) ?? FIRST_LAYOUT.sides[at];
  return {
    count,
    active,
    panes: FIRST_LAYOUT.panes.map((first, at) => paneIn(panes[at], first)),
    sides: [side(0), side(1)],
  };
}

function paneIn(kept: unknown, first: Pane): Pane {
  if (typeof kept !== "object" || kept === null) return first;
  const { instrumentId, interval, indicators } = kept as Record<string, unknown>;
  return {
    instrumentId: typeof instrumentId === "string" ? instrumentId : null,
    interval: typeof interval === "string" ? (interval as IntervalName) : first.interval,
    indicators: Array.isArray(indicators) ? [...new Set(indicators.filter(isName))] : [],
  };
}

function isName(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function objectIn(text: string | null): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text ?? "null");
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
