/** The canvas: bars, volume, marks and one picked bar, drawn by the chart library. Knows nothing of React or the node. */

import {
  CandlestickSeries,
  createChartEx,
  createSeriesMarkers,
  HistogramSeries,
  type IChartApiBase,
  type ISeriesApi,
  type ISeriesMarkersPluginApi,
  type MouseEventParams,
  type SeriesMarker,
  type Time,
} from "lightweight-charts";
import type { Bar, Instrument, IntervalName } from "whisperer-client";
import type { FillMark, Level } from "../../../account/levels";
import type { Change } from "../../../market/bars";
import { closeTime } from "../../../market/interval";
import type { Mark } from "../../../market/signals";
import type { Zone } from "../../../state/settings";
import { Band } from "./band";
import { IndicatorLayer } from "./indicator-layer";
import type { Shown } from "./indicator-lines";
import { type Layout, LevelLines } from "./level-lines";
import { candleColours, candleOptions, chartColours, chartOptions, VOLUME_OPTIONS } from "./options";
import type { Palette } from "./palette";
import { blanksBetween, candleOf, candlesOf, seconds, volumeOf } from "./points";
import { timeAxis } from "./time-axis";

export interface ChartSubject {
  instrument: Instrument;
  interval: IntervalName;
  zone: Zone;
}

export interface ChartEvents {
  /** The crosshair is on the bar that opens at `t`, or on none. */
  onPoint(t: number | null): void;
  /** A bar was clicked, or a signal's mark on it. */
  onPick(t: number, isMark: boolean): void;
  /** The oldest bars are nearly in sight. */
  onNearStart(): void;
  /** Whether the newest bar is in sight. */
  onFollow(isFollowing: boolean): void;
}

/** Older bars are asked for when fewer than this are left of the view. */
const NEAR_START = 120;
/** More new bars than this at once are drawn as a whole. */
const MOST_UPDATES = 200;
const VOLUME_SHARE = 0.2;

export class ChartView {
  private readonly chart: IChartApiBase<Time>;
  private readonly candles: ISeriesApi<"Candlestick", Time>;
  private readonly volumes: ISeriesApi<"Histogram", Time>;
  private readonly markers: ISeriesMarkersPluginApi<Time>;
  private readonly fillMarkers: ISeriesMarkersPluginApi<Time>;
  private readonly band = new Band();
  private readonly lines = new LevelLines();
  private levels: readonly Level[] = [];
  private layers: IndicatorLayer[] = [];
  private newest: number | null = null;
  private pointed: number | null = null;
  /** Whether the keyboard holds the crosshair. */
  private isHeld = false;

  constructor(
    host: HTMLElement,
    private readonly subject: ChartSubject,
    private palette: Palette,
    private readonly events: ChartEvents,
  ) {
    const { instrument, interval, zone } = subject;
    this.chart = createChartEx(host, timeAxis(zone), chartOptions(zone, interval, palette));
    this.candles = this.chart.addSeries(CandlestickSeries, candleOptions(instrument, palette));
    this.volumes = this.chart.addSeries(HistogramSeries, VOLUME_OPTIONS, 1);
    const [prices, volumes] = this.chart.panes();
    prices?.setStretchFactor(1 - VOLUME_SHARE);
    volumes?.setStretchFactor(VOLUME_SHARE);
    this.markers = createSeriesMarkers(this.candles);
    this.fillMarkers = createSeriesMarkers(this.candles);
    this.candles.attachPrimitive(this.band);
    this.candles.attachPrimitive(this.lines);
    this.chart.subscribeCrosshairMove((mouse) => this.point(mouse));
    this.chart.subscribeClick((mouse) => {
      if (mouse.time !== undefined) events.onPick(timeOf(mouse.time), mouse.hoveredInfo?.objectId !== undefined);
    });
    this.chart.timeScale().subscribeVisibleLogicalRangeChange(() => this.looked());
  }

  destroy(): void {
    this.candles.detachPrimitive(this.lines);
    this.chart.remove();
  }

  /** Draw all bars, oldest first. */
  draw(bars: readonly Bar[]): void {
    this.candles.setData(candlesOf(bars, this.subject.interval));
    this.volumes.setData(bars.map((bar) => volumeOf(bar, this.palette)));
    this.newest = bars.at(-1)?.t ?? null;
    for (const layer of this.layers) layer.draw(bars);
    this.looked();
  }

  /** Show these indicators and no others. */
  showIndicators(indicators: readonly Shown[], bars: readonly Bar[]): void {
    const { instrument, interval } = this.subject;
    for (const layer of this.layers.toReversed()) layer.remove();
    this.layers = indicators.map((shown) => new IndicatorLayer(this.chart, shown, interval, instrument, this.palette));
    for (const layer of this.layers) layer.draw(bars);
  }

  /** What is drawn of the indicators, as data. */
  drawnIndicators() {
    return this.layers.map((layer) => layer.drawn());
  }

  /** Draw an indicator again: all of it, or what came since. */
  drawIndicator(shown: Shown, bars: readonly Bar[], change: Change): void {
    const layer = this.layers.find((one) => one.shown === shown);
    if (change === "all") layer?.draw(bars);
    else if (change === "newest") layer?.drawNewest(bars);
  }

  /** Draw what came since: the newest bar drawn may have changed, others may follow it. */
  drawNewest(bars: readonly Bar[]): void {
    const from = this.newest;
    const fresh = from === null ? bars.length : countFrom(bars, from);
    if (from === null || fresh > MOST_UPDATES || bars[bars.length - fresh]?.t !== from) return this.draw(bars);
    for (const bar of bars.slice(-fresh)) this.append(bar);
  }

  drawMarks(marks: readonly Mark[], picked: string | null): void {
    this.markers.setMarkers(marks.map((mark) => this.markerOf(mark, mark.key === picked)));
  }

  /** Draw what was bought and sold. */
  drawFills(marks: readonly FillMark[]): void {
    this.fillMarkers.setMarkers(marks.map((mark) => this.fillMarkerOf(mark)));
  }

  /** Draw lines at these prices and no others. */
  showLevels(levels: readonly Level[]): void {
    this.levels = levels;
    this.lines.show(levels, this.palette);
  }

  /** Draw a line elsewhere while it is being moved; null puts it back. */
  moveLevel(key: string, price: string | null): void {
    this.lines.move(key, price);
  }

  /** Hear where the lines are drawn, from now on. */
  watchLevels(onLayout: (layout: Layout) => void): void {
    this.lines.onLayout = onLayout;
    this.lines.show(this.levels, this.palette);
  }

  /** The price at a height of the canvas, in px from above. */
  priceAt(y: number): number | null {
    return this.candles.coordinateToPrice(y);
  }

  /** Tint the bar that opens at `t`; null is none. */
  highlight(t: number | null): void {
    this.band.show(t === null ? null : seconds(t), this.palette.band);
  }

  recolour(palette: Palette, bars: readonly Bar[]): void {
    this.palette = palette;
    this.chart.applyOptions(chartColours(palette));
    this.candles.applyOptions(candleColours(palette));
    for (const layer of this.layers) layer.recolour(palette);
    this.lines.show(this.levels, palette);
    this.draw(bars);
  }

  /** Go back to the newest bar and stay there. */
  follow(): void {
    this.chart.timeScale().scrollToRealTime();
  }

  /** Make the bar that opens at `t` visible. */
  reveal(bars: readonly Bar[], t: number): void {
    const scale = this.chart.timeScale();
    const range = scale.getVisibleRange();
    if (!range || (timeOf(range.from) <= t && t <= timeOf(range.to))) return;
    const index = scale.timeToIndex(seconds(t), true);
    const visible = scale.getVisibleLogicalRange();
    if (index === null || !visible || bars.length === 0) return;
    const half = (visible.to - visible.from) / 2;
    scale.setVisibleLogicalRange({ from: index - half, to: index + half });
  }

  /** Put the crosshair on a bar, as the keyboard does; it stays there until the mouse moves. */
  pointAt(bars: readonly Bar[], bar: Bar): void {
    const place = () => this.chart.setCrosshairPosition(Number(bar.c), seconds(bar.t), this.candles);
    this.isHeld = true;
    this.reveal(bars, bar.t);
    place();
    // a view that has just moved puts the crosshair back to where it was on the screen
    requestAnimationFrame(() => this.isHeld && this.pointed === bar.t && place());
    this.moveTo(bar.t);
  }

  /** Take the crosshair away. */
  pointNowhere(): void {
    this.isHeld = false;
    this.chart.clearCrosshairPosition();
    this.moveTo(null);
  }

  /** Put the crosshair on a bar without a word: another chart is pointed at. Null takes it away. */
  mirror(bar: Bar | null): void {
    this.isHeld = bar !== null;
    this.pointed = bar?.t ?? null;
    if (bar) this.chart.setCrosshairPosition(Number(bar.c), seconds(bar.t), this.candles);
    else this.chart.clearCrosshairPosition();
  }

  /** Show fewer (`factor` below 1) or more bars. */
  zoom(factor: number): void {
    const scale = this.chart.timeScale();
    const { barSpacing } = scale.options();
    scale.applyOptions({ barSpacing: Math.min(60, Math.max(0.6, barSpacing / factor)) });
  }

  private append(bar: Bar): void {
    const before = this.newest;
    if (before !== null && bar.t > closeTime(this.subject.interval, before)) {
      for (const t of blanksBetween(this.subject.interval, before, bar.t)) this.candles.update({ time: seconds(t) });
    }
    this.candles.update(candleOf(bar));
    this.volumes.update(volumeOf(bar, this.palette));
    this.newest = bar.t;
  }

  private markerOf(mark: Mark, isPicked: boolean): SeriesMarker<Time> {
    const isLong = mark.side === "long";
    return {
      id: mark.key,
      time: seconds(mark.t),
      position: isLong ? "belowBar" : "aboveBar",
      shape: isLong ? "arrowUp" : "arrowDown",
      color: isLong ? this.palette.long : this.palette.short,
      size: isPicked ? 2 : mark.isTurn ? 1 : 0.55,
    };
  }

  private fillMarkerOf({ t, side, price }: FillMark): SeriesMarker<Time> {
    const isBuy = side === "buy";
    return {
      time: seconds(t),
      position: "atPriceMiddle",
      price,
      shape: "circle",
      color: isBuy ? this.palette.bought : this.palette.sold,
      text: isBuy ? "B" : "S",
      size: 1.2,
    };
  }

  private point(mouse: MouseEventParams<Time>): void {
    if (mouse.sourceEvent) this.isHeld = false;
    if (this.isHeld) return;
    this.moveTo(mouse.time === undefined ? null : timeOf(mouse.time));
  }

  private moveTo(t: number | null): void {
    if (t === this.pointed) return;
    this.pointed = t;
    this.events.onPoint(t);
  }

  private looked(): void {
    const range = this.chart.timeScale().getVisibleLogicalRange();
    if (!range || this.newest === null) return;
    if (range.from < NEAR_START) this.events.onNearStart();
    this.events.onFollow(this.chart.timeScale().scrollPosition() > -1);
  }
}

function timeOf(time: Time): number {
  return (time as number) * 1000;
}

/** Return how many bars, counted from the end, open at `t` or later. */
function countFrom(bars: readonly Bar[], t: number): number {
  let count = 0;
  while (count < bars.length && bars[bars.length - 1 - count]!.t >= t) count += 1;
  return count;
}
