/** The ticket's state: one draft for the page, kept while other panels are shown. */

import { forAnother, NEW_DRAFT, newIds, type Draft, type Ids, type Side } from "../../../../account/ticket";
import { Store } from "../../../../state/store";
import { workspace } from "../../../../state/workspace";

export const draft = new Store<Draft>(NEW_DRAFT);
/** Of the order that is being written; others come when it has an outcome. */
export const ids = new Store<Ids>(newIds());
/** Grows when the ticket is called for: it comes into sight and takes the keyboard. */
export const called = new Store(0);

export function write(part: Partial<Draft>): void {
  draft.update((before) => ({ ...before, ...part }));
}

let writtenFor: string | null = null;

/** Write for this instrument from now on: numbers that were written for another one are not ordered of it. */
export function writeFor(instrumentId: string): void {
  if (writtenFor !== null && writtenFor !== instrumentId) draft.update(forAnother);
  writtenFor = instrumentId;
}

/** Show the ticket, for buying or selling. */
export function openTicket(side: Side): void {
  write({ side });
  const { sides } = workspace.layout.get();
  const isSecondShown = sides[1] === "order" && matchMedia("(min-width: 96rem)").matches;
  if (!isSecondShown) workspace.side(0, "order");
  called.update((count) => count + 1);
}
