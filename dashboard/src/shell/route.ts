/** Where the page is: `#/chart/BTC-USDT.SIM/1m`. The part after # needs nothing from the server. */

import { useSyncExternalStore } from "react";

export interface Route {
  screen: string;
  params: readonly string[];
}

/** Return the route of an address's fragment. */
export function parseRoute(hash: string): Route {
  const [screen = "", ...params] = hash.replace(/^#\/?/, "").split("/").map(decode);
  return { screen, params: params.filter((param) => param !== "") };
}

/** Return the fragment that leads to a screen. */
export function href(screen: string, ...params: string[]): string {
  return `#/${[screen, ...params].map(encodeURIComponent).join("/")}`;
}

/** Go to a screen; `replace` leaves no step in the history. */
export function go(address: string, replace = false): void {
  if (replace) location.replace(address);
  else location.hash = address;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function watch(watcher: () => void): () => void {
  addEventListener("hashchange", watcher);
  return () => removeEventListener("hashchange", watcher);
}

export function useRoute(): Route {
  return parseRoute(useSyncExternalStore(watch, () => location.hash));
}
