/** The bar under the crosshair, or else the newest, in figures; and what the AI said at its close, or said last. */

import type { Bar, Signal } from "whisperer-client";
import type { BarFeed } from "../../../market/bar-feed";
import { grouped, percent } from "../../../market/decimal";
import { closeTime, durationMs } from "../../../market/interval";
import type { SignalFeed } from "../../../market/signal-feed";
import { keyOf, signalOn } from "../../../market/signals";
import { moment } from "../../../market/time";
import { zone as zoneSetting } from "../../../state/settings";
import { useStore } from "../../../state/store";
import { useCalm } from "../../../state/ticking";
import { Change } from "../../../ui/change";
import { Icon } from "../../../ui/icon";
import { SideBadge } from "../../../ui/side-badge";
import type { Focus } from "./chart-driver";

interface LegendProps {
  feed: BarFeed;
  signals: SignalFeed;
  focus: Focus;
}

export function Legend({ feed, signals, focus }: LegendProps) {
  const pointed = useStore(focus.pointed);
  useCalm(feed.revision, 100);
  useCalm(signals.revision, 250);
  const { series } = feed;
  const bar = pointed === null ? series.newest : series.at(pointed);
  const isBlank = pointed !== null && bar?.t !== pointed;
  return (
    <div className="@container border-b border-line">
      <div
        data-testid="legend"
        className="flex min-h-21 flex-wrap content-center items-center gap-x-4 gap-y-0.5 px-3 py-1.5 text-xs @md:min-h-14 @3xl:min-h-10"
      >
        {isBlank && pointed !== null ? (
          <Blank t={pointed} />
        ) : (
          bar && <Figures bar={bar} feed={feed} signals={signals} focus={focus} />
        )}
        <span role="status" className="sr-only">
          {pointed !== null && bar && !isBlank ? `Close ${bar.c}` : ""}
        </span>
      </div>
    </div>
  );
}

function Blank({ t }: { t: number }) {
  const zone = useStore(zoneSetting);
  return <span className="text-ink-faint">{moment(t, zone)} · the source has no bar here</span>;
}

function Figures({ bar, feed, signals, focus }: LegendProps & { bar: Bar }) {
  const zone = useStore(zoneSetting);
  const { all } = signals.log;
  const isPointed = useStore(focus.pointed) !== null;
  const signal = signalOn(all, bar.t, closeTime(feed.interval, bar.t)) ?? (isPointed ? undefined : all.at(-1));
  return (
    <>
      <time className="text-ink-faint" dateTime={new Date(bar.t).toISOString()}>
        {moment(bar.t, zone, durationMs(feed.interval) < 60_000)}
      </time>
      <span className="flex @3xl:order-1">
        <Change from={bar.o} to={bar.c}>
          {percent(bar.o, bar.c)}
        </Change>
      </span>
      {signal && <Opinion signal={signal} focus={focus} />}
      <dl className="flex w-full flex-wrap gap-x-3 @3xl:w-auto">
        <Figure name="Open" short="O" value={grouped(bar.o)} />
        <Figure name="High" short="H" value={grouped(bar.h)} />
        <Figure name="Low" short="L" value={grouped(bar.l)} />
        <Figure name="Close" short="C" value={grouped(bar.c)} />
        <Figure name="Volume" short="V" value={grouped(bar.v)} />
      </dl>
    </>
  );
}

function Figure({ name, short, value }: { name: string; short: string; value: string }) {
  return (
    <div className="flex gap-1">
      <dt className="text-ink-faint">
        <abbr title={name} className="no-underline">
          {short}
        </abbr>
      </dt>
      <dd className="font-medium">{value}</dd>
    </div>
  );
}

/** What the AI said in a word; pressed, it shows why. */
function Opinion({ signal, focus }: { signal: Signal; focus: Focus }) {
  const show = () => {
    focus.picked.set(keyOf(signal));
    focus.asked.update((count) => count + 1);
  };
  return (
    <button
      type="button"
      onClick={show}
      title="Show what each source said"
      className="target -my-2.5 flex min-w-0 items-center gap-2 rounded-md px-1 hover:bg-hover @3xl:order-2"
    >
      <SideBadge side={signal.signal} />
      <span className="truncate text-ink-faint">{`${Math.round(signal.confidence * 100)} % sure`}</span>
      <Icon name="chevron" className="size-3.5 -rotate-90 text-ink-faint" />
    </button>
  );
}
