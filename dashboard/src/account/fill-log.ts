/** The newest fills, oldest first, each once; older ones are read page by page. */

import type { Fill, Rest } from "whisperer-client";
import { Exact } from "../market/exact";
import { Store } from "../state/store";

const PAGE = 200;
const MOST = 5_000;
/** Live fills above that are dropped at the old end so many at a time. */
const TRIM = 500;
const QUIET_MS = 5_000;

export class FillLog {
  /** Grows with every change. */
  readonly revision = new Store(0);
  private held: Fill[] = [];
  private readonly keys = new Set<string>();
  private cursor: string | null | undefined;
  private reading: Promise<void> | null = null;
  private quietUntil = 0;

  constructor(private readonly rest: Rest) {}

  /** Oldest first. */
  get all(): readonly Fill[] {
    return this.held;
  }

  /** Whether there may be older ones than those held. */
  get hasOlder(): boolean {
    return this.cursor !== null && this.held.length < MOST;
  }

  /** How much of an order was filled, at which average price, and what it cost. */
  totalOf(orderId: string): { quantity: Exact; price: Exact; fee: Exact } {
    let [quantity, worth, fee] = [Exact.zero, Exact.zero, Exact.zero];
    for (const fill of this.held) {
      if (fill.order_id !== orderId) continue;
      quantity = quantity.plus(Exact.of(fill.quantity));
      worth = worth.plus(Exact.of(fill.quantity).times(Exact.of(fill.price)));
      fee = fee.plus(Exact.of(fill.fee));
    }
    return { quantity, price: worth.over(quantity), fee };
  }

  /** Take fills; returns those that were not known. */
  add(fills: readonly Fill[]): readonly Fill[] {
    const fresh = fills.filter((fill) => !this.keys.has(keyOf(fill)));
    if (fresh.length === 0) return fresh;
    for (const fill of fresh) this.keys.add(keyOf(fill));
    this.held = [...this.held, ...fresh].toSorted((a, b) => a.ts - b.ts);
    if (this.held.length > MOST + TRIM) this.trim();
    this.revision.update((revision) => revision + 1);
    return fresh;
  }

  /** Read the newest page; returns what came after what was known. Other books begin the log anew. */
  async refresh(): Promise<readonly Fill[]> {
    const page = await this.rest.get("/api/v1/fills", { limit: PAGE });
    const isJoined = page.items.some((fill) => this.keys.has(keyOf(fill)));
    if (isJoined) return this.add(page.items);
    const isFirst = this.held.length === 0;
    this.held = [];
    this.keys.clear();
    this.cursor = page.next;
    this.revision.update((revision) => revision + 1);
    const fresh = this.add(page.items);
    return isFirst ? fresh : [];
  }

  /** Read older fills until the log reaches back to `t` (UNIX ms), or there are no more. */
  async cover(t: number): Promise<void> {
    if (this.cursor === undefined || performance.now() < this.quietUntil) return;
    try {
      while (this.hasOlder && (this.held[0]?.ts ?? 0) > t) await this.loadOlder();
    } catch {
      // asked for again with the next drawing; the connection badge tells of the node
      this.quietUntil = performance.now() + QUIET_MS;
    }
  }

  private trim(): void {
    for (const fill of this.held.slice(0, -MOST)) this.keys.delete(keyOf(fill));
    this.held = this.held.slice(-MOST);
  }

  private loadOlder(): Promise<void> {
    this.reading ??= this.read().finally(() => (this.reading = null));
    return this.reading;
  }

  private async read(): Promise<void> {
    const page = await this.rest.get("/api/v1/fills", { limit: PAGE, cursor: this.cursor ?? undefined });
    this.cursor = page.next;
    this.add(page.items);
  }
}

export function keyOf({ instrument_id, fill_id, order_id }: Fill): string {
  return `${instrument_id} ${fill_id} ${order_id}`;
}
