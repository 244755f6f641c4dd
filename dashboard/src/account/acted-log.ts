/** Which strategies of the user acted on which signals, as far as this page has heard. */

import type { ChannelEvent, TradeSignal } from "whisperer-client";
import { keyOf } from "../market/signals";
import { Store } from "../state/store";

const MOST = 1_000;

export class ActedLog {
  /** By the signal's key: the names of the strategies. The oldest are forgotten. */
  readonly strategies = new Store<ReadonlyMap<string, readonly string[]>>(new Map());

  /** Take what the channel tells; a snapshot, which is empty, begins anew. */
  read(event: ChannelEvent<TradeSignal>): void {
    if (event.kind === "snapshot") this.strategies.set(new Map());
    if (event.kind === "row") this.add(event.row);
  }

  private add(acted: TradeSignal): void {
    const all = new Map(this.strategies.get());
    const key = keyOf(acted);
    const names = all.get(key) ?? [];
    if (names.includes(acted.strategy)) return; // another order of the same one
    all.set(key, [...names, acted.strategy]);
    const oldest = all.keys().next().value;
    if (all.size > MOST && oldest !== undefined) all.delete(oldest);
    this.strategies.set(all);
  }
}
