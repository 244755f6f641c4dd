/** One value that screens can watch. */

import { useSyncExternalStore } from "react";
import { Value } from "whisperer-client";

export { Value as Store };

export function useStore<T>(store: Value<T>): T {
  return useSyncExternalStore(store.watch, store.get);
}
