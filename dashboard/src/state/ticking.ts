/** Screens that move with time, and lists that must not move with every message. */

import { useEffect, useState } from "react";
import type { Store } from "./store";

/** Draw again every `ms`; returns the wall time in UNIX ms. */
export function useNow(ms: number): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), ms);
    return () => clearInterval(timer);
  }, [ms]);
  return now;
}

/** The value of a store, taken at most every `ms` and with a frame of the screen, the last one always. */
export function useCalm<T>(store: Store<T>, ms: number): T {
  const [value, setValue] = useState(store.get);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let frame = 0;
    const take = () => {
      timer = undefined;
      setValue(store.get());
    };
    take();
    const unwatch = store.watch(() => {
      timer ??= setTimeout(() => (frame = requestAnimationFrame(take)), ms);
    });
    return () => {
      clearTimeout(timer);
      cancelAnimationFrame(frame);
      unwatch();
    };
  }, [store, ms]);
  return value;
}
