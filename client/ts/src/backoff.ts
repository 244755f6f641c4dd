/** How long to wait before the next attempt to connect. */

const FIRST_MS = 400;
const GROWTH = 1.7;
const LONGEST_MS = 15_000;

/**
 * Return the delay before attempt `attempt` (1, 2, …) in ms: growing, and spread over half its length so that many
 * pages do not come back in one instant. `random` is 0..1.
 */
export function backoff(attempt: number, random: number = Math.random()): number {
  const longest = Math.min(LONGEST_MS, FIRST_MS * GROWTH ** (attempt - 1));
  return Math.round(longest * (0.5 + random / 2));
}

/** Whether a close code is the node's last word: connecting again would end the same way. */
export function isFinal(code: number): boolean {
  return (code >= 4400 && code < 4500) || [1000, 1002, 1003, 1007, 1009].includes(code);
}
