/** Sends orders and finds out what became of them, also when an answer is lost: the same id is never two orders. */

import { ApiError, type Order, type OrderTicket, type Rest } from "whisperer-client";
import { Store } from "../state/store";
import { isLost, refusedOf, refusedOfError, type Refused } from "./outcome";

export type Sending =
  | { phase: "idle" }
  | { phase: "sending" }
  /** The node has it; `clientOrderId` leads to what becomes of it. `refused` tells of exits that were not taken. */
  | { phase: "taken"; clientOrderId: string; refused: Refused | null }
  | ({ phase: "refused" } & Refused)
  /** No answer came: it may have arrived or not. */
  | { phase: "lost" }
  /** The node is back and does not have it. */
  | { phase: "absent" };

/** Where what was sent without an answer is kept, so that a reload of the page does not forget it. */
export interface Shelf {
  recall(): string | null;
  remember(text: string | null): void;
}

/** Between two questions after an order whose answer was lost. */
const LOOK_EVERY_MS = 2_000;

export class Sender {
  readonly state = new Store<Sending>({ phase: "idle" });
  private tickets: readonly OrderTicket[];
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly rest: Rest,
    private readonly shelf: Shelf,
    private readonly onOrder: (order: Order) => void,
  ) {
    this.tickets = ticketsIn(shelf.recall());
    if (this.tickets.length > 0) this.lose();
  }

  /** Send an order, with its exits behind it. */
  async send(tickets: readonly OrderTicket[]): Promise<void> {
    this.tickets = tickets;
    this.shelf.remember(JSON.stringify(tickets));
    this.state.set({ phase: "sending" });
    try {
      this.settle(tickets.length === 1 ? await this.sendOne(tickets[0]!) : await this.sendAll(tickets));
    } catch (error) {
      if (isLost(error)) this.lose();
      else this.settle({ phase: "refused", ...refusedOfError(error) });
    }
  }

  /** Send what was sent before, under the same ids: what has arrived is not ordered twice. */
  again(): Promise<void> {
    return this.send(this.tickets);
  }

  /** Ask what became of an order whose answer was lost. */
  async look(): Promise<void> {
    const [first] = this.tickets;
    if (this.state.get().phase !== "lost" || !first) return;
    const { client_order_id } = first;
    try {
      const order = await this.rest.get("/api/v1/orders/{client_order_id}", { client_order_id });
      this.onOrder(order);
      if (this.tickets.length > 1) return await this.again();
      this.settle({ phase: "taken", clientOrderId: client_order_id, refused: null });
    } catch (error) {
      if (this.state.get().phase !== "lost") return;
      if (error instanceof ApiError && error.code === "order_unknown") this.state.set({ phase: "absent" });
      else this.lose();
    }
  }

  /** Begin anew. */
  forget(): void {
    this.settle({ phase: "idle" });
  }

  private lose(): void {
    this.state.set({ phase: "lost" });
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.look(), LOOK_EVERY_MS);
  }

  private async sendOne(ticket: OrderTicket): Promise<Sending> {
    const order = await this.rest.send("post", "/api/v1/orders", ticket);
    this.onOrder(order);
    return { phase: "taken", clientOrderId: order.client_order_id, refused: null };
  }

  private async sendAll(tickets: readonly OrderTicket[]): Promise<Sending> {
    const { items } = await this.rest.send("post", "/api/v1/orders/batch", { orders: [...tickets] });
    for (const { order } of items) if (order) this.onOrder(order);
    const at = items.findIndex(({ error }) => error !== null);
    const error = items[at]?.error;
    const refused = error ? refusedOf(error, tickets[at]) : null;
    if (refused && !items[0]?.order) return { phase: "refused", ...refused };
    return { phase: "taken", clientOrderId: tickets[0]!.client_order_id, refused };
  }

  private settle(state: Sending): void {
    this.tickets = [];
    this.shelf.remember(null);
    this.state.set(state);
  }
}

function ticketsIn(text: string | null): readonly OrderTicket[] {
  try {
    const kept: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(kept) ? (kept as OrderTicket[]) : [];
  } catch {
    return [];
  }
}
