/** The live values of one indicator: WebSocket for the present, REST for the past. */

import type { ChannelEvent, Connection, IntervalName, Rest, RowOf } from "whisperer-client";
import { Store } from "../state/store";
import type { Change } from "./bars";
import type { FeedPhase } from "./latest-feed";

type Channel = `indicators:${string}`;
export type IndicatorRow = RowOf<Channel>;

const PAGE = 1_000;
/** More than a feed of bars holds: no bar that is drawn lacks its values. */
const MOST_ROWS = 60_000;
/** Live values above that are dropped at the old end so many at a time. */
const TRIM = 5_000;
/** After a failure the past is not asked for during this time. */
const QUIET_MS = 5_000;
const MAX_HZ = 4;

export class IndicatorFeed {
  readonly phase = new Store<FeedPhase>("loading");
  /** Why it was refused. */
  readonly message = new Store("");
  /** Grows with every change. */
  readonly revision = new Store(0);
  private readonly listeners = new Set<(change: Change) => void>();
  /** By open time, UNIX ms. */
  private readonly byTime = new Map<number, IndicatorRow>();
  /** Open time of the oldest row; what is older has not been read. */
  private oldest = Infinity;
  private generation = 0;
  private isReading = false;
  private isAtEnd = false;
  private quietUntil = 0;

  /** `name` is canonical, with its parameters: `BB(20,2)`. */
  constructor(
    private readonly rest: Rest,
    readonly instrumentId: string,
    readonly interval: IntervalName,
    readonly name: string,
  ) {}

  /** Begin to read; returns what ends it. */
  open(connection: Connection): () => void {
    const channel: Channel = `indicators:${this.instrumentId}:${this.interval}:${this.name}`;
    return connection.subscribe(channel, (event) => this.read(event), MAX_HZ);
  }

  /** Hear of every change; returns what ends it. */
  listen(listener: (change: Change) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Return the values at the bar that opens at `t`. */
  at(t: number): IndicatorRow | undefined {
    return this.byTime.get(t);
  }

  /** Read older values until they reach back to `t` (UNIX ms), or there are no more. */
  async cover(t: number): Promise<void> {
    if (this.isReading || this.phase.get() !== "ready" || performance.now() < this.quietUntil) return;
    this.isReading = true;
    try {
      while (!this.isAtEnd && this.oldest > t) await this.readPage();
    } catch {
      this.quietUntil = performance.now() + QUIET_MS;
    } finally {
      this.isReading = false;
    }
  }

  private async readPage(): Promise<void> {
    const { generation, instrumentId, interval, name } = this;
    const question = { instrument_id: instrumentId, interval, name, end: this.oldest, limit: PAGE };
    const page = await this.rest.get("/api/v1/indicators", question);
    if (generation !== this.generation) return;
    this.isAtEnd = page.next === null || page.items.length === 0;
    this.keep(page.items, "all");
  }

  private read(event: ChannelEvent<IndicatorRow>): void {
    if (event.kind === "refused") {
      this.message.set(event.message);
      return this.phase.set("refused");
    }
    if (event.kind === "row") return this.keep([event.row], "newest");
    const isJoined = !event.isNewEpoch && event.rows.some(({ t }) => this.byTime.has(t));
    if (!isJoined) this.forget();
    this.keep(event.rows, "all");
    this.phase.set(event.hasSource ? "ready" : "none");
  }

  private forget(): void {
    this.generation += 1;
    this.byTime.clear();
    this.oldest = Infinity;
    this.isAtEnd = false;
  }

  private keep(rows: readonly IndicatorRow[], change: Change): void {
    for (const row of rows) {
      if (this.byTime.get(row.t)?.closed && !row.closed) continue;
      this.byTime.set(row.t, row);
      this.oldest = Math.min(this.oldest, row.t);
    }
    if (this.byTime.size > MOST_ROWS + TRIM) this.trim();
    this.revision.update((revision) => revision + 1);
    for (const listener of this.listeners) listener(change);
  }

  private trim(): void {
    const times = [...this.byTime.keys()].sort((one, other) => one - other);
    for (const t of times.slice(0, -MOST_ROWS)) this.byTime.delete(t);
    this.oldest = times.at(-MOST_ROWS)!;
    this.isAtEnd = false;
  }
}
