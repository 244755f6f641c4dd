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
  const rung = (side: "bid" | "ask") => (one: Rung, index: number) => (
    <RungRow key={index} side={side} rung={one} most={ladder.most} places={places} />
  );
  return (
    <table className="my-auto w-full table-fixed border-collapse text-xs">
      <caption className="sr-only">Order book: asks, the worst first, then bids, the best first</caption>
      <thead>
        <tr>
          <th className={HEAD}>{`Price ${quote}`}</th>
          <th className={HEAD}>{`Size ${base}`}</th>
          <th className={HEAD}>Total</th>
        </tr>
      </thead>
      <tbody>{ladder.asks.map(rung("ask")).reverse()}</tbody>
      <tbody>
        <Spread ladder={ladder} />
      </tbody>
      <tbody>{ladder.bids.map(rung("bid"))}</tbody>
    </table>
  );
}

interface RungRowProps {
  side: "bid" | "ask";
  rung: Rung;
  most: number;
  /** Decimal places of quantities. */
  places: number;
}

function RungRow({ side, rung, most, places }: RungRowProps) {
  const share = most > 0 ? (rung.total / most) * 100 : 0;
  const colour = side === "bid" ? "var(--up-wash)" : "var(--down-wash)";
  const background = `linear-gradient(to left, ${colour} ${share.toFixed(1)}%, transparent ${share.toFixed(1)}%)`;
  return (
    <tr className="h-5 leading-5" data-side={side} style={{ background }}>
      <td className={`px-3 text-right font-medium ${side === "bid" ? "text-up" : "text-down"}`}>
        {grouped(rung.price)}
      </td>
      <td className="truncate px-3 text-right">{grouped(rung.size)}</td>
      <td className="truncate px-3 text-right text-ink-soft">{grouped(rung.total.toFixed(places))}</td>
    </tr>
  );
}

function Spread({ ladder: { bids, asks } }: { ladder: Ladder }) {
  const bid = bids[0]?.price;
  const ask = asks[0]?.price;
  return (
    <tr className="h-8 border-y border-line">
      <td colSpan={3} className="px-3 text-center text-ink-soft" data-testid="spread">
        {bid !== undefined && ask !== undefined
          ? `Spread ${difference(bid, ask).replace("+", "")} (${(spreadPoints(bid, ask) / 100).toFixed(3)} %)`
          : "one side is empty"}
      </td>
    </tr>
  );
}
