/** The tape: what was traded, newest first. */

import type { Instrument } from "whisperer-client";
import { grouped } from "../../../market/decimal";
import { clock } from "../../../market/time";
import type { Trade, TradeFeed } from "../../../market/trade-feed";
import { useNode } from "../../../state/node";
import { type Zone, zone as zoneSetting } from "../../../state/settings";
import { useStore } from "../../../state/store";
import { useTaken } from "../../../state/taken";
import { useCalm } from "../../../state/ticking";
import { useFitting } from "../../../ui/fitting";
import { Message, Waiting } from "../../../ui/message";

const ROW_PX = 20;
const LEAST_ROWS = 16;

export function TradePanel({ instrument }: { instrument: Instrument }) {
  const node = useNode();
  const id = instrument.instrument_id;
  const feed = useTaken(() => node.trades(id), [node, id]);
  return feed ? <Tape feed={feed} instrument={instrument} /> : <Waiting label="Loading the trades" rows={10} />;
}

function Tape({ feed, instrument }: { feed: TradeFeed; instrument: Instrument }) {
  const phase = useStore(feed.phase);
  useCalm(feed.revision, 90);
  const [box, rows] = useFitting(ROW_PX, LEAST_ROWS);
  const trades = feed.newest(rows - 1);
  return (
    <div ref={box} className="flex min-h-80 flex-1 flex-col overflow-hidden lg:min-h-0" data-testid="trades">
      {phase === "loading" && <Waiting label="Loading the trades" rows={10} />}
      {phase === "none" && (
        <Message icon="trades" title="No trades">
          This source has no trades: it knows bars only.
        </Message>
      )}
      {phase === "refused" && <Message icon="alert" title="No trades for this instrument" />}
      {phase === "ready" && trades.length === 0 && <Message icon="trades" title="No trades yet" />}
      {phase === "ready" && trades.length > 0 && <TapeTable trades={trades} instrument={instrument} />}
    </div>
  );
}

const HEAD = "px-3 text-right text-2xs leading-5 font-normal text-ink-faint";

function TapeTable({ trades, instrument }: { trades: readonly Trade[]; instrument: Instrument }) {
  const zone = useStore(zoneSetting);
  return (
    <table className="w-full table-fixed border-collapse text-xs">
      <caption className="sr-only">Trades, newest first</caption>
      <thead>
        <tr>
          <th className={`${HEAD} w-20 text-left`}>Time</th>
          <th className={`${HEAD} w-14 text-left`}>Side</th>
          <th className={HEAD}>{`Price ${instrument.quote_currency}`}</th>
          <th className={HEAD}>{`Size ${instrument.base_currency}`}</th>
        </tr>
      </thead>
      <tbody>
        {trades.map((trade, index) => (
          <TradeRow key={index} trade={trade} zone={zone} />
        ))}
      </tbody>
    </table>
  );
}

const SIDES: Record<Trade["side"], { word: string; look: string }> = {
  buy: { word: "Buy", look: "text-up" },
  sell: { word: "Sell", look: "text-down" },
  none: { word: "–", look: "text-ink-soft" },
};

function TradeRow({ trade, zone }: { trade: Trade; zone: Zone }) {
  const { word, look } = SIDES[trade.side];
  return (
    <tr className="h-5 leading-5">
      <td className="px-3 text-ink-faint">{clock(trade.ts, zone)}</td>
      <td className={`px-3 ${look}`}>{word}</td>
      <td className={`px-3 text-right font-medium ${look}`}>{grouped(trade.price)}</td>
      <td className="truncate px-3 text-right">{grouped(trade.quantity)}</td>
    </tr>
  );
}
