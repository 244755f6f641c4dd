/** The rows of a channel for `for await`: a queue between a connection that pushes and a program that pulls. */

import { ApiError } from "./rest.ts";

/** A program that is so many rows behind will not catch up. */
const MOST_WAITING = 100_000;

export class Rows<T> implements AsyncIterableIterator<T> {
  private readonly waiting: T[] = [];
  private readonly onEnd: () => void;
  private wake: (() => void) | null = null;
  private failure: ApiError | null = null;
  private isEnded = false;

  /** `onEnd` is called once, when nobody wants any more. */
  constructor(onEnd: () => void) {
    this.onEnd = onEnd;
  }

  push(row: T): void {
    if (this.isEnded) return;
    if (this.waiting.length >= MOST_WAITING) {
      return this.fail(new ApiError(0, "too_slow", `${MOST_WAITING} rows wait to be read`));
    }
    this.waiting.push(row);
    this.wake?.();
  }

  /** End with an error, after the rows that wait. */
  fail(failure: ApiError): void {
    this.failure ??= failure;
    this.close();
  }

  /** End, after the rows that wait. */
  close(): void {
    if (this.isEnded) return;
    this.isEnded = true;
    this.onEnd();
    this.wake?.();
  }

  async next(): Promise<IteratorResult<T>> {
    while (this.waiting.length === 0 && !this.isEnded) {
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
    if (this.waiting.length > 0) return { value: this.waiting.shift()!, done: false };
    if (this.failure) throw this.failure;
    return { value: undefined, done: true };
  }

  async return(): Promise<IteratorResult<T>> {
    this.waiting.length = 0;
    this.close();
    return { value: undefined, done: true };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
