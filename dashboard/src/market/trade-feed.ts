/** The newest trades of one instrument. */

import { type ChannelEvent, type Connection, type RowOf, tradesOf } from "whisperer-client";
import { Store } from "../state/store";
import type { FeedPhase } from "./latest-feed";

type Channel = ReturnType<typeof tradesOf>;
export type Trade = RowOf<Channel>;

const MOST = 200;

export class TradeFeed {
  readonly phase = new Store<FeedPhase>("loading");
  /** Grows with every change. */
  readonly revision = new Store(0);
  /** Oldest first; now and then cut down to the newest. */
  private held: Trade[] = [];

  constructor(readonly instrumentId: string) {}

  /** Begin to read; returns what ends it. */
  open(connection: Connection): () => void {
    return connection.subscribe(tradesOf(this.instrumentId), (event) => this.read(event));
  }

  /** Return the newest trades, newest first, at most `count`. */
  newest(count: number): Trade[] {
    return this.held.slice(-count).reverse();
  }

  private read(event: ChannelEvent<Trade>): void {
    if (event.kind === "refused") return this.phase.set("refused");
    if (event.kind === "row") this.held.push(event.row);
    else {
      this.held = [...event.rows];
      this.phase.set(event.hasSource ? "ready" : "none");
    }
    if (this.held.length > 2 * MOST) this.held = this.held.slice(-MOST);
    this.revision.update((revision) => revision + 1);
  }
}
