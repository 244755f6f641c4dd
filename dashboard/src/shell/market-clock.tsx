/** Market time and how fast it runs: in a replay or a simulation neither is the clock on the wall. */

import { useEffect, useMemo } from "react";
import type { Status } from "whisperer-client";
import { clock, shortDay, zoneName } from "../market/time";
import { RunningTime } from "../market/running-time";
import { useNode } from "../state/node";
import { zone as zoneSetting } from "../state/settings";
import { useStore } from "../state/store";
import { useNow } from "../state/ticking";

export function MarketClock() {
  const { connection, status } = useNode();
  const body = useStore(status);
  const zone = useStore(zoneSetting);
  const running = useMemo(() => new RunningTime(), []);
  useEffect(() => connection.marketTime.watch(() => running.told(connection.marketTime.get())), [connection, running]);
  useNow(250);
  const told = connection.marketTime.get();
  if (told.ts === 0 || !body) return null;
  const isRunning = body.feed === "live" && !body.paused && connection.link.get().phase === "open";
  const t = isRunning ? running.at(performance.now(), body.speed) : told.ts;
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

/** `100x simulated`, `1x replay`, `full speed replay`, `paused replay` */
export function speedWords({ market, speed, paused }: Pick<Status, "market" | "speed" | "paused">): string {
  const kind = market === "sim" ? "simulated" : market;
  if (paused) return `paused ${kind}`;
  return speed === 0 ? `full speed ${kind}` : `${Number(speed.toFixed(2))}x ${kind}`;
}
