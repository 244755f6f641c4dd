/** What a user prefers on this device; kept in the browser. */

import { Store } from "./store";

export type Theme = "system" | "light" | "dark";
export type Zone = "local" | "utc";
export type Deadman = "off" | "60" | "300";
export type MarkChoice = "all" | "turns" | "off";

const PREFIX = "whisperer.";
const DEADMANS: readonly Deadman[] = ["off", "60", "300"];

function read<T extends string>(name: string, choices: readonly T[]): T {
  try {
    const kept = localStorage.getItem(PREFIX + name);
    return choices.find((choice) => choice === kept) ?? choices[0]!;
  } catch {
    return choices[0]!;
  }
}

/** A store with one of a few values that survives a reload; the first choice is the default. */
function kept<T extends string>(name: string, choices: readonly T[]): Store<T> {
  const store = new Store<T>(read(name, choices));
  store.watch(() => remember(name, store.get()));
  return store;
}

/** Keep a text for the next visit; a browser that keeps nothing is fine. */
export function remember(name: string, text: string): void {
  try {
    localStorage.setItem(PREFIX + name, text);
  } catch {
    return;
  }
}

/** Return what was kept, or null. */
export function recall(name: string): string | null {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return null;
  }
}

/** A place for one text that lasts as long as the tab. */
export function sessionShelf(name: string): { recall(): string | null; remember(text: string | null): void } {
  return {
    recall: () => {
      try {
        return sessionStorage.getItem(PREFIX + name);
      } catch {
        return null;
      }
    },
    remember: (text) => {
      try {
        if (text === null) sessionStorage.removeItem(PREFIX + name);
        else sessionStorage.setItem(PREFIX + name, text);
      } catch {
        return;
      }
    },
  };
}

export const theme = kept<Theme>("theme", ["system", "light", "dark"]);
export const zone = kept<Zone>("zone", ["local", "utc"]);
export const keys = kept<"on" | "off">("keys", ["on", "off"]);
export const marks = kept<MarkChoice>("marks", ["all", "turns", "off"]);
/** Whether the browser tells of fills and alarms while the page is not looked at. */
export const notify = kept<"off" | "on">("notify", ["off", "on"]);
/** Whether orders, positions and the rest of the account stand below the charts. */
export const dock = kept<"open" | "closed">("dock", ["open", "closed"]);
/** Seconds after which the node cancels all orders when no page of this browser is there any more. */
export const deadman = new Store<Deadman>("off");
let deadmanName: string | null = null;
deadman.watch(() => {
  if (deadmanName !== null) remember(deadmanName, deadman.get());
});

/** Go on with what was chosen under a name: somebody else's switch must not cancel one's orders. */
export function recallDeadman(name: string): void {
  deadmanName = null;
  deadman.set(read(name, DEADMANS));
  deadmanName = name;
}

/** The theme in use, after asking the system. */
export const shade = new Store<"light" | "dark">("light");

/** Follow the chosen theme and the system's from now on. */
export function followTheme(): void {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const follow = () => {
    const choice = theme.get();
    const next = choice === "system" ? (system.matches ? "dark" : "light") : choice;
    document.documentElement.dataset.theme = next;
    shade.set(next);
  };
  system.addEventListener("change", follow);
  theme.watch(follow);
  follow();
}
