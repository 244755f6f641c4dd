/** The live bars of one instrument and interval: WebSocket for the present, REST for the past. */

import { type Bar, barsOf, type ChannelEvent, type Connection, type IntervalName, type Rest } from "whisperer-client";
import { Store } from "../state/store";
import { BarSeries, type Change } from "./bars";
import { missingBetween } from "./interval";

const PAGE = 1_000;
/** What a chart still draws without a stutter; history is not read beyond it. */
const MOST_BARS = 50_000;
/** Live bars above that are dropped at the old end so many at a time. */
const TRIM = 5_000;
/** A longer absence is not filled up: what is held is given up and read again from the newest on. */
const LONGEST_SEAM = 5_000;

export interface FeedState {
  phase: "loading" | "ready" | "refused";
  /** Why it was refused. */
  message: string;
  isLoadingOlder: boolean;
  /** Why older bars could not be read the last time. */
  olderFailed: string | null;
  hasOlder: boolean;
  /** Whether bars between those held are still to be read: such a hole is not the source's. */
  isCatchingUp: boolean;
}

export interface BarFeedOptions {
  /** How often the open bar may come, per second; null is as it changes. */
  maxHz?: number | null;
  /** How many bars are held at most. */
  most?: number;
}

export class BarFeed {
  readonly series: BarSeries;
  readonly state = new Store<FeedState>({
    phase: "loading",
    message: "",
    isLoadingOlder: false,
    olderFailed: null,
    hasOlder: true,
    isCatchingUp: false,
  });
  /** Grows with every change of the bars. */
  readonly revision = new Store(0);
  private readonly maxHz: number | null;
  private readonly most: number;
  private readonly listeners = new Set<(change: Change) => void>();
  private generation = 0;
  /** Where reading backwards stands: one question, continued by its cursor. */
  private past: { end: number; cursor?: string } | null = null;
  /** What is missing between what was held and a later snapshot. */
  private seam: { start: number; end: number } | null = null;

  constructor(
    private readonly rest: Rest,
    readonly instrumentId: string,
    readonly interval: IntervalName,
    { maxHz = null, most = MOST_BARS }: BarFeedOptions = {},
  ) {
    this.maxHz = maxHz;
    this.most = most;
    this.series = new BarSeries(interval);
  }

  /** Whether it holds as many bars as it ever does. */
  get isFull(): boolean {
    return this.series.all.length >= this.most;
  }

  /** Begin to read; returns what ends it. */
  open(connection: Connection): () => void {
    return connection.subscribe(barsOf(this.instrumentId, this.interval), (event) => this.read(event), this.maxHz);
  }

  /** Hear of every change; returns what ends it. */
  listen(listener: (change: Change) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Read one more page of history, if there is any; after a failure only once it is cleared. */
  async loadOlder(): Promise<void> {
    const oldest = this.series.oldest;
    const { isLoadingOlder, hasOlder, phase, olderFailed } = this.state.get();
    if (!oldest || isLoadingOlder || !hasOlder || this.isFull || olderFailed !== null || phase !== "ready") return;
    const { generation } = this;
    this.patch({ isLoadingOlder: true });
    try {
      this.past ??= { end: oldest.t };
      const page = await this.rest.get("/api/v1/bars", { ...this.question(), ...this.past, limit: PAGE });
      if (generation === this.generation) this.takeOlder(page.items, page.next);
    } catch (error) {
      if (generation === this.generation) this.patch({ olderFailed: (error as Error).message });
    } finally {
      if (generation === this.generation) this.patch({ isLoadingOlder: false });
    }
  }

  /** Read history again after a failure. */
  retryOlder(): void {
    this.patch({ olderFailed: null });
    void this.fillSeam();
    void this.loadOlder();
  }

  private takeOlder(bars: readonly Bar[], next: string | null): void {
    if (this.past) this.past = next === null ? null : { ...this.past, cursor: next };
    this.patch({ hasOlder: next !== null });
    if (bars.length === 0) return;
    this.series.fill(bars);
    this.changed("all");
  }

  private read(event: ChannelEvent<Bar>): void {
    if (event.kind === "refused") return this.patch({ phase: "refused", message: event.message });
    if (event.kind === "row") return this.changed(this.series.apply(event.row));
    this.snapshot(event.rows, event.isNewEpoch);
  }

  private snapshot(bars: readonly Bar[], isNewEpoch: boolean): void {
    const seam = this.seamTo(bars[0]);
    if (isNewEpoch || seam > LONGEST_SEAM) this.restart(bars);
    else {
      if (seam > 0) this.seam = { start: this.series.newest!.t + 1, end: bars[0]!.t };
      this.series.splice(bars);
      void this.fillSeam();
    }
    this.patch({ phase: "ready", olderFailed: null });
    this.changed("all");
  }

  private restart(bars: readonly Bar[]): void {
    this.generation += 1;
    this.past = null;
    this.seam = null;
    this.series.replace(bars);
    this.patch({ hasOlder: bars.length > 0, isLoadingOlder: false, olderFailed: null, isCatchingUp: false });
  }

  private seamTo(first: Bar | undefined): number {
    const newest = this.series.newest;
    return newest && first && first.t > newest.t ? missingBetween(this.interval, newest.t, first.t) : 0;
  }

  /** Read what a ring no longer had; one answer holds it all. */
  private async fillSeam(): Promise<void> {
    const { generation, seam } = this;
    if (!seam) return;
    this.patch({ isCatchingUp: true });
    try {
      const page = await this.rest.get("/api/v1/bars", { ...this.question(), ...seam, limit: LONGEST_SEAM });
      if (generation !== this.generation) return;
      this.seam = null;
      this.patch({ isCatchingUp: false });
      this.series.fill(page.items);
      this.changed("all");
    } catch (error) {
      this.patch({ olderFailed: (error as Error).message });
    }
  }

  private question() {
    return { instrument_id: this.instrumentId, interval: this.interval };
  }

  private changed(change: Change): void {
    if (change === "none") return;
    const isTrimmed = this.trimmed();
    for (const listener of this.listeners) listener(isTrimmed ? "all" : change);
    this.revision.update((revision) => revision + 1);
  }

  /** Drop the oldest of far too many bars; the cursor, which leads past them, with them. */
  private trimmed(): boolean {
    if (this.series.all.length <= this.most + TRIM) return false;
    this.series.trim(this.most);
    this.past = null;
    this.patch({ hasOlder: true });
    return true;
  }

  private patch(part: Partial<FeedState>): void {
    this.state.update((state) => ({ ...state, ...part }));
  }
}
