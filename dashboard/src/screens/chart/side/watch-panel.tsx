/** Every instrument with its price, best bid and ask, and change of the last day; a click opens it. */

import { useState } from "react";
import type { Instrument } from "whisperer-client";
import { dayInterval, lastDay } from "../../../market/day";
import { grouped, percent } from "../../../market/decimal";
import { useNode } from "../../../state/node";
import { Store } from "../../../state/store";
import { useTaken } from "../../../state/taken";
import { useCalm } from "../../../state/ticking";
import { workspace } from "../../../state/workspace";
import { Change } from "../../../ui/change";
import { BestPrices, useQuote } from "../best-prices";

/** A connection has a limited number of channels; each row needs two. */
const MOST_ROWS = 40;
const FILTER_FROM = 8;
const BARS_HZ = 4;

export function WatchPanel({ instruments, current }: { instruments: readonly Instrument[]; current: string }) {
  const [filter, setFilter] = useState("");
  const wanted = filter.trim().toUpperCase();
  const found = instruments.filter((one) => one.instrument_id.toUpperCase().includes(wanted));
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      {instruments.length >= FILTER_FROM && (
        <input
          type="search"
          aria-label="Find an instrument"
          placeholder="Find an instrument"
          value={filter}
          onChange={(event) => setFilter(event.target.value)}
          className="target m-2 rounded-md border border-line-strong bg-surface px-2.5 text-ink placeholder:text-ink-faint"
        />
      )}
      <ul className="min-h-0 flex-1 divide-y divide-line overflow-y-auto" data-testid="watchlist">
        {found.slice(0, MOST_ROWS).map((instrument) => (
          <WatchRow
            key={instrument.instrument_id}
            instrument={instrument}
            isCurrent={instrument.instrument_id === current}
          />
        ))}
      </ul>
      {found.length === 0 && <p className="p-3 text-ink-soft">No instrument has this in its name.</p>}
      {found.length > MOST_ROWS && (
        <p className="border-t border-line p-3 text-xs text-ink-faint">{`${found.length - MOST_ROWS} more: type a part of the name.`}</p>
      )}
    </div>
  );
}

const NOTHING = new Store(0);

function WatchRow({ instrument, isCurrent }: { instrument: Instrument; isCurrent: boolean }) {
  const node = useNode();
  const id = instrument.instrument_id;
  const interval = dayInterval(instrument.intervals);
  const bars = useTaken(
    () => (interval ? node.bars(id, interval, BARS_HZ) : { feed: null, release: () => {} }),
    [node, id, interval],
  );
  useCalm(bars?.revision ?? NOTHING, 250);
  const quote = useQuote(id);
  const last = bars?.series.newest?.c;
  const day = bars && lastDay(bars.series.all);
  const open = () => workspace.change(workspace.layout.get().active, { instrumentId: id });
  return (
    <li className={isCurrent ? "bg-accent-wash" : ""}>
      <button
        type="button"
        onClick={open}
        aria-current={isCurrent ? "true" : undefined}
        className={`flex min-h-11 w-full flex-col gap-0.5 px-3 py-2 text-left focus-visible:-outline-offset-2 ${isCurrent ? "" : "hover:bg-hover"}`}
      >
        <span className="flex w-full items-baseline justify-between gap-2">
          <span className="truncate font-medium">{id}</span>
          <span className="font-semibold" data-testid="watch-last">
            {last ? grouped(last) : "–"}
          </span>
        </span>
        <span className="flex w-full items-center justify-between gap-2 text-xs">
          {quote ? <BestPrices quote={quote} /> : <span />}
          {last && day ? (
            <Change from={day.open} to={last}>
              {percent(day.open, last) || "0.00 %"}
            </Change>
          ) : (
            <span className="text-ink-faint">no price yet</span>
          )}
        </span>
      </button>
    </li>
  );
}
