/** Feeds that a screen holds for as long as it shows them. */

import { type DependencyList, useEffect, useState } from "react";
import type { Taken } from "./shared";

/** Take a shared feed, give it back when the dependencies change or the screen goes; null before the first. */
export function useTaken<T>(take: () => Taken<T>, dependencies: DependencyList): T | null {
  const [feed, setFeed] = useState<T | null>(null);
  useEffect(() => {
    const taken = take();
    setFeed(taken.feed);
    return taken.release;
  }, dependencies);
  return feed;
}
