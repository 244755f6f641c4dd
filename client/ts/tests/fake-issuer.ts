/** Users of a fake node: one of them, `ada@x` with the password `right`. */

import type { FakeNode } from "./fake-node.ts";

interface Answer {
  status?: number;
  body: object;
  headers?: Record<string, string>;
}

const BAD: Answer = { status: 400, body: { code: "invalid_credentials", message: "Invalid login credentials" } };
const GONE: Answer = { status: 400, body: { code: "refresh_token_not_found", message: "gone" } };
const EXPIRED: Answer = { status: 401, body: { code: "token_expired", detail: "the token has ended" } };

export class FakeIssuer {
  now = 1_800_000_000_000;
  lifetimeS = 900;
  renewals = 0;
  refuseWith: Answer | null = null;
  refuseRenewal = false;
  private readonly good = new Set<string>();
  private refresh = "";
  private count = 0;

  constructor(private readonly node: FakeNode) {
    node.onRequest = (url, method) => this.answer(url, method);
  }

  /** The access token that was given last. */
  newest = "";

  /** No access token is good any more. */
  expire(): void {
    this.good.clear();
  }

  /** The session is over. */
  revoke(): void {
    this.expire();
    this.refresh = "";
  }

  private answer(url: URL, method: string): Answer {
    const { authorization, body } = this.node.requests.at(-1)!;
    if (url.pathname === "/auth/v1/token") return this.token(url, JSON.parse(body) as Record<string, string>);
    const token = authorization?.replace("Bearer ", "");
    if (token !== undefined && !this.good.has(token)) return EXPIRED;
    return { body: { method } };
  }

  private token(url: URL, asked: Record<string, string>): Answer {
    if (this.refuseWith) return this.refuseWith;
    if (url.searchParams.get("grant_type") === "password") {
      return asked.password === "right" ? this.give() : BAD;
    }
    if (this.refuseRenewal || this.refresh === "" || asked.refresh_token !== this.refresh) return GONE;
    this.renewals += 1;
    return this.give();
  }

  private give(): Answer {
    const iat = Math.floor(this.now / 1_000);
    const claims = { iat, exp: iat + this.lifetimeS, jti: (this.count += 1) };
    this.newest = `x.${btoa(JSON.stringify(claims))}.y`;
    this.refresh = `r${this.count}`;
    this.good.add(this.newest);
    const user = { id: "u-ada", email: "ada@x" };
    return { body: { access_token: this.newest, refresh_token: this.refresh, expires_in: this.lifetimeS, user } };
  }
}
