/** What an account has, as its private channels tell it: working orders, positions, balances. Plain and exact. */

import type { Balance, Order, Position } from "whisperer-client";

const ENDS: ReadonlySet<Order["status"]> = new Set(["filled", "canceled", "expired", "rejected", "denied"]);
/** Ended orders that are remembered, so that the last word on one can be shown. */
const MOST_ENDED = 100;

/** Whether anything may still happen to an order. */
export function isWorking({ status }: Order): boolean {
  return !ENDS.has(status);
}

/** Orders by `order_id`; of two states of one the higher revision counts. */
export class OrderBooks {
  private readonly working = new Map<string, Order>();
  private readonly ended = new Map<string, Order>();

  /** Working orders, newest first. */
  get all(): readonly Order[] {
    return [...this.working.values()].toSorted(newestFirst);
  }

  /** Return an order by the user's own id: working, or not long ended. */
  find(clientOrderId: string): Order | undefined {
    const isIt = (order: Order) => order.client_order_id === clientOrderId;
    return [...this.working.values()].find(isIt) ?? [...this.ended.values()].findLast(isIt);
  }

  /** Take an order's new state; returns whether it was news. */
  put(order: Order): boolean {
    const known = this.working.get(order.order_id) ?? this.ended.get(order.order_id);
    if (known && known.revision >= order.revision) return false;
    this.working.delete(order.order_id);
    this.ended.delete(order.order_id);
    if (isWorking(order)) this.working.set(order.order_id, order);
    else this.end(order);
    return true;
  }

  /** Begin from the working orders that there are; returns those that worked before and are not among them. */
  replace(orders: readonly Order[]): readonly Order[] {
    const there = new Set(orders.map(({ order_id }) => order_id));
    const gone = [...this.working.values()].filter(({ order_id }) => !there.has(order_id));
    this.working.clear();
    for (const order of orders) this.working.set(order.order_id, order);
    return gone;
  }

  private end(order: Order): void {
    this.ended.set(order.order_id, order);
    for (const oldest of this.ended.keys()) {
      if (this.ended.size <= MOST_ENDED) return;
      this.ended.delete(oldest);
    }
  }
}

function newestFirst(a: Order, b: Order): number {
  return b.ts_created - a.ts_created || (a.order_id < b.order_id ? 1 : -1);
}

/** Return positions with one changed; flat ones go. */
export function withPosition(positions: readonly Position[], changed: Position): readonly Position[] {
  const others = positions.filter(({ instrument_id }) => instrument_id !== changed.instrument_id);
  return changed.side === "flat" ? others : [...others, changed].toSorted(byInstrument);
}

function byInstrument(a: Position, b: Position): number {
  return a.instrument_id < b.instrument_id ? -1 : 1;
}

/** Return balances with one changed. */
export function withBalance(balances: readonly Balance[], changed: Balance): readonly Balance[] {
  const at = balances.findIndex(({ currency }) => currency === changed.currency);
  return at < 0 ? [...balances, changed] : balances.with(at, changed);
}
