/** What the node says to everybody of signing in: whether strangers may make users, and the rule for passwords. */

import { useEffect, useState } from "react";
import { Rest } from "whisperer-client";

export interface Rule {
  canSignUp: boolean;
  /** Characters of the shortest password; undefined while it is not known. */
  leastLength: number | undefined;
}

const UNKNOWN: Rule = { canSignUp: false, leastLength: undefined };
let known: Rule | null = null;

/** Ask once, without a token; what is not known is left to the node to say. */
export function useRule(): Rule {
  const [rule, setRule] = useState(known ?? UNKNOWN);
  useEffect(() => {
    if (known) return;
    new Rest().get("/api/v1/capabilities").then(
      ({ auth }) => {
        known = { canSignUp: auth.sign_up, leastLength: auth.password_min_length ?? undefined };
        setRule(known);
      },
      () => {},
    );
  }, []);
  return rule;
}
