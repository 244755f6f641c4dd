/** What an order would do, asked of the node while it is being written: calmly, and the newest answer counts. */

import type { OrderTicket, Preview, Rest } from "whisperer-client";
import { Store } from "../state/store";
import { refusedOf, refusedOfError, type Refused } from "./outcome";

export interface Foreseen {
  /** The last answer; it stays while the next one is awaited. */
  preview: Preview | null;
  /** Why it would be refused, or could not be asked. */
  refused: Refused | null;
}

const NOTHING: Foreseen = { preview: null, refused: null };
const PAUSE_MS = 200;
/** The market moves on: an order that is not changed is looked at again. */
const AGAIN_MS = 3_000;

export class Previewer {
  readonly state = new Store<Foreseen>(NOTHING);
  private timer: ReturnType<typeof setTimeout> | undefined;
  private number = 0;

  constructor(private readonly rest: Rest) {}

  /** Look at this order from now on; null looks at none. */
  show(ticket: OrderTicket | null): void {
    clearTimeout(this.timer);
    this.number += 1;
    if (ticket === null) return this.state.set(NOTHING);
    this.timer = setTimeout(() => void this.ask(ticket, this.number), PAUSE_MS);
  }

  private async ask(ticket: OrderTicket, number: number): Promise<void> {
    const answer = await this.asked(ticket);
    if (number !== this.number) return;
    this.state.set(answer);
    this.timer = setTimeout(() => void this.ask(ticket, number), AGAIN_MS);
  }

  private async asked(ticket: OrderTicket): Promise<Foreseen> {
    try {
      const preview = await this.rest.send("post", "/api/v1/orders/validate", ticket);
      return { preview, refused: preview.problem && refusedOf(preview.problem) };
    } catch (error) {
      return { preview: null, refused: refusedOfError(error) };
    }
  }
}
