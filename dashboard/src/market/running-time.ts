/** Market time between two messages: guessed no further than the next one is due. */

import type { MarketTime } from "whisperer-client";

/** However seldom the node speaks, it is not believed to run on for longer than this. */
const LONGEST_MS = 1_500;
/** A long pause between messages is forgotten by so much with each shorter one. */
const FORGET = 0.8;

export class RunningTime {
  private last: MarketTime = { ts: 0, at: 0 };
  /** How long to wait for a message, as a rule: ms of wall time. */
  private pause = 0;

  /** Hear of a market time that the node told. */
  told(time: MarketTime): void {
    if (this.last.ts > 0) this.pause = Math.min(LONGEST_MS, Math.max(time.at - this.last.at, this.pause * FORGET));
    this.last = time;
  }

  /** Return market time (UNIX ms) at `now` (`performance.now()`), `speed` market seconds per wall second. */
  at(now: number, speed: number): number {
    return this.last.ts + Math.max(0, Math.min(now - this.last.at, this.pause)) * speed;
  }
}
