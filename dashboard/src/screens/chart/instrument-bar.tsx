/** Which instrument, its price, its last day and its rules. */

import { useId } from "react";
import type { Instrument, IntervalName } from "whisperer-client";
import { compact, difference, grouped, percent } from "../../market/decimal";
import { type Day, dayInterval, lastDay } from "../../market/day";
import type { BarFeed } from "../../market/bar-feed";
import { span } from "../../market/time";
import { go, href } from "../../shell/route";
import { useNode, useRole } from "../../state/node";
import { Store, useStore } from "../../state/store";
import { useTaken } from "../../state/taken";
import { useCalm } from "../../state/ticking";
import { type Count, workspace } from "../../state/workspace";
import { Button } from "../../ui/button";
import { Change } from "../../ui/change";
import { Choice, type Option } from "../../ui/choice";
import { Fact } from "../../ui/fact";
import { Icon } from "../../ui/icon";
import { Picker } from "../../ui/picker";
import { Popover } from "../../ui/popover";
import { BestPrices, useQuote } from "./best-prices";
import { InstrumentFacts, share } from "./instrument-facts";
import { openTicket } from "./side/ticket/desk";

interface InstrumentBarProps {
  instruments: readonly Instrument[];
  instrument: Instrument;
  interval: IntervalName;
}

export function InstrumentBar({ instruments, instrument, interval }: InstrumentBarProps) {
  const id = instrument.instrument_id;
  const hasAccount = useRole("trader");
  return (
    <section
      aria-label="Price and last day"
      className="flex flex-wrap items-center gap-x-5 gap-y-2 rounded-lg border border-line bg-surface px-3 py-2 shadow-panel"
    >
      <div className="flex w-full items-center gap-2 sm:w-auto">
        <Picker
          label="Instrument"
          className="min-w-0 flex-1 sm:w-60 sm:flex-none"
          value={id}
          onChange={(next) => go(href("chart", next, interval))}
          options={instruments.map((one) => ({ value: one.instrument_id, label: one.instrument_id }))}
        />
        <About instrument={instrument} />
      </div>
      <Price key={id} instrument={instrument} interval={interval} />
      <div className="order-1 ml-auto flex items-center gap-2 sm:order-3">
        <LayoutChoice />
        {hasAccount && (
          <>
        <Button look="buy" onClick={() => openTicket("buy")}>
          Buy
        </Button>
        <Button look="sell" onClick={() => openTicket("sell")}>
          Sell
        </Button>
          </>
        )}
      </div>
    </section>
  );
}

const COUNT_OPTIONS: readonly Option<"1" | "2" | "4">[] = [
  { value: "1", label: <Icon name="one" />, name: "One chart" },
  { value: "2", label: <Icon name="two" />, name: "Two charts" },
  { value: "4", label: <Icon name="four" />, name: "Four charts" },
];

function LayoutChoice() {
  const { count } = useStore(workspace.layout);
  return (
    <Choice
      legend="Charts at once"
      options={COUNT_OPTIONS}
      value={String(count) as "1" | "2" | "4"}
      onChange={(next) => workspace.show(Number(next) as Count)}
    />
  );
}

function About({ instrument }: { instrument: Instrument }) {
  const panel = useId();
  return (
    <>
      <Button look="plain" popoverTarget={panel}>
        Details
      </Button>
      <Popover id={panel} className="fixed inset-auto top-28 left-3 w-[26rem] p-4 lg:left-24">
        <h2 className="text-base font-semibold">{instrument.instrument_id}</h2>
        <InstrumentFacts instrument={instrument} />
      </Popover>
    </>
  );
}

const NOTHING = new Store(0);

function useBars(instrument: Instrument, interval: IntervalName | undefined): BarFeed | null {
  const node = useNode();
  const id = instrument.instrument_id;
  const feed = useTaken(
    () => (interval ? node.bars(id, interval) : { feed: null, release: () => {} }),
    [node, id, interval],
  );
  useCalm(feed?.revision ?? NOTHING, 100);
  return feed;
}

function Price({ instrument, interval }: { instrument: Instrument; interval: IntervalName }) {
  const live = useBars(instrument, interval);
  const last = live?.series.newest?.c;
  const quarters = useBars(instrument, dayInterval(instrument.intervals));
  const day = quarters && lastDay(quarters.series.all);
  return (
    <>
      <div className="order-1 min-w-32 flex-1 sm:flex-none" data-testid="price">
        <p className="text-2xl leading-7 font-semibold tracking-tight">{last ? grouped(last) : "–"}</p>
        <p className="text-xs">
          {last && day ? (
            <Change from={day.open} to={last}>{`${difference(day.open, last)} (${percent(day.open, last)})`}</Change>
          ) : (
            <span className="text-ink-faint">no price yet</span>
          )}
        </p>
      </div>
      {day && <DayFacts day={day} instrument={instrument} />}
    </>
  );
}

function DayFacts({ day, instrument }: { day: Day; instrument: Instrument }) {
  const isFull = day.length > 23 * 3_600_000;
  const quote = useQuote(instrument.instrument_id);
  const name = isFull ? "24 h" : span(day.length);
  return (
    <dl className="order-2 grid w-full grid-cols-2 gap-x-5 gap-y-1 text-xs sm:flex sm:w-auto sm:flex-wrap">
      {quote && (
        <Fact label="Best bid / ask">
          <BestPrices quote={quote} />
        </Fact>
      )}
      <Fact label={`High ${name}`}>{grouped(day.high)}</Fact>
      <Fact label={`Low ${name}`}>{grouped(day.low)}</Fact>
      <Fact label={`Volume ${name}`}>{`${compact(day.volume)} ${instrument.base_currency}`}</Fact>
      <Fact label="Kind" className="hidden lg:block">
        {instrument.kind === "spot" ? "Spot" : "Perpetual swap"}
      </Fact>
      <Fact label="Taker fee" className="hidden lg:block">
        {share(instrument.taker_fee)}
      </Fact>
    </dl>
  );
}
