/** Things that several readers use at once: opened by the first, closed a moment after the last. */

/** A thing that is used, and what gives it back. */
export interface Taken<T> {
  feed: T;
  release: () => void;
}

interface Entry<T> {
  feed: T;
  close: () => void;
  users: number;
}

/** A screen that is drawn anew releases and takes the same thing within this time. */
const LINGER_MS = 1_000;

export class Shared<T> {
  private readonly entries = new Map<string, Entry<T>>();

  constructor(private readonly open: (feed: T) => () => void) {}

  take(key: string, make: () => T): Taken<T> {
    const entry = this.entries.get(key) ?? this.add(key, make());
    entry.users += 1;
    let isTaken = true;
    const release = () => {
      if (!isTaken) return;
      isTaken = false;
      entry.users -= 1;
      setTimeout(() => this.drop(key, entry), LINGER_MS);
    };
    return { feed: entry.feed, release };
  }

  private add(key: string, feed: T): Entry<T> {
    const entry = { feed, close: this.open(feed), users: 0 };
    this.entries.set(key, entry);
    return entry;
  }

  private drop(key: string, entry: Entry<T>): void {
    if (entry.users > 0 || this.entries.get(key) !== entry) return;
    this.entries.delete(key);
    entry.close();
  }
}
