/** How long until something may be tried again that was tried too often. */

import { useEffect, useState } from "react";
import { ApiError } from "whisperer-client";

/**
 * Return the ms that are left, 0 when it may be tried; and what starts to wait after an error that says how long, and
 * returns whether it was one.
 */
export function useRetry(): [number, (error: unknown) => boolean] {
  const [until, setUntil] = useState(0);
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (until <= Date.now()) return;
    const timer = setInterval(() => {
      setNow(Date.now());
      if (Date.now() >= until) clearInterval(timer);
    }, 250);
    return () => clearInterval(timer);
  }, [until]);
  const wait = (error: unknown) => {
    if (!(error instanceof ApiError) || error.status !== 429) return false;
    setNow(Date.now());
    setUntil(Date.now() + (error.retryAfterMs ?? 1_000));
    return true;
  };
  return [Math.max(0, until - now), wait];
}
