/** Market time and how fast it runs: in a replay or a simulation neither is the clock on the wall. */

import type { Status } from "whisperer-client";
import { clock, shortDay, zoneName } from "../market/time";
import { useNode } from "../state/node";
import { zone as zoneSetting } from "../state/settings";
import { useStore } from "../state/store";
import { useNow } from "../state/ticking";

/** Without news for so long the clock stands, as the market may. */
const LONGEST_GUESS_MS = 1_500;

export function MarketClock() {
  const { connection, status } = useNode();
  const body = useStore(status);
  const zone = useStore(zoneSetting);
  useNow(250);
  const told = connection.marketTime.get();
  if (told.ts === 0 || !body) return null;
  const isRunning = body.feed === "live" && connection.link.get().phase === "open";
  const since = isRunning ? Math.min(performance.now() - told.at, LONGEST_GUESS_MS) : 0;
  const t = told.ts + since * (body.speed || 0);
  return (
    <div className="flex items-baseline gap-2 whitespace-nowrap" data-testid="market-time">
      <span className="sr-only">Market time</span>
      <span className="text-ink-faint">{shortDay(t, zone)}</span>
      <time className="text-base font-semibold" dateTime={new Date(t).toISOString()}>
        {clock(t, zone)}
      </time>
      <span className="text-xs text-ink-faint">{zoneName(t, zone)}</span>
      <span className="rounded bg-accent-wash px-1.5 text-2xs leading-5 font-medium text-accent">
        {speedWords(body)}
      </span>
    </div>
  );
}

/** `100x simulated`, `1x replay`, `full speed replay` */
export function speedWords({ market, speed }: Pick<Status, "market" | "speed">): string {
  const kind = market === "sim" ? "simulated" : market;
  return speed === 0 ? `full speed ${kind}` : `${Number(speed.toFixed(2))}x ${kind}`;
}
