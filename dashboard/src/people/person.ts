/** Who sits before the page: what the node says of the session, and what may be shown. */

import { ApiError, type Auth, type Rest, type Schemas } from "whisperer-client";
import { Store } from "../state/store";

export type SessionInfo = Schemas["CurrentSession"];
export type Role = "viewer" | "trader" | "admin";

export type Presence =
  /** It is not known yet who that is. */
  | { phase: "unknown" }
  /** The node has no users: whoever sits here may do everything. */
  | { phase: "everybody" }
  | { phase: "stranger" }
  | { phase: "pending"; session: SessionInfo; what: "second_factor" | "password" }
  | { phase: "person"; session: SessionInfo };

const AGAIN_MS = 2_000;

/** Follows the sign-in, and asks the node who that is. */
export class Person {
  readonly presence = new Store<Presence>({ phase: "unknown" });
  /** Why the node could not be asked; null while it can be. */
  readonly fault = new Store<string | null>(null);
  /** What a new sign-in must do first over a page that is shown already. */
  readonly waiting = new Store<SessionInfo | null>(null);
  private asking = 0;
  private userId = "";
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly rest: Rest,
    private readonly auth: Auth,
    /** Everything of whoever was here is to be forgotten. */
    private readonly onGone: () => void,
  ) {}

  /** Begin; nothing is asked while nobody is signed in. */
  start(): void {
    let phase = "";
    let token = 0;
    this.auth.state.watch(() => {
      const state = this.auth.state.get();
      const next = state.phase === "in" ? `in ${state.userId}` : state.phase;
      const ends = state.phase === "in" ? state.expiresMs : 0;
      // another token of the same sign-in may bring other roles
      const isOther = next !== phase || ends !== token;
      token = ends;
      if (isOther) this.follow((phase = next));
    });
    const { phase: first } = this.auth.state.get();
    if (first !== "unknown") this.follow(first);
  }

  /** Ask again: after the second factor, the password, or a change of roles. */
  async refresh(): Promise<void> {
    const asking = ++this.asking;
    clearTimeout(this.timer);
    try {
      const session = await this.rest.get("/api/v1/session");
      if (asking === this.asking) this.take(session);
    } catch (error) {
      if (asking === this.asking) this.failed(error);
    }
  }

  private follow(next: string): void {
    if (next === "open") return this.presence.set({ phase: "everybody" });
    if (next.startsWith("in")) return void this.refresh();
    this.asking += 1;
    clearTimeout(this.timer);
    const { phase } = this.presence.get();
    if (next === "out") {
      this.presence.set({ phase: "stranger" });
      if (phase === "person" || phase === "pending") this.onGone();
    }
    this.waiting.set(null);
    // an ended sign-in leaves the page as it is, below the question for the password
    if (next === "ended" && phase !== "person") this.presence.set({ phase: "stranger" });
  }

  private take(session: SessionInfo): void {
    this.fault.set(null);
    const { user, pending } = session;
    if (user === null) {
      this.auth.greeted("local");
      return this.presence.set({ phase: "everybody" });
    }
    if (this.userId !== "" && this.userId !== user.user_id) return this.onGone();
    this.userId = user.user_id;
    const isShown = this.presence.get().phase === "person";
    this.waiting.set(pending && isShown ? session : null);
    if (!pending) this.presence.set({ phase: "person", session });
    else if (!isShown) this.presence.set({ phase: "pending", session, what: pending });
  }

  private failed(error: unknown): void {
    if (error instanceof ApiError && error.status === 401) {
      if (this.presence.get().phase === "unknown") this.presence.set({ phase: "stranger" });
      return;
    }
    this.fault.set(error instanceof Error ? error.message : String(error));
    this.timer = setTimeout(() => void this.refresh(), AGAIN_MS);
  }
}

/** Whether somebody may use what needs a role. */
export function has(presence: Presence, role: Role): boolean {
  if (presence.phase === "everybody" || presence.phase === "unknown") return true;
  return presence.phase === "person" && presence.session.roles.includes(role);
}
