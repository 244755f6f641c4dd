/** The newest value of a channel of which only that counts: a quote, the best levels of a book. */

import type { ChannelEvent, Connection, RowOf } from "whisperer-client";
import { Store } from "../state/store";

/** `none`: the market has nothing of this kind and never will. */
export type FeedPhase = "loading" | "ready" | "none" | "refused";

export class LatestFeed<C extends string> {
  readonly phase = new Store<FeedPhase>("loading");
  readonly value = new Store<RowOf<C> | null>(null);

  /** `maxHz` is how often the value may come, per second. */
  constructor(
    readonly channel: C,
    private readonly maxHz: number,
  ) {}

  /** Begin to read; returns what ends it. */
  open(connection: Connection): () => void {
    return connection.subscribe(this.channel, (event) => this.read(event), this.maxHz);
  }

  private read(event: ChannelEvent<RowOf<C>>): void {
    if (event.kind === "refused") return this.phase.set("refused");
    if (event.kind === "row") return this.value.set(event.row);
    this.value.set(event.rows.at(-1) ?? null);
    this.phase.set(event.hasSource ? "ready" : "none");
  }
}
