/** Pages of the past, newest first: read on when they are asked for, all of it for a file. */

import { Store } from "../state/store";

export interface Page<T> {
  items: readonly T[];
  next: string | null;
}

export type Read<T> = (question: { cursor?: string; limit: number }) => Promise<Page<T>>;

const PAGE = 50;
const FILE_PAGE = 1_000;
/** When so many rows have come in front of those that were read, reading begins anew. */
const MOST_ADDED = 1_000;

export interface Pages<T> {
  phase: "loading" | "ready" | "failed";
  items: readonly T[];
  hasOlder: boolean;
  message: string;
}

export class History<T> {
  readonly state = new Store<Pages<T>>({ phase: "loading", items: [], hasOlder: false, message: "" });
  private cursor: string | null = null;
  private reading: Promise<void> | null = null;
  private generation = 0;
  private added = 0;

  /** `keyOf` tells rows apart, so that none is there twice when new ones came between two pages. */
  constructor(
    private readonly read: Read<T>,
    private readonly keyOf: (row: T) => string,
  ) {}

  /** Read the newest page again; what was read of older ones stays behind it, as long as not too much has come. */
  async refresh(): Promise<void> {
    const generation = ++this.generation;
    try {
      const page = await this.read({ limit: PAGE });
      if (generation !== this.generation) return;
      const { phase, items } = this.state.get();
      const known = new Set(items.map(this.keyOf));
      const fresh = page.items.findIndex((row) => known.has(this.keyOf(row)));
      const isJoined = phase === "ready" && fresh >= 0 && this.added + fresh <= MOST_ADDED;
      this.added = isJoined ? this.added + fresh : 0;
      if (!isJoined) this.cursor = page.next;
      this.show(isJoined ? [...page.items, ...items] : page.items);
    } catch (error) {
      if (generation === this.generation) this.fail(error);
    }
  }

  /** Read one more page of older rows. */
  older(): Promise<void> {
    this.reading ??= this.readOlder().finally(() => (this.reading = null));
    return this.reading;
  }

  /** Every row that there is, oldest first. */
  async all(): Promise<readonly T[]> {
    const rows: T[] = [];
    let cursor: string | null | undefined;
    do {
      const page: Page<T> = await this.read({ limit: FILE_PAGE, ...(cursor && { cursor }) });
      rows.push(...page.items);
      cursor = page.next;
    } while (cursor !== null);
    return rows.reverse();
  }

  private async readOlder(): Promise<void> {
    if (this.cursor === null) return;
    try {
      const page = await this.read({ limit: PAGE, cursor: this.cursor });
      this.cursor = page.next;
      this.show([...this.state.get().items, ...page.items]);
    } catch (error) {
      this.fail(error);
    }
  }

  private show(rows: readonly T[]): void {
    const byKey = new Map<string, T>();
    for (const row of rows) if (!byKey.has(this.keyOf(row))) byKey.set(this.keyOf(row), row);
    this.state.set({ phase: "ready", items: [...byKey.values()], hasOlder: this.cursor !== null, message: "" });
  }

  private fail(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    this.state.update((state) =>
      state.phase === "ready" ? { ...state, message } : { ...state, phase: "failed", message },
    );
  }
}
