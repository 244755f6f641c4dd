/** One word for the state of connection, node and feed: the worst of the three. */

import type { Link, Status } from "whisperer-client";
import type { Tone } from "../ui/badge";

export interface Verdict {
  tone: Tone;
  label: string;
  /** One sentence on what it means. */
  detail: string;
}

/** After so long without a connection the node counts as down. */
export const DOWN_AFTER_MS = 10_000;

const NODE_STATES: Record<Status["state"], [Tone, string, string]> = {
  starting: ["warn", "Starting", "The node is starting."],
  running: ["up", "Live", "Market data arrives."],
  rebuilding: ["warn", "Rebuilding", "The node is being rebuilt; the connection stays."],
  stopping: ["warn", "Stopping", "The node is stopping."],
  stopped: ["down", "Stopped", "The node does not run."],
  failed: ["down", "Failed", "The node has failed; see what is degraded."],
};

const FEEDS: Record<Exclude<Status["feed"], "live">, [Tone, string, string]> = {
  stale: ["warn", "Feed stale", "The connection stands, but no market data has come for a while."],
  waiting: ["warn", "No ticks yet", "Connected; the first market data is awaited."],
  ended: ["plain", "Replay ended", "The recorded file has been played to its end."],
};

/** Judge what a trader has to know; `now` is wall time, UNIX ms. */
export function judge(link: Link, status: Status | null, now: number): Verdict {
  if (link.phase === "refused") return refused(link.code, link.reason);
  if (link.phase === "ended") return verdict(NODE_STATES.stopped);
  if (link.phase === "waiting") return lost(now - link.since, inSeconds(link.retryAt - now));
  if (link.phase === "connecting") {
    if (link.attempt > 0) return lost(now - link.since, "Trying now.");
    return { tone: "plain", label: "Connecting", detail: "Connecting to the node." };
  }
  if (link.notice?.code === "shutdown") return verdict(NODE_STATES.stopping);
  if (!status) return { tone: "plain", label: "Connected", detail: "The state of the node is awaited." };
  if (status.state !== "running") return verdict(NODE_STATES[status.state] ?? NODE_STATES.failed);
  if (status.feed !== "live") return verdict(FEEDS[status.feed] ?? FEEDS.stale);
  if (status.paused)
    return { tone: "plain", label: "Paused", detail: "Market time stands still until somebody plays on." };
  if (status.degraded.length > 0)
    return { tone: "warn", label: "Degraded", detail: "Market data arrives, with faults." };
  return verdict(NODE_STATES.running);
}

function inSeconds(ms: number): string {
  return `Next attempt in ${Math.max(0, Math.ceil(ms / 1000))} s.`;
}

function lost(goneMs: number, next: string): Verdict {
  return goneMs < DOWN_AFTER_MS
    ? { tone: "warn", label: "Reconnecting", detail: `The connection was lost. ${next}` }
    : { tone: "down", label: "Node down", detail: `The node does not answer. ${next}` };
}

function refused(code: number, reason: string): Verdict {
  if (code === 4401) return { tone: "warn", label: "Signed out", detail: "Sign in again to go on." };
  const said = reason ? `: ${reason}` : "";
  return { tone: "down", label: "Refused", detail: `The node closed the connection for good (${code}${said}).` };
}

function verdict([tone, label, detail]: [Tone, string, string]): Verdict {
  return { tone, label, detail };
}
