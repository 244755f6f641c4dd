/** An order book as a ladder: each level with what stands up to it. */

/** Price and quantity of one level, decimal text. */
export type Level = readonly [string, string];

export interface Rung {
  price: string;
  size: string;
  /** Base units from the best price up to here. */
  total: number;
}

export interface Ladder {
  /** Best first. */
  bids: readonly Rung[];
  asks: readonly Rung[];
  /** The larger of the two sides' totals: what a full bar means. */
  most: number;
}

/** Return the best `count` levels a side; `levels` are best first. */
export function ladderOf(bids: readonly Level[], asks: readonly Level[], count: number): Ladder {
  const rungs = { bids: rungsOf(bids, count), asks: rungsOf(asks, count) };
  return { ...rungs, most: Math.max(rungs.bids.at(-1)?.total ?? 0, rungs.asks.at(-1)?.total ?? 0) };
}

function rungsOf(levels: readonly Level[], count: number): Rung[] {
  let total = 0;
  return levels.slice(0, count).map(([price, size]) => {
    total += Number(size);
    return { price, size, total };
  });
}

/** Return the distance from bid to ask in hundredths of a per cent of their middle. */
export function spreadPoints(bid: string, ask: string): number {
  const middle = (Number(bid) + Number(ask)) / 2;
  return middle > 0 ? ((Number(ask) - Number(bid)) / middle) * 10_000 : 0;
}
