/** The bars of one instrument in order, each closed one once, whatever the connection does. */

import type { Rest } from "./rest.ts";
import { ApiError } from "./rest.ts";
import type { Rows } from "./rows.ts";
import type { Answer, Bar, IntervalName } from "./types.ts";

const PAGE = 1_000;

export class BarRows {
  private readonly rest: Rest;
  private readonly instrumentId: string;
  private readonly interval: IntervalName;
  private readonly rows: Rows<Bar>;
  /** Open time of the newest closed bar given. */
  private last = -Infinity;
  /** What came while missing bars are read; null when none are. */
  private held: Bar[] | null = null;

  constructor(rest: Rest, instrumentId: string, interval: IntervalName, rows: Rows<Bar>) {
    this.rest = rest;
    this.instrumentId = instrumentId;
    this.interval = interval;
    this.rows = rows;
  }

  /** Take one live bar. */
  row(bar: Bar): void {
    if (this.held) this.held.push(bar);
    else this.push(bar);
  }

  /** Take a snapshot: bars between it and those given before are read first, so that there is no gap. */
  snapshot(bars: readonly Bar[]): void {
    const first = bars[0];
    if (!first) return;
    if (bars.at(-1)!.t < this.last) this.last = -Infinity;
    const isJoined = this.last === -Infinity || first.t <= this.last;
    if (isJoined && !this.held) return bars.forEach((bar) => this.push(bar));
    const isReading = this.held !== null;
    this.held = [...bars];
    if (!isReading) void this.join(first.t);
  }

  private async join(end: number): Promise<void> {
    try {
      let cursor: string | null = null;
      do {
        const page: Answer<"get", "/api/v1/bars"> = await this.rest.get("/api/v1/bars", {
          instrument_id: this.instrumentId,
          interval: this.interval,
          start: this.last + 1,
          limit: PAGE,
          ...(cursor !== null && { cursor }),
        });
        for (const bar of page.items) if (bar.t < end) this.push(bar);
        cursor = page.items.some((bar) => bar.t >= end) ? null : page.next;
      } while (cursor !== null);
      const held = this.held ?? [];
      this.held = null;
      held.forEach((bar) => this.push(bar));
    } catch (error) {
      this.rows.fail(error instanceof ApiError ? error : new ApiError(0, "internal", String(error)));
    }
  }

  private push(bar: Bar): void {
    if (bar.t <= this.last) return;
    if (bar.closed) this.last = bar.t;
    this.rows.push(bar);
  }
}
