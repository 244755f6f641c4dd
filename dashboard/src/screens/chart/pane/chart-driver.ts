/** Keeps one canvas in step with its feeds: at most one drawing per frame of the screen, none while it is hidden. */

import type { Bar, Instrument, Signal } from "whisperer-client";
import type { FillLog } from "../../../account/fill-log";
import { type FillMark, fillMarksOn, type Level } from "../../../account/levels";
import type { BarFeed } from "../../../market/bar-feed";
import type { Change } from "../../../market/bars";
import { closeTime } from "../../../market/interval";
import type { SignalFeed } from "../../../market/signal-feed";
import { keyOf, type Mark, marksOn, signalOn } from "../../../market/signals";
import { marks as markSetting, shade, type Zone } from "../../../state/settings";
import type { Store } from "../../../state/store";
import { ChartView } from "./chart-view";
import type { Shown } from "./indicator-lines";
import type { Layout } from "./level-lines";
import { readPalette } from "./palette";

/** What the canvas and the panels around it have in common. */
export interface Focus {
  /** Key of the signal that was picked. */
  picked: Store<string | null>;
  /** Grows whenever somebody wants to see what is known of the picked one. */
  asked: Store<number>;
  /** Open time of the bar under the crosshair. */
  pointed: Store<number | null>;
  /** Whether the newest bar is in sight. */
  following: Store<boolean>;
}

/** Where the crosshair is, on all charts: a market time (UNIX ms), and the chart that was pointed at. */
export type Crosshair = Store<{ t: number; by: ChartDriver } | null>;

/** What a chart shows. */
export interface Subject {
  instrument: Instrument;
  feed: BarFeed;
  signals: SignalFeed;
  fills: FillLog;
  zone: Zone;
}

/** Marks of a fast replay are drawn no more often than this. */
const MARKS_EVERY_MS = 150;

export class ChartDriver {
  private readonly view: ChartView;
  private readonly feed: BarFeed;
  private readonly signals: SignalFeed;
  private readonly fills: FillLog;
  private readonly instrumentId: string;
  private levels: readonly Level[] = [];
  private readonly endings: (() => void)[];
  private indicators: readonly Shown[] = [];
  private indicatorEndings: (() => void)[] = [];
  private readonly indicatorChanges = new Map<Shown, Change>();
  private pending: Change = "all";
  private areMarksOld = true;
  private marksAt = 0;
  private isRevealed = false;
  private frame = 0;
  private drawnAt = 0;
  /** Least time between two drawings, ms. */
  pauseMs = 0;

  constructor(
    private readonly host: HTMLElement,
    { instrument, feed, signals, fills, zone }: Subject,
    private readonly focus: Focus,
    private readonly crosshair: Crosshair,
  ) {
    this.feed = feed;
    this.signals = signals;
    this.fills = fills;
    this.instrumentId = instrument.instrument_id;
    this.view = new ChartView(host, { instrument, interval: feed.interval, zone }, readPalette(), {
      onPoint: (t) => this.pointedAt(t),
      onPick: (t, isMark) => this.pickOn(t, isMark),
      onNearStart: () => void feed.loadOlder(),
      onFollow: (isFollowing) => focus.following.set(isFollowing),
    });
    this.endings = [
      feed.listen((change) => this.changed(change)),
      signals.revision.watch(() => this.marksChanged()),
      fills.revision.watch(() => this.marksChanged()),
      markSetting.watch(() => this.marksChanged()),
      focus.picked.watch(() => this.picked()),
      shade.watch(() => this.recolour()),
      crosshair.watch(() => this.mirror()),
    ];
    this.schedule();
  }

  destroy(): void {
    cancelAnimationFrame(this.frame);
    for (const end of [...this.endings, ...this.indicatorEndings]) end();
    this.pointedAt(null);
    this.view.destroy();
  }

  /** Show these indicators and no others. */
  showIndicators(indicators: readonly Shown[]): void {
    for (const end of this.indicatorEndings) end();
    this.indicators = indicators;
    this.indicatorChanges.clear();
    this.view.showIndicators(indicators, this.feed.series.all);
    this.indicatorEndings = indicators.map((shown) =>
      shown.feed.listen((change) => {
        if (this.indicatorChanges.get(shown) !== "all") this.indicatorChanges.set(shown, change);
        this.schedule();
      }),
    );
    this.cover();
  }

  /** What is drawn of the indicators, as data. */
  drawnIndicators() {
    return this.view.drawnIndicators();
  }

  /** Draw lines at these prices and no others. */
  showLevels(levels: readonly Level[]): void {
    this.levels = levels;
    this.view.showLevels(levels);
  }

  /** Lines that stand on the chart. */
  shownLevels(): readonly Level[] {
    return this.levels;
  }

  moveLevel(key: string, price: string | null): void {
    this.view.moveLevel(key, price);
  }

  watchLevels(onLayout: (layout: Layout) => void): void {
    this.view.watchLevels(onLayout);
  }

  /** The price at a height of the browser's window, for drawing. */
  priceAt(clientY: number): number | null {
    return this.view.priceAt(clientY - this.host.getBoundingClientRect().top);
  }

  /** The newest price, as text. */
  lastPrice(): string | null {
    return this.feed.series.newest?.c ?? null;
  }

  /** Return what was bought and sold, as it stands on the chart. */
  fillMarks(): FillMark[] {
    return fillMarksOn(this.feed.series, this.fills.all, this.instrumentId);
  }

  follow = (): void => this.view.follow();

  zoom(factor: number): void {
    this.view.zoom(factor);
  }

  /** Move the crosshair by bars; without one it starts at the newest. */
  step(by: number): void {
    const bars = this.feed.series.all;
    const pointed = this.focus.pointed.get();
    const at = pointed === null ? bars.length : bars.findLastIndex((bar) => bar.t <= pointed);
    const bar = bars[Math.min(bars.length - 1, Math.max(0, at + by))];
    if (bar) this.view.pointAt(bars, bar);
  }

  /** Pick the signal on the bar under the crosshair and show what is known of it. */
  pickPointed(): void {
    const pointed = this.focus.pointed.get();
    if (pointed !== null) this.pickOn(pointed, true);
  }

  /** Leave crosshair and picked signal. */
  release(): void {
    this.view.pointNowhere();
    this.focus.picked.set(null);
  }

  /** Return the marks that stand on the chart. */
  marks(): Mark[] {
    const choice = markSetting.get();
    if (choice === "off") return [];
    const all = marksOn(this.feed.series.all, this.signals.log.all);
    return choice === "all" ? all : all.filter((mark) => mark.isTurn);
  }

  private pointedAt(t: number | null): void {
    this.focus.pointed.set(t);
    if (t !== null) this.crosshair.set({ t, by: this });
    else if (this.crosshair.get()?.by === this) this.crosshair.set(null);
  }

  /** Follow the crosshair of another chart to the bar that holds its time. */
  private mirror(): void {
    const pointed = this.crosshair.get();
    if (pointed?.by === this) return;
    const bar = pointed ? this.feed.series.at(pointed.t) : undefined;
    const isOn = pointed && bar && closeTime(this.feed.interval, bar.t) > pointed.t;
    this.view.mirror(isOn ? bar : null);
    this.focus.pointed.set(isOn ? bar.t : null);
  }

  private pickOn(t: number, isAsked: boolean): void {
    const signal = signalOn(this.signals.log.all, t, closeTime(this.feed.interval, t));
    this.focus.picked.set(signal ? keyOf(signal) : null);
    if (signal && isAsked) this.focus.asked.update((count) => count + 1);
    this.isRevealed = true;
  }

  private picked(): void {
    this.isRevealed = false;
    this.marksAt = 0;
    this.marksChanged();
  }

  private pickedBar(): Bar | undefined {
    const key = this.focus.picked.get();
    const signal: Signal | undefined = key === null ? undefined : this.signals.log.get(key);
    return signal && this.feed.series.at(signal.ts - 1);
  }

  private changed(change: Change): void {
    if (this.pending !== "all") this.pending = change;
    this.schedule();
  }

  private marksChanged(): void {
    this.areMarksOld = true;
    this.schedule();
  }

  private recolour(): void {
    this.view.recolour(readPalette(), this.feed.series.all);
    this.marksChanged();
  }

  private schedule(): void {
    this.frame ||= requestAnimationFrame((now) => this.drawIfDue(now));
  }

  /** Several charts share what one screen can draw: each waits for its turn. */
  private drawIfDue(now: number): void {
    this.frame = 0;
    if (this.pending !== "all" && now - this.drawnAt < this.pauseMs) return this.schedule();
    this.drawnAt = now;
    this.draw();
  }

  private draw(): void {
    const bars = this.feed.series.all;
    if (this.pending === "all") this.view.draw(bars);
    else if (this.pending === "newest") this.view.drawNewest(bars);
    const areMarksDue = this.areMarksOld && performance.now() - this.marksAt > MARKS_EVERY_MS;
    if (this.pending === "all" || areMarksDue) this.drawMarks(bars);
    this.drawIndicators(bars);
    this.pending = "none";
    if (this.areMarksOld) this.schedule();
  }

  private drawIndicators(bars: readonly Bar[]): void {
    const changes = [...this.indicatorChanges.values()];
    if (this.pending === "all" || changes.includes("all")) this.cover();
    if (this.pending !== "all")
      for (const [shown, change] of this.indicatorChanges) this.view.drawIndicator(shown, bars, change);
    this.indicatorChanges.clear();
  }

  /** Have the indicators reach as far back as the bars. */
  private cover(): void {
    const oldest = this.feed.series.oldest;
    if (oldest) for (const { feed } of this.indicators) void feed.cover(oldest.t);
  }

  private drawMarks(bars: readonly Bar[]): void {
    this.areMarksOld = false;
    this.marksAt = performance.now();
    const oldest = bars[0];
    if (!oldest) return;
    void this.signals.cover(oldest.t);
    void this.fills.cover(oldest.t);
    if (this.fills.revision.get() > 0) this.view.drawFills(this.fillMarks());
    this.view.drawMarks(this.marks(), this.focus.picked.get());
    const bar = this.pickedBar();
    this.view.highlight(bar?.t ?? null);
    if (!bar || this.isRevealed) return;
    this.isRevealed = true;
    this.view.reveal(bars, bar.t);
  }
}
