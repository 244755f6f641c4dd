/** What the screen is like, as a value that can be watched. */

import { Store } from "../state/store";

/** Return whether a media query matches, from now on. */
export function matching(query: string): Store<boolean> {
  const list = matchMedia(query);
  const store = new Store(list.matches);
  list.addEventListener("change", () => store.set(list.matches));
  return store;
}
