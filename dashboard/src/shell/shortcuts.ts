/** Keys that do something wherever the focus is; a screen adds its own while it is shown. */

import { useEffect } from "react";
import { keys as keySetting } from "../state/settings";
import { Store } from "../state/store";

export interface Shortcut {
  /** What the browser calls the key, for example `?` or `N`. */
  key: string;
  does: string;
  run: () => void;
}

export interface Group {
  title: string;
  shortcuts: readonly Shortcut[];
}

/** What can be done by keys now, for the list that `?` opens. */
export const groups = new Store<readonly Group[]>([]);

/** Add shortcuts for as long as the component is shown. */
export function useShortcuts(title: string, shortcuts: readonly Shortcut[]): void {
  useEffect(() => {
    const group = { title, shortcuts };
    groups.update((all) => [...all, group]);
    return () => groups.update((all) => all.filter((one) => one !== group));
  }, [title, shortcuts]);
}

/** Listen to the keyboard from now on; returns what ends it. */
export function listenToKeys(): () => void {
  addEventListener("keydown", pressed);
  return () => removeEventListener("keydown", pressed);
}

function pressed(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey) return;
  if (keySetting.get() === "off" || isTyping(event.target)) return;
  const key = event.key.length === 1 ? event.key.toUpperCase() : event.key;
  const found = groups
    .get()
    .flatMap((group) => group.shortcuts)
    .find((shortcut) => shortcut.key === key);
  if (!found) return;
  event.preventDefault();
  found.run();
}

/** Whether keys belong to what has the focus: text is typed, a list is searched by letters. */
function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return !["radio", "checkbox", "button", "range"].includes(target.type);
  return target.isContentEditable || ["TEXTAREA", "SELECT"].includes(target.tagName);
}
