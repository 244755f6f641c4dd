/** Where a sign-in is kept, and how several programs that share it take turns. */

export interface SignInShelf {
  load(): string | null;
  /** Keep a text; null forgets it. */
  save(text: string | null): void;
  /** Call `changed` when another program has saved something; returns what ends it. */
  watch(changed: () => void): () => void;
  /** Do something while no other program does the same. */
  alone<T>(work: () => Promise<T>): Promise<T>;
}

/** Keeps a sign-in for as long as the program runs. */
export class MemoryShelf implements SignInShelf {
  private text: string | null = null;

  load(): string | null {
    return this.text;
  }

  save(text: string | null): void {
    this.text = text;
  }

  watch(): () => void {
    return () => {};
  }

  alone<T>(work: () => Promise<T>): Promise<T> {
    return work();
  }
}

/** Keeps a sign-in in the browser, under one name; all tabs of the page share it. */
export class BrowserShelf implements SignInShelf {
  private readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  load(): string | null {
    try {
      return localStorage.getItem(this.name);
    } catch {
      return null;
    }
  }

  save(text: string | null): void {
    try {
      if (text === null) localStorage.removeItem(this.name);
      else localStorage.setItem(this.name, text);
    } catch {
      // a browser that keeps nothing: the sign-in lasts as long as the page
      return;
    }
  }

  watch(changed: () => void): () => void {
    // a key of null: everything was cleared
    const heard = ({ key }: StorageEvent) => (key === this.name || key === null) && changed();
    addEventListener("storage", heard);
    return () => removeEventListener("storage", heard);
  }

  alone<T>(work: () => Promise<T>): Promise<T> {
    // not there where the page is not served securely; the node forgives renewals at the same moment
    if (!globalThis.navigator?.locks) return work();
    return navigator.locks.request(this.name, work) as Promise<T>;
  }
}
