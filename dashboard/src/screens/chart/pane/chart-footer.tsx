/** Below the chart: holes in the data, reading of history, whose chart it is. */

import { useId } from "react";
import type { BarFeed, FeedState } from "../../../market/bar-feed";
import { type Hole, holes } from "../../../market/bars";
import { durationMs } from "../../../market/interval";
import { moment, span } from "../../../market/time";
import { zone as zoneSetting } from "../../../state/settings";
import { useStore } from "../../../state/store";
import { useCalm } from "../../../state/ticking";
import { Button } from "../../../ui/button";
import { Popover } from "../../../ui/popover";

const MOST_LISTED = 12;

export function ChartFooter({ feed }: { feed: BarFeed }) {
  return (
    <footer className="flex min-h-10 lg:min-h-8 flex-wrap items-center gap-x-4 gap-y-1 border-t border-line px-3 text-xs text-ink-faint">
      <History feed={feed} />
      <Holes feed={feed} />
      <a
        href="https://www.tradingview.com/"
        rel="noreferrer"
        title="Copyright © TradingView, Inc."
        target="_blank"
        className="target ml-auto inline-flex items-center hover:text-ink"
      >
        TradingView Lightweight Charts™
      </a>
    </footer>
  );
}

function History({ feed }: { feed: BarFeed }) {
  const state = useStore(feed.state);
  const count = useCalm(feed.revision, 500) >= 0 ? feed.series.all.length : 0;
  if (state.olderFailed !== null) {
    return (
      <span role="alert" className="flex items-center gap-2 text-warn">
        Older bars could not be read: {state.olderFailed}
        <Button onClick={() => feed.retryOlder()}>Try again</Button>
      </span>
    );
  }
  return <span>{historyWords(state, count, feed.isFull)}</span>;
}

function historyWords(state: FeedState, count: number, isFull: boolean): string {
  const bars = `${count.toLocaleString("en")} bars`;
  if (state.isLoadingOlder) return `${bars}, reading older ones …`;
  if (isFull) return `the newest ${bars}`;
  return state.hasOlder ? bars : `${bars}, from the beginning`;
}

function Holes({ feed }: { feed: BarFeed }) {
  const panel = useId();
  useCalm(feed.revision, 1_000);
  const found = holes(feed.series.all, feed.interval);
  const { isCatchingUp } = useStore(feed.state);
  if (found.length === 0) return null;
  if (isCatchingUp) return <span>catching up …</span>;
  if (durationMs(feed.interval) < 60_000) return <span>Empty places: nobody traded</span>;
  return (
    <>
      <Button look="bare" className="text-warn" popoverTarget={panel} data-testid="holes">
        {found.length === 1 ? "1 hole in the data" : `${found.length} holes in the data`}
      </Button>
      <Popover id={panel} className="m-auto w-96 p-4 text-sm">
        <h2 className="text-base font-semibold">Holes in the data</h2>
        <p className="mt-1 text-ink-soft">The source has no bars for these times. Nothing is drawn there.</p>
        <HoleList found={found} />
      </Popover>
    </>
  );
}

function HoleList({ found }: { found: readonly Hole[] }) {
  const zone = useStore(zoneSetting);
  return (
    <ul className="mt-2 flex flex-col gap-1">
      {found.slice(-MOST_LISTED).map((hole) => (
        <li key={hole.from} className="flex justify-between gap-3">
          <span>{moment(hole.from, zone)}</span>
          <span className="text-ink-faint">{`${span(hole.to - hole.from)}, ${hole.count} bars`}</span>
        </li>
      ))}
    </ul>
  );
}
