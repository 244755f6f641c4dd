/** What whoever sits before the page does about their own sign-in. */

import type { Auth, Rest } from "whisperer-client";
import { Person } from "./person";

export class People {
  readonly person: Person;

  constructor(
    private readonly rest: Rest,
    readonly auth: Auth,
    /** Everything of whoever was here is to be forgotten. */
    onGone: () => void,
  ) {
    this.person = new Person(rest, auth, onGone);
  }

  /** Sign out of this browser; the page forgets everything once that is done. */
  signOut(): Promise<void> {
    return this.auth.signOut();
  }

  /** Give a code of the second factor, or a recovery code, for the session that waits for it. */
  async giveCode(code: string): Promise<void> {
    const given = await this.rest.send("post", "/api/v1/two-factor/verify", { code });
    this.auth.adopt(given.access_token, given.refresh_token);
    await this.person.refresh();
  }

  /** Give a new second factor its first code; returns the recovery codes, which are shown once. */
  async confirmFactor(factor_id: string, code: string): Promise<readonly string[]> {
    const given = await this.rest.send("post", "/api/v1/two-factor/verify", { factor_id, code });
    this.auth.adopt(given.access_token, given.refresh_token);
    return given.recovery_codes;
  }

  /** Change one's password; `old` is null where the node asks for none. */
  async changePassword(next: string, old: string | null): Promise<void> {
    await this.rest.send("post", "/api/v1/password", {
      new_password: next,
      ...(old !== null && { current_password: old }),
    });
    await this.person.refresh();
  }
}
