/** What the node tells strangers: who keeps its users, whether one may sign up, and its rule for passwords. */

import { useEffect, useState } from "react";
import { Rest, type Schemas } from "whisperer-client";

export interface Rule {
  canSignUp: boolean;
  /** Characters of the shortest password; undefined while it is not known. */
  leastLength: number | undefined;
  /** Who keeps passwords, second factors and roles; undefined while it is not known. */
  keeper: "node" | "supabase" | undefined;
  /** Where the Supabase project is; empty when the node keeps its users. */
  project: string;
}

const UNKNOWN: Rule = { canSignUp: false, leastLength: undefined, keeper: undefined, project: "" };
const AGAIN_MS = 2_000;
let known: Rule | null = null;

/** Ask once, without a token and until it is answered; what is not known is left to the node to say. */
export function useRule(): Rule {
  const [rule, setRule] = useState(known ?? UNKNOWN);
  useEffect(() => {
    if (known) return setRule(known);
    let isGone = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async () => {
      try {
        const { auth } = await new Rest().get("/api/v1/capabilities");
        known = ruleOf(auth);
        if (!isGone) setRule(known);
      } catch {
        if (!isGone) timer = setTimeout(() => void ask(), AGAIN_MS);
      }
    };
    void ask();
    return () => {
      isGone = true;
      clearTimeout(timer);
    };
  }, []);
  return rule;
}

/** Read what the node says of signing in. */
export function ruleOf(auth: Schemas["AuthAbilities"]): Rule {
  const isElsewhere = auth.mode === "supabase";
  return {
    canSignUp: auth.sign_up,
    leastLength: auth.password_min_length ?? undefined,
    keeper: isElsewhere ? "supabase" : "node",
    project: isElsewhere && auth.issuer !== null ? new URL(auth.issuer).host : "",
  };
}
