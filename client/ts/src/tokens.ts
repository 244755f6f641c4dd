/** Where requests and connections get the token from that they sign in with. */

export interface Tokens {
  /**
   * Return the token to use now, renewed first where its end is near; null where none is needed.
   *
   * @throws ApiError When somebody has to sign in first, or the token cannot be renewed now.
   */
  current(): Promise<string | null>;
  /** Return another token in place of one that the node has refused; null when there is none. */
  instead(refused: string): Promise<string | null>;
  /** Call `changed` when there is another token; returns what ends it. */
  watch(changed: () => void): () => void;
  /** The node has greeted a connection: `required` when it has users. */
  greeted(auth: string): void;
}

/** One token that is never renewed: an API key, or an access token for its lifetime. */
export class FixedToken implements Tokens {
  private readonly token: string;

  constructor(token: string) {
    this.token = token;
  }

  async current(): Promise<string> {
    return this.token;
  }

  async instead(): Promise<null> {
    return null;
  }

  watch(): () => void {
    return () => {};
  }

  greeted(): void {}
}

/** Return what a program has given as tokens. */
export function tokensOf(given: string | Tokens | null | undefined): Tokens | null {
  return typeof given === "string" ? new FixedToken(given) : (given ?? null);
}
