/** A person's sign-in: tokens, renewed before they end, shared by everything that has the same shelf. */

import { type Grant, grant, lifetimeOf } from "./grants.ts";
import { ApiError } from "./rest.ts";
import { MemoryShelf, type SignInShelf } from "./shelf.ts";
import type { Tokens } from "./tokens.ts";
import { Value } from "./value.ts";

/** Why a token could not be renewed: the node is away, or it is there and does not. */
export type Trouble = "unreachable" | "refused";

export type AuthState =
  /** Nothing has been heard of the node, and nothing is kept. */
  | { phase: "unknown" }
  /** The node has no users: nobody signs in. */
  | { phase: "open" }
  | { phase: "out" }
  | { phase: "in"; userId: string; email: string; expiresMs: number; trouble: Trouble | null }
  /** Whoever was signed in is no longer. */
  | { phase: "ended"; userId: string; email: string };

interface Kept {
  user_id: string;
  email: string;
  /** None: the sign-in has ended. */
  access_token?: string;
  refresh_token?: string;
  /** By the clock of this computer, UNIX ms. */
  expires_ms: number;
}

/** A token is renewed so long before its end, but not before a third of its life is left. */
const EARLY_MS = 300_000;
const AGAIN_MS = 5_000;
/** Closer to its end a token may not arrive in time. */
const NEAR_MS = 5_000;
const USUAL_S = 900;
/** So long a request waits for the node to say whether it has users. */
const PATIENCE_MS = 10_000;

export interface AuthOptions {
  shelf?: SignInShelf;
  /** UNIX ms; the wall clock as a rule. */
  now?: () => number;
}

export class Auth implements Tokens {
  readonly state: Value<AuthState>;
  private readonly origin: string;
  private readonly shelf: SignInShelf;
  private readonly now: () => number;
  private kept: Kept | null;
  private renewing: Promise<string | null> | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly unwatch: () => void;

  /** `origin` is the node's, for example `http://127.0.0.1:8080`. What the shelf keeps is gone on with. */
  constructor(origin: string, { shelf = new MemoryShelf(), now = () => Date.now() }: AuthOptions = {}) {
    this.origin = origin;
    this.shelf = shelf;
    this.now = now;
    this.kept = keptIn(shelf.load());
    this.state = new Value<AuthState>(this.kept ? stateOf(this.kept) : { phase: "unknown" });
    this.unwatch = shelf.watch(() => this.taken(keptIn(this.shelf.load())));
    this.plan();
  }

  /** Sign in; what must be done before anything else is told by `GET /api/v1/session`. */
  async signIn(email: string, password: string): Promise<void> {
    this.keep(keptOf(await grant(this.origin, "token?grant_type=password", { email, password }), this.now()));
  }

  /** Make oneself a user, where the node lets strangers do so, and sign in. */
  async signUp(email: string, password: string): Promise<void> {
    this.keep(keptOf(await grant(this.origin, "signup", { email, password }), this.now()));
  }

  /** Go on with other tokens of the same sign-in, as a second factor gives them. */
  adopt(accessToken: string, refreshToken: string): void {
    if (!this.kept) return;
    const expires_ms = this.now() + lifetimeOf(accessToken, USUAL_S) * 1_000;
    this.keep({ ...this.kept, access_token: accessToken, refresh_token: refreshToken, expires_ms });
  }

  /** Renew now; whether that was possible. */
  async renew(): Promise<boolean> {
    const token = this.kept?.access_token;
    return token !== undefined && (await this.refreshed(token, true).catch(() => null)) !== null;
  }

  /** Sign out of this session; here it is forgotten also when the node does not answer. */
  async signOut(): Promise<void> {
    const token = this.kept?.access_token;
    this.shelf.save(null);
    if (token !== undefined) await this.endAtNode(token);
    this.taken(null);
  }

  /** Stop renewing; nothing is forgotten. */
  close(): void {
    clearTimeout(this.timer);
    this.unwatch();
  }

  watch(changed: () => void): () => void {
    return this.state.watch(changed);
  }

  greeted(auth: string): void {
    if (auth === "local") {
      clearTimeout(this.timer);
      this.state.set({ phase: "open" });
    } else if (this.phase === "unknown" || this.phase === "open") {
      this.state.set(this.kept ? stateOf(this.kept) : { phase: "out" });
    }
  }

  async current(): Promise<string | null> {
    await this.known();
    if (this.phase === "open") return null;
    const { access_token, expires_ms = 0 } = this.kept ?? {};
    if (access_token === undefined) throw signedOut();
    if (expires_ms - this.now() > NEAR_MS) return access_token;
    const renewed = await this.refreshed(access_token, true);
    if (renewed === null) throw signedOut();
    return renewed;
  }

  instead(refused: string): Promise<string | null> {
    return this.phase === "open" ? Promise.resolve(null) : this.refreshed(refused, true);
  }

  private get phase(): AuthState["phase"] {
    return this.state.get().phase;
  }

  /** Wait until it is known whether the node has users; not for ever, or those who ask again and again would add up. */
  private known(): Promise<void> {
    if (this.phase !== "unknown") return Promise.resolve();
    return new Promise((resolve, reject) => {
      const end = this.state.watch(() => {
        clearTimeout(timer);
        end();
        resolve();
      });
      const timer = setTimeout(() => {
        end();
        reject(new ApiError(0, "unreachable", "The node does not answer."));
      }, PATIENCE_MS);
    });
  }

  /** Return a token other than `refused`; `isDue`: nothing is left of it, so that a refusal ends the sign-in. */
  private async refreshed(refused: string, isDue: boolean): Promise<string | null> {
    this.renewing ??= this.shelf.alone(() => this.refresh(refused)).finally(() => (this.renewing = null));
    try {
      return await this.renewing;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (this.kept?.access_token !== refused) return this.kept?.access_token ?? null;
      const isFinal = error.status >= 400 && error.status < 500 && error.status !== 429;
      if (isFinal && isDue) this.end();
      else this.trouble(error.status === 0 ? "unreachable" : "refused", !isFinal);
      if (isFinal) return null;
      throw error;
    }
  }

  private async refresh(refused: string): Promise<string | null> {
    const kept = keptIn(this.shelf.load()) ?? this.kept;
    if (kept?.access_token !== undefined && kept.access_token !== refused && kept.expires_ms - this.now() > NEAR_MS) {
      this.taken(kept);
      return kept.access_token;
    }
    const refresh_token = kept?.refresh_token;
    if (refresh_token === undefined) return null;
    const fresh = keptOf(await grant(this.origin, "token?grant_type=refresh_token", { refresh_token }), this.now());
    // signed out meanwhile, here or elsewhere
    if (this.kept === null) return null;
    this.keep(fresh);
    return fresh.access_token ?? null;
  }

  private keep(kept: Kept): void {
    this.shelf.save(JSON.stringify(kept));
    this.taken(kept);
  }

  /** Go on with what this program or another one that shares the shelf has kept. */
  private taken(kept: Kept | null): void {
    this.kept = kept;
    if (this.phase !== "open") this.state.set(kept ? stateOf(kept) : { phase: "out" });
    this.plan();
  }

  private end(): void {
    const { kept } = this;
    if (kept) this.keep({ user_id: kept.user_id, email: kept.email, expires_ms: 0 });
  }

  private trouble(trouble: Trouble, mayPass: boolean): void {
    this.state.update((state) => (state.phase === "in" ? { ...state, trouble } : state));
    this.plan(trouble, mayPass);
  }

  /** Set the alarm for the next renewal, or for the end. */
  private plan(trouble: Trouble | null = null, mayPass = true): void {
    clearTimeout(this.timer);
    const { kept } = this;
    if (kept?.access_token === undefined || this.phase === "open") return;
    const left = kept.expires_ms - this.now();
    const early = Math.min(EARLY_MS, lifetimeOf(kept.access_token, USUAL_S) * 333);
    const wait = trouble === null ? left - early : mayPass ? AGAIN_MS : left;
    this.timer = setTimeout(() => void this.due(trouble), Math.max(0, Math.min(wait, 2 ** 31 - 1)));
  }

  private async due(trouble: Trouble | null): Promise<void> {
    const { kept } = this;
    if (kept?.access_token === undefined) return;
    const isOver = kept.expires_ms <= this.now();
    // a node that is away knows no more of this than the page: it is asked again once it is back
    if (isOver && trouble === "refused") return this.end();
    await this.refreshed(kept.access_token, isOver).catch(() => {});
  }

  private async endAtNode(token: string): Promise<void> {
    await fetch(`${this.origin}/api/v1/session/end`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify({ which: "local" }),
      signal: AbortSignal.timeout(AGAIN_MS),
    }).catch(() => {});
  }
}

function signedOut(): ApiError {
  return new ApiError(401, "unauthorized", "Sign in first.");
}

function keptOf({ access_token, refresh_token, expires_in, user }: Grant, now: number): Kept {
  const expires_ms = now + lifetimeOf(access_token, expires_in || USUAL_S) * 1_000;
  return { user_id: user.id, email: user.email ?? "", access_token, refresh_token, expires_ms };
}

function stateOf({ user_id: userId, email, access_token, expires_ms: expiresMs }: Kept): AuthState {
  return access_token === undefined
    ? { phase: "ended", userId, email }
    : { phase: "in", userId, email, expiresMs, trouble: null };
}

function keptIn(text: string | null): Kept | null {
  try {
    const kept = JSON.parse(text ?? "null") as Kept | null;
    return kept && typeof kept.user_id === "string" && typeof kept.expires_ms === "number" ? kept : null;
  } catch {
    return null;
  }
}
