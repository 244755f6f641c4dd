/** The curve of what the account was worth, minute by minute; as a file too. */

import { useEffect, useState } from "react";
import type { Rest, Schemas, Trader } from "whisperer-client";
import { grouped } from "../../market/decimal";
import { Exact } from "../../market/exact";
import { useNode } from "../../state/node";
import { Choice, type Option } from "../../ui/choice";
import { Icon } from "../../ui/icon";
import { Message, Waiting } from "../../ui/message";
import { Panel } from "../../ui/panel";
import { EquityChart } from "./equity-chart";

type Point = Schemas["EquityBody"];
type Range = "hours" | "day" | "month";

const RANGES: readonly Option<Range>[] = [
  { value: "hours", label: "4 h" },
  { value: "day", label: "Day" },
  { value: "month", label: "Month" },
];
const HOUR_MS = 3_600_000;
const LENGTHS: Record<Range, number> = { hours: 4 * HOUR_MS, day: 24 * HOUR_MS, month: 30 * 24 * HOUR_MS };
const PAGE = 1_000;
const MOST_PAGES = 50;
const EVERY_MS = 15_000;

export function EquityPanel({ trader }: { trader: Trader }) {
  const [range, setRange] = useState<Range>("hours");
  const points = usePoints(range);
  const { equity, currency } = trader.account;
  return (
    <Panel
      title="Equity"
      actions={
        <span className="flex items-center gap-2">
          <Choice legend="How far back" options={RANGES} value={range} onChange={setRange} />
          <a
            href="/api/v1/equity?format=csv"
            download="equity.csv"
            className="target inline-flex items-center gap-1.5 rounded-md border border-line-strong px-2.5 font-medium hover:bg-hover"
          >
            <Icon name="save" /> CSV
          </a>
        </span>
      }
    >
      <p className="px-3 pt-2 text-2xl leading-8 font-semibold tracking-tight" data-testid="equity">
        {grouped(Exact.of(equity).to(2).text)} <span className="text-sm font-medium text-ink-faint">{currency}</span>
      </p>
      <div className="flex h-56 flex-col">
        {points === null && <Waiting label="Loading the curve" rows={5} />}
        {points?.length === 0 && (
          <Message icon="chart" title="No curve yet">
            It gets a point every minute of market time.
          </Message>
        )}
        {points !== null && points.length > 0 && <EquityChart key={range} points={points} now={trader.account} />}
      </div>
    </Panel>
  );
}

/** Points of the range, oldest first; read anew now and then, what was read stays while the node is away. */
function usePoints(range: Range): readonly Point[] | null {
  const { rest, connection } = useNode();
  const [points, setPoints] = useState<readonly Point[] | null>(null);
  useEffect(() => {
    let isWanted = true;
    setPoints(null);
    const read = () => {
      const { ts } = connection.marketTime.get();
      pointsSince(rest, Math.max(0, ts - LENGTHS[range])).then(
        (all) => isWanted && setPoints(all),
        () => {},
      );
    };
    read();
    const timer = setInterval(read, EVERY_MS);
    return () => {
      isWanted = false;
      clearInterval(timer);
    };
  }, [rest, connection, range]);
  return points;
}

async function pointsSince(rest: Rest, start: number): Promise<readonly Point[]> {
  const points: Point[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < MOST_PAGES; page++) {
    const { items, next } = await rest.get("/api/v1/equity", { start, limit: PAGE, ...(cursor && { cursor }) });
    points.push(...items);
    if (next === null) break;
    cursor = next;
  }
  return points.reverse();
}
