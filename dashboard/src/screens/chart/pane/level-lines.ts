/** Lines across the prices: orders, the average of the position, alarms. Tells where they are drawn. */

import type {
  IPanePrimitivePaneView,
  IPrimitivePaneRenderer,
  ISeriesApi,
  ISeriesPrimitive,
  ISeriesPrimitiveAxisView,
  SeriesAttachedParameter,
  SeriesType,
  Time,
} from "lightweight-charts";
import type { Level, LevelTone } from "../../../account/levels";
import { grouped } from "../../../market/decimal";
import type { Palette } from "./palette";

type Target = Parameters<IPrimitivePaneRenderer["draw"]>[0];

/** Where a level is on the screen; what is out of sight stands at the edge that it is beyond. */
export interface Place {
  y: number;
  beyond: "above" | "below" | null;
}

export type Layout = ReadonlyMap<string, Place>;

/** From the edge, so that what stands there is seen whole. */
const EDGE_PX = 14;

const DASHES: Record<LevelTone, number[]> = { buy: [5, 4], sell: [5, 4], held: [], alarm: [2, 3] };

export class LevelLines implements ISeriesPrimitive<Time> {
  /** Told whenever lines are drawn elsewhere. */
  onLayout: (layout: Layout) => void = () => {};
  private layout: Layout = new Map();
  private series: ISeriesApi<SeriesType, Time> | null = null;
  private requestUpdate = () => {};
  private levels: readonly Level[] = [];
  private moved: { key: string; price: string } | null = null;
  private palette: Palette | null = null;
  private axis: readonly ISeriesPrimitiveAxisView[] = [];

  show(levels: readonly Level[], palette: Palette): void {
    this.levels = levels;
    this.layout = new Map();
    this.palette = palette;
    this.axis = levels.map((level) => this.label(level));
    this.requestUpdate();
  }

  /** Draw a level elsewhere while it is being moved; null puts it back. */
  move(key: string, price: string | null): void {
    this.moved = price === null ? null : { key, price };
    this.requestUpdate();
  }

  attached({ series, requestUpdate }: SeriesAttachedParameter<Time>): void {
    this.series = series;
    this.requestUpdate = requestUpdate;
  }

  detached(): void {
    this.series = null;
    this.requestUpdate = () => {};
  }

  paneViews(): readonly IPanePrimitivePaneView[] {
    return [{ zOrder: () => "normal", renderer: () => ({ draw: (target) => this.draw(target) }) }];
  }

  priceAxisViews(): readonly ISeriesPrimitiveAxisView[] {
    return this.axis;
  }

  private draw(target: Target): void {
    const layout = new Map<string, Place>();
    target.useMediaCoordinateSpace(({ context, mediaSize }) => {
      for (const level of this.levels) {
        const y = this.heightOf(level);
        if (y === null) continue;
        const place = placeAt(y, mediaSize.height);
        layout.set(level.key, place);
        if (place.beyond) continue;
        context.strokeStyle = this.colourOf(level);
        context.lineWidth = 1;
        context.setLineDash(DASHES[level.tone]);
        context.beginPath();
        context.moveTo(0, Math.round(y) + 0.5);
        context.lineTo(mediaSize.width, Math.round(y) + 0.5);
        context.stroke();
      }
    });
    if (isSame(layout, this.layout)) return;
    this.layout = layout;
    this.onLayout(layout);
  }

  private heightOf(level: Level): number | null {
    return this.series?.priceToCoordinate(Number(this.priceOf(level))) ?? null;
  }

  private priceOf({ key, price }: Level): string {
    return this.moved?.key === key ? this.moved.price : price;
  }

  private colourOf({ tone }: Level): string {
    return this.palette?.levels[tone] ?? "";
  }

  private label(level: Level): ISeriesPrimitiveAxisView {
    return {
      coordinate: () => this.heightOf(level) ?? -100,
      text: () => grouped(this.priceOf(level)),
      textColor: () => this.palette?.onLevel ?? "",
      backColor: () => this.colourOf(level),
    };
  }
}

function placeAt(y: number, height: number): Place {
  if (y < 0) return { y: EDGE_PX, beyond: "above" };
  return y > height ? { y: height - EDGE_PX, beyond: "below" } : { y, beyond: null };
}

function isSame(one: Layout, other: Layout): boolean {
  if (one.size !== other.size) return false;
  return [...one].every(([key, { y, beyond }]) => other.get(key)?.y === y && other.get(key)?.beyond === beyond);
}
