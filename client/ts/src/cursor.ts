/** Where a client stands in one channel, and what a message means to it there. */

export type Verdict = "apply" | "drop" | "gap";

/**
 * Log channels number their events one by one, so a jump is a loss. On latest channels numbers only grow, a jump is
 * conflation. An open bar carries the number of the last closed one, stays outside the numbering and is never resent.
 */
export class Cursor {
  epoch: string | null = null;
  seq = 0;
  readonly kind: "log" | "latest";

  constructor(kind: "log" | "latest") {
    this.kind = kind;
  }

  /** What `subscribe` says to be given only what came later; null when nothing is held. */
  get since(): [string, number] | null {
    return this.epoch === null ? null : [this.epoch, this.seq];
  }

  /** Stand where a snapshot ends. */
  reset(epoch: string, seq: number): void {
    this.epoch = epoch;
    this.seq = seq;
  }

  /** Judge an event and step over it when it applies. */
  step(seq: number, isOpen: boolean): Verdict {
    if (this.epoch === null) return "drop";
    if (this.kind === "latest") return this.grow(seq);
    if (isOpen) return seq === this.seq ? "apply" : seq < this.seq ? "drop" : "gap";
    if (seq <= this.seq) return "drop";
    if (seq > this.seq + 1) return "gap";
    this.seq = seq;
    return "apply";
  }

  /** Whether the node's head, told by a heartbeat, is ahead of us. */
  isBehind(head: number): boolean {
    return this.kind === "log" && this.epoch !== null && head > this.seq;
  }

  private grow(seq: number): Verdict {
    if (seq < this.seq) return "drop";
    this.seq = seq;
    return "apply";
  }
}
