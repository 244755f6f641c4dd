/** What of the node's troubles people are told of on every screen. */

import type { Status } from "whisperer-client";

/** All but the silent feed, which has a strip of its own. */
export function troublesIn({ feed, degraded }: Pick<Status, "feed" | "degraded">): readonly string[] {
  return feed === "stale" ? degraded.filter((reason) => !reason.startsWith("no market data")) : degraded;
}
