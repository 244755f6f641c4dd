/** The live AI signals of one instrument, or of all: WebSocket for the newest, REST for those before. */

import { type ChannelEvent, type Connection, type Rest, type Signal, signalsOf } from "whisperer-client";
import { Store } from "../state/store";
import { SignalLog } from "./signals";

const PAGE = 1_000;
const MOST_SIGNALS = 20_000;
/** After a failure the past is not asked for during this time. */
const QUIET_MS = 5_000;

export class SignalFeed {
  readonly log = new SignalLog();
  readonly phase = new Store<"loading" | "ready" | "refused">("loading");
  /** Grows with every change of the log. */
  readonly revision = new Store(0);
  private generation = 0;
  private isReading = false;
  /** Where reading backwards stands: one question, continued by its cursor. */
  private past: { end: number; cursor?: string } | null = null;
  private isAtEnd = false;
  private quietUntil = 0;

  /** Signals of one instrument; null is of all. */
  constructor(
    private readonly rest: Rest,
    readonly instrumentId: string | null,
  ) {}

  /** Begin to read; returns what ends it. */
  open(connection: Connection): () => void {
    return connection.subscribe(signalsOf(this.instrumentId), (event) => this.read(event));
  }

  get hasOlder(): boolean {
    return !this.isAtEnd;
  }

  /** Read older signals until the log reaches back to `t` (UNIX ms), or there are no more. */
  async cover(t: number): Promise<void> {
    if (performance.now() < this.quietUntil) return;
    try {
      while ((this.log.all[0]?.ts ?? 0) > t && (await this.loadOlder())) continue;
    } catch {
      // marks of the past are missing until it is asked again; the connection badge tells of the node
      this.quietUntil = performance.now() + QUIET_MS;
    }
  }

  /** Read one more page; returns whether there may be another. */
  async loadOlder(): Promise<boolean> {
    if (this.isReading || this.isAtEnd || this.phase.get() !== "ready") return false;
    this.isReading = true;
    try {
      return await this.readPage();
    } finally {
      this.isReading = false;
    }
  }

  private async readPage(): Promise<boolean> {
    const { generation } = this;
    this.past ??= { end: (this.log.all[0]?.ts_bar ?? -1) + 1 };
    const whose = this.instrumentId === null ? {} : { instrument_id: this.instrumentId };
    const page = await this.rest.get("/api/v1/signals", { ...whose, ...this.past, limit: PAGE });
    if (generation !== this.generation) return false;
    this.past = page.next === null ? null : { ...this.past, cursor: page.next };
    this.isAtEnd = page.next === null;
    this.log.merge(page.items);
    this.changed();
    return !this.isAtEnd;
  }

  private read(event: ChannelEvent<Signal>): void {
    if (event.kind === "refused") return this.phase.set("refused");
    if (event.kind === "row") this.log.merge([event.row]);
    else this.snapshot(event.rows, event.isNewEpoch);
    this.changed();
  }

  private snapshot(signals: readonly Signal[], isNewEpoch: boolean): void {
    const held = this.log.all.at(-1);
    const isJoined = !isNewEpoch && held !== undefined && (signals[0]?.ts ?? Infinity) <= held.ts;
    this.generation += 1;
    this.past = null;
    this.isAtEnd = false;
    if (isJoined) this.log.merge(signals);
    else this.log.replace(signals);
    this.phase.set("ready");
  }

  private changed(): void {
    this.log.trim(MOST_SIGNALS);
    this.revision.update((revision) => revision + 1);
  }
}
