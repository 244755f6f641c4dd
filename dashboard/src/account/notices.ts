/** What the user should hear of wherever the page stands: fills, refusals, alerts. They go by themselves. */

import { Store } from "../state/store";

export type Tone = "up" | "down" | "warn" | "accent";

export interface Notice {
  /** A newer one with the same key takes the place of the older. */
  key: string;
  tone: Tone;
  title: string;
  text: string;
  /** Of the wall clock, UNIX ms. */
  at: number;
}

const MOST = 4;
const STAYS_MS = 9_000;
/** What is wrong stays until it is put away. */
const LASTING: ReadonlySet<Tone> = new Set(["down", "warn"]);

export class Notices {
  /** Newest last. */
  readonly shown = new Store<readonly Notice[]>([]);
  /** Told of every one, for the browser's own notifications. */
  onNotice: (notice: Notice) => void = () => {};

  tell(notice: Omit<Notice, "at">): void {
    const told = { ...notice, at: Date.now() };
    const others = this.shown.get().filter(({ key }) => key !== notice.key);
    this.shown.set([...others, told].slice(-MOST));
    if (!LASTING.has(notice.tone)) setTimeout(() => this.forget(told), STAYS_MS);
    this.onNotice(told);
  }

  dismiss(key: string): void {
    this.shown.update((all) => all.filter((one) => one.key !== key));
  }

  private forget(notice: Notice): void {
    this.shown.update((all) => (all.includes(notice) ? all.filter((one) => one !== notice) : all));
  }
}
