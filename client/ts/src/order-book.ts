/** A whole order book, kept step by step and proved by its checksum. */

import type { RowOf } from "./channels.ts";
import { crc32 } from "./crc32.ts";

/** Price and quantity of one level, decimal text. */
export type Level = readonly [price: string, quantity: string];
type Step = RowOf<"book_delta">;

/** Levels a side that the checksum is of. */
const CHECKED = 20;

export class OrderBook {
  /** Best first. */
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
  sequence = 0;
  /** Market time of the newest step, UNIX ms. */
  ts = 0;
  private readonly sides: { bids: Level[]; asks: Level[] } = { bids: [], asks: [] };

  constructor() {
    this.bids = this.sides.bids;
    this.asks = this.sides.asks;
  }

  /** Hold this book and no other; returns whether it is what the node has. */
  load(step: Step): boolean {
    this.sides.bids.splice(0, Infinity, ...step.bids);
    this.sides.asks.splice(0, Infinity, ...step.asks);
    return this.arrive(step);
  }

  /** Take the next step; returns false when one is missing or the book is not the node's any more. */
  apply(step: Step): boolean {
    if (step.sequence !== this.sequence + 1) return false;
    for (const level of step.bids) place(this.sides.bids, level, -1);
    for (const level of step.asks) place(this.sides.asks, level, 1);
    return this.arrive(step);
  }

  private arrive({ sequence, ts, crc32: wanted }: Step): boolean {
    this.sequence = sequence;
    this.ts = ts;
    return wanted === this.checksum();
  }

  private checksum(): number {
    const words = (levels: readonly Level[]) => levels.slice(0, CHECKED).map((level) => level.join(":"));
    return crc32([this.bids, this.asks].map((side) => words(side).join(",")).join("|"));
  }
}

/** Put a level where it belongs among others, best first; `direction` is 1 when lower prices are better. */
function place(levels: Level[], level: Level, direction: 1 | -1): void {
  const price = Number(level[0]);
  let low = 0;
  let high = levels.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((Number(levels[middle]![0]) - price) * direction < 0) low = middle + 1;
    else high = middle;
  }
  const isHeld = low < levels.length && Number(levels[low]![0]) === price;
  const isGone = Number(level[1]) === 0;
  if (isGone) levels.splice(low, isHeld ? 1 : 0);
  else levels.splice(low, isHeld ? 1 : 0, level);
}
