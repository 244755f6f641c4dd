/** Rows that a program was given already, told from new ones: after a loss a snapshot may hold both. */

/** As many as a snapshot may hold, and more. */
const REMEMBERED = 20_000;

interface Known {
  /** What makes a row the same row when it comes again; null when it may. */
  key(row: Record<string, unknown>): string | null;
  /** When it happened, market time. */
  time: string;
}

const ofBar: Known = { key: ({ t, closed }) => (closed === false ? null : String(t)), time: "t" };
const KNOWN: ReadonlyMap<string, Known> = new Map([
  ["trades", { key: ({ id }) => String(id), time: "ts" }],
  ["signals", { key: ({ bar_type, ts_bar }) => `${String(bar_type)} ${String(ts_bar)}`, time: "ts" }],
  ["bars", ofBar],
  ["indicators", ofBar],
]);

export class Once {
  private readonly known: Known | null;
  private readonly given = new Set<string>();
  /** The newest time given. */
  private newest = -Infinity;
  /** Whether a snapshot came and no row yet that shows how it goes on. */
  private isUnsure = false;

  constructor(channel: string) {
    this.known = KNOWN.get(channel.split(":", 1)[0] ?? "") ?? null;
  }

  /** Return those of a snapshot that are new: all of them, when market time has gone back. */
  snapshot<T>(rows: readonly T[]): readonly T[] {
    this.isUnsure = true;
    return this.fresh(rows);
  }

  /** Return those that are new. */
  fresh<T>(rows: readonly T[]): readonly T[] {
    const { known } = this;
    if (known === null || rows.length === 0) return rows;
    const values = rows as readonly Record<string, unknown>[];
    if (this.isUnsure && Number(values.at(-1)![known.time]) < this.newest) this.forget();
    this.isUnsure = false;
    return rows.filter((_, at) => this.isNew(values[at]!, known));
  }

  private isNew(row: Record<string, unknown>, known: Known): boolean {
    const key = known.key(row);
    if (key === null) return true;
    if (this.given.has(key)) return false;
    this.newest = Math.max(this.newest, Number(row[known.time]));
    this.given.add(key);
    if (this.given.size > REMEMBERED) this.given.delete(this.given.values().next().value!);
    return true;
  }

  private forget(): void {
    this.given.clear();
    this.newest = -Infinity;
  }
}
