/** The player of the market: where it is, and what it can be told to do. */

import { ApiError, type Body, type Rest, type Schemas } from "whisperer-client";
import { Store } from "../state/store";

export type PlayerState = Schemas["ReplayBody"];
type Action = Body<"post", "/api/v1/replay">;
type Change = Body<"patch", "/api/v1/replay">;

export class Player {
  readonly state = new Store<PlayerState | null>(null);
  /** Why the last thing it was told was refused. */
  readonly refusal = new Store<string | null>(null);
  /** What cannot be done while orders or positions are open, unless the books begin anew. */
  readonly held = new Store<Action | null>(null);
  /** Whether it was told something and has not answered yet. */
  readonly isBusy = new Store(false);

  private last = Promise.resolve();
  private waiting = 0;

  constructor(private readonly rest: Rest) {}

  /** Ask where it is; what was known stays when it does not answer. */
  async look(): Promise<void> {
    try {
      this.state.set(await this.rest.get("/api/v1/replay"));
    } catch {
      return;
    }
  }

  /** Pause, go on, or play at another speed. */
  change(change: Change): Promise<void> {
    return this.tell(() => this.rest.send("patch", "/api/v1/replay", change));
  }

  /** Step, jump or begin again. */
  act(action: Action): Promise<void> {
    const turnsBack = action.action === "jump" || action.action === "restart";
    return this.tell(() => this.rest.send("post", "/api/v1/replay", action), turnsBack ? action : null);
  }

  /** Do what was held back: open orders and positions end, and the account begins anew. */
  async beginAnew(): Promise<void> {
    const action = this.held.get();
    if (action) await this.act({ ...action, reset: true });
  }

  /** One thing after the other: what is wanted while it is busy is done next, not dropped. */
  private tell(send: () => Promise<PlayerState>, action: Action | null = null): Promise<void> {
    this.waiting += 1;
    this.isBusy.set(true);
    this.last = this.last.then(async () => {
      try {
        this.state.set(await send());
        this.refusal.set(null);
        this.held.set(null);
      } catch (error) {
        this.refusal.set(error instanceof ApiError ? error.message : String(error));
        this.held.set(isHeld(error) ? action : null);
      }
      this.waiting -= 1;
      this.isBusy.set(this.waiting > 0);
    });
    return this.last;
  }
}

/** Whether the books stand in the way: what is merely busy says when to come back. */
function isHeld(error: unknown): boolean {
  return error instanceof ApiError && error.code === "conflict" && error.retryAfterMs === null;
}
