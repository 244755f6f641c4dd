/** What a screen asks for once, and again when something has changed. */

import { type DependencyList, useCallback, useEffect, useState } from "react";

const RETRY_MS = 3_000;

export interface Loaded<T> {
  /** Null before the first answer. */
  value: T | null;
  /** Why there is no answer; asked again by itself. */
  fault: string | null;
  reload: () => Promise<void>;
}

/** Ask now and whenever the dependencies change; an answer to an older question is thrown away. */
export function useLoaded<T>(load: () => Promise<T>, dependencies: DependencyList): Loaded<T> {
  const [state, setState] = useState<{ value: T | null; fault: string | null }>({ value: null, fault: null });
  const ask = useCallback(async () => setState({ value: await load(), fault: null }), dependencies);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isWanted = true;
    const first = () => {
      load().then(
        (value) => isWanted && setState({ value, fault: null }),
        (error: Error) => {
          if (!isWanted) return;
          setState((before) => ({ ...before, fault: error.message }));
          timer = setTimeout(first, RETRY_MS);
        },
      );
    };
    first();
    return () => {
      isWanted = false;
      clearTimeout(timer);
    };
  }, dependencies);
  return { ...state, reload: () => ask().catch(() => {}) };
}
