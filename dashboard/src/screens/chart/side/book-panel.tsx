/** The order book as a ladder: asks above, bids below, each with what stands up to it. */

import type { Instrument } from "whisperer-client";
import { difference, grouped } from "../../../market/decimal";
import { type Ladder, type Rung, ladderOf, spreadPoints } from "../../../market/ladder";
import { type BookFeed, BOOK_LEVELS, useNode } from "../../../state/node";
import { useStore } from "../../../state/store";
import { useTaken } from "../../../state/taken";
import { useCalm } from "../../../state/ticking";
import { useFitting } from "../../../ui/fitting";
import { Message, Waiting } from "../../../ui/message";

const ROW_PX = 20;
const SPREAD_PX = 32;
/** Room for the heading and for the spread between the sides, in rows. */
const OTHER_ROWS = 3;
const LEAST_LEVELS = 8;

export function BookPanel({ instrument }: { instrument: Instrument }) {
  const node = useNode();
  const id = instrument.instrument_id;
  const feed = useTaken(() => node.book(id), [node, id]);
  return feed ? <Book feed={feed} instrument={instrument} /> : <Waiting label="Loading the order book" rows={10} />;
}

function Book({ feed, instrument }: { feed: BookFeed; instrument: Instrument }) {
  const phase = useStore(feed.phase);
  const book = useCalm(feed.value, 90);
  const [box, rows] = useFitting(ROW_PX, 2 * LEAST_LEVELS + OTHER_ROWS);
  const count = Math.min(BOOK_LEVELS, Math.floor((rows - OTHER_ROWS) / 2));
  return (
    <div ref={box} className="flex min-h-[26rem] flex-1 flex-col overflow-hidden lg:min-h-0" data-testid="book">
      {phase === "loading" && <Waiting label="Loading the order book" rows={10} />}
      {phase === "none" && (
        <Message icon="book" title="No order book">
          This source has no order book: it knows bars{instrument.has_trades ? " and trades" : ""} only.
        </Message>
      )}
      {phase === "refused" && <Message icon="alert" title="No order book for this instrument" />}
      {phase === "ready" && !book && <Message icon="book" title="The order book is empty" />}
      {phase === "ready" && book && (
        <LadderTable ladder={ladderOf(book.bids, book.asks, count)} instrument={instrument} />
      )}
    </div>
  );
}

const HEAD = "px-3 text-right text-2xs leading-5 font-normal text-ink-faint";

function LadderTable({ ladder, instrument }: { ladder: Ladder; instrument: Instrument }) {
  const { base_currency: base, quote_currency: quote, size_precision: places } = instrument;
  return (
    <div className="relative isolate my-auto">
      <Bars ladder={ladder} />
      <table className="w-full table-fixed border-separate border-spacing-0 text-xs">
        <caption className="sr-only">Order book: asks, the worst first, then bids, the best first</caption>
        <thead>
          <tr>
            <th className={HEAD}>{`Price ${quote}`}</th>
            <th className={HEAD}>{`Size ${base}`}</th>
            <th className={HEAD}>Total</th>
          </tr>
        </thead>
        <Side side="ask" rungs={ladder.asks.toReversed()} places={places} />
        <tbody>
          <Spread ladder={ladder} />
        </tbody>
        <Side side="bid" rungs={ladder.bids} places={places} />
      </table>
    </div>
  );
}

/** Behind the figures: how much stands up to each level. One shape a side, so that a new book is one change. */
function Bars({ ladder: { asks, bids, most } }: { ladder: Ladder }) {
  const first = ROW_PX + asks.length * ROW_PX + SPREAD_PX;
  const height = first + bids.length * ROW_PX;
  return (
    <svg
      aria-hidden="true"
      viewBox={`0 0 100 ${height}`}
      preserveAspectRatio="none"
      className="absolute inset-x-0 top-0 -z-[1] w-full"
      style={{ height }}
    >
      <path d={barsPath(asks.toReversed(), most, ROW_PX)} fill="var(--down-wash)" />
      <path d={barsPath(bids, most, first)} fill="var(--up-wash)" />
    </svg>
  );
}

/** The bars of rungs from above to below, each from the right edge (100) on. */
function barsPath(rungs: readonly Rung[], most: number, top: number): string {
  const bars = rungs.map(({ total }, at) => {
    const width = most > 0 ? ((total / most) * 100).toFixed(1) : "0";
    return `M100 ${top + at * ROW_PX}h-${width}v${ROW_PX}h${width}z`;
  });
  return bars.join("");
}

interface SideProps {
  side: "bid" | "ask";
  /** From above to below. */
  rungs: readonly Rung[];
  /** Decimal places of quantities. */
  places: number;
}

function Side({ side, rungs, places }: SideProps) {
  const look = side === "bid" ? "text-up" : "text-down";
  return (
    <tbody>
      {rungs.map((rung, index) => (
        <tr key={index} className="h-5 leading-5" data-side={side}>
          <td className={`px-3 text-right font-medium ${look}`}>{grouped(rung.price)}</td>
          <td className="truncate px-3 text-right">{grouped(rung.size)}</td>
          <td className="truncate px-3 text-right text-ink-soft">{grouped(rung.total.toFixed(places))}</td>
        </tr>
      ))}
    </tbody>
  );
}

function Spread({ ladder: { bids, asks } }: { ladder: Ladder }) {
  const bid = bids[0]?.price;
  const ask = asks[0]?.price;
  return (
    <tr className="h-8">
      <td colSpan={3} className="border-y border-line px-3 text-center text-ink-soft" data-testid="spread">
        {bid !== undefined && ask !== undefined
          ? `Spread ${difference(bid, ask).replace("+", "")} (${(spreadPoints(bid, ask) / 100).toFixed(3)} %)`
          : "one side is empty"}
      </td>
    </tr>
  );
}
