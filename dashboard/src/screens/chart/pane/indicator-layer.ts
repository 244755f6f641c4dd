/** One indicator on the canvas: over the bars, or in a part of its own below them. */

import {
  HistogramSeries,
  type IChartApiBase,
  type ISeriesApi,
  LineSeries,
  LineStyle,
  type SeriesPartialOptionsMap,
  type Time,
  type WhitespaceData,
} from "lightweight-charts";
import type { Bar, Instrument, IntervalName } from "whisperer-client";
import { closeTime } from "../../../market/interval";
import type { IndicatorRow } from "../../../market/indicator-feed";
import { valueText } from "../../../market/indicators";
import type { Line, Shown } from "./indicator-lines";
import type { Palette } from "./palette";
import { seconds } from "./points";

type Series = ISeriesApi<"Line", Time> | ISeriesApi<"Histogram", Time>;
type Point = WhitespaceData<Time> & { value?: number; color?: string };

export interface Drawn {
  name: string;
  /** Number of the chart's part: 0 is that of the prices. */
  pane: number;
  lines: Record<string, [number, number][]>;
  ends: Record<string, number[]>;
}

const NOTHING = "transparent";
const PLAIN = { priceLineVisible: false, lastValueVisible: false, crosshairMarkerVisible: false } as const;
/** Height of a part of its own, of the height of prices and volume together. */
const OWN_SHARE = 0.25;

export class IndicatorLayer {
  private readonly series = new Map<Line, Series>();
  /** Open time of the newest point drawn. */
  private newest: number | null = null;
  private palette: Palette;

  constructor(
    private readonly chart: IChartApiBase<Time>,
    readonly shown: Shown,
    private readonly interval: IntervalName,
    instrument: Instrument,
    palette: Palette,
  ) {
    this.palette = palette;
    const isOwn = shown.kind.pane === "own";
    const pane = isOwn ? chart.panes().length : 0;
    const places = isOwn ? null : instrument.price_precision;
    const priceFormat = {
      type: "custom",
      minMove: 1e-8,
      formatter: (value: number) => valueText(value, places),
    } as const;
    for (const line of shown.lines) {
      const options = { ...PLAIN, ...this.colours(line), priceFormat };
      const made = line.isHistogram
        ? chart.addSeries(HistogramSeries, options, pane)
        : chart.addSeries(LineSeries, options, pane);
      this.series.set(line, made);
    }
    if (isOwn) chart.panes()[pane]?.setStretchFactor(OWN_SHARE);
  }

  remove(): void {
    for (const series of this.series.values()) this.chart.removeSeries(series);
  }

  /** What is drawn, as data: open time (UNIX ms) and value of every point of every line, and where lines end. */
  drawn(): Drawn {
    const lines: Drawn["lines"] = {};
    const ends: Drawn["ends"] = {};
    for (const [{ output }, series] of this.series) {
      const points = series.data().flatMap((point) => ("value" in point ? [point] : []));
      lines[output] = points.map((point) => [Number(point.time) * 1000, point.value]);
      ends[output] = points.filter(({ color }) => color === NOTHING).map(({ time }) => Number(time) * 1000);
    }
    const [first] = this.series.values();
    return { name: this.shown.feed.name, pane: first?.getPane().paneIndex() ?? 0, lines, ends };
  }

  recolour(palette: Palette): void {
    this.palette = palette;
    for (const [line, series] of this.series) series.applyOptions(this.colours(line));
  }

  /** Draw the values of all bars, oldest first; of the last ones they may be still to come. */
  draw(bars: readonly Bar[]): void {
    const last = bars.findLastIndex((bar) => this.shown.feed.at(bar.t));
    const known = bars.slice(0, last + 1);
    const rows = known.map((bar) => this.shown.feed.at(bar.t));
    for (const [line, series] of this.series) series.setData(this.points(line, known, rows));
    this.newest = known.at(-1)?.t ?? null;
  }

  /** Draw what came since; a value may come a moment after its bar. */
  drawNewest(bars: readonly Bar[]): void {
    const from = this.newest === null ? -1 : bars.findLastIndex((bar) => bar.t === this.newest);
    if (from < 0) return this.draw(bars);
    for (let at = from; at < bars.length; at++) {
      const { t } = bars[at]!;
      const row = this.shown.feed.at(t);
      if (!row) return;
      if (at > from && t > closeTime(this.interval, bars[at - 1]!.t)) return this.draw(bars);
      for (const [line, series] of this.series) series.update(pointOf(line, t, row, this.palette) as never);
      this.newest = t;
    }
  }

  /** The points of one line; before a hole, or before a bar without a value, it ends. */
  private points(line: Line, bars: readonly Bar[], rows: readonly (IndicatorRow | undefined)[]): never[] {
    const points: Point[] = [];
    let before = -1;
    bars.forEach((bar, at) => {
      const row = rows[at];
      const point: Point = row ? pointOf(line, bar.t, row, this.palette) : { time: seconds(bar.t) };
      if (point.value !== undefined) {
        const isBroken = before >= 0 && bar.t > closeTime(this.interval, bars[before]!.t);
        if (isBroken && !line.isHistogram) points[before]!.color = NOTHING;
        before = at;
      }
      points.push(point);
    });
    return points as never[];
  }

  private colours({ output, colour }: Line): SeriesPartialOptionsMap["Line"] {
    const isEdge = output === "upper" || output === "lower";
    return {
      color: this.palette.lines[colour] ?? this.palette.text,
      lineWidth: isEdge ? 1 : 2,
      lineStyle: isEdge ? LineStyle.Dashed : LineStyle.Solid,
    };
  }
}

function pointOf(line: Line, t: number, row: IndicatorRow, palette: Palette): Point {
  const value = row.values[line.output];
  if (value === null || value === undefined) return { time: seconds(t) };
  if (!line.isHistogram) return { time: seconds(t), value };
  return { time: seconds(t), value, color: value >= 0 ? palette.upSoft : palette.downSoft };
}
