/** When a sign-in is about to end, and why. */

import type { AuthState } from "whisperer-client";

export interface Ending {
  leftMs: number;
  /** `renewal`: the token could not be renewed; `session`: it has lasted as long as one may. */
  why: "renewal" | "session";
}

/** A node that is away for a moment needs no warning. */
const UNREACHABLE_MS = 120_000;
const SESSION_MS = 300_000;

/** Return how long a sign-in still lasts when somebody should know; `untilMs` is the session's last moment. */
export function endsIn(state: AuthState, untilMs: number | null, now: number): Ending | null {
  if (state.phase !== "in") return null;
  const leftMs = state.expiresMs - now;
  const isNear = state.trouble === "refused" || (state.trouble === "unreachable" && leftMs < UNREACHABLE_MS);
  if (isNear && leftMs > 0) return { leftMs, why: "renewal" };
  const sessionMs = untilMs === null ? Infinity : untilMs - now;
  return sessionMs > 0 && sessionMs < SESSION_MS ? { leftMs: sessionMs, why: "session" } : null;
}
