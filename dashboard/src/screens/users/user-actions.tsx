/** What an admin does to a user: another password, no second factor, disabled or enabled, removed. */

import { useState } from "react";
import { useRule } from "../../people/rule";
import { useAction } from "../../state/action";
import { useNode } from "../../state/node";
import { Button } from "../../ui/button";
import { Confirm } from "../../ui/confirm";
import { Dialog, DialogActions } from "../../ui/dialog";
import { RefusedLine } from "../../ui/refused";
import { MadePassword } from "./made-password";
import type { User } from "./user-list";

type Question = "password" | "factor" | "disable" | "remove";

interface UserActionsProps {
  user: User;
  isSelf: boolean;
  onChange: () => Promise<void>;
  onGone: () => Promise<void>;
}

const AT_SUPABASE = "The user stays as before at Supabase.";

const WORDS: Record<Question, { title: string; action: string; text: string }> = {
  password: {
    title: "Give another password?",
    action: "Make a password",
    text: "A new password is made and shown to you once. All sessions of this user end, and at the next sign-in another password must be chosen.",
  },
  factor: {
    title: "Remove the second factor?",
    action: "Remove it",
    text: "From then on the password alone opens this account. Be sure who has asked for it.",
  },
  disable: {
    title: "Disable this user?",
    action: "Disable",
    text: "All sessions and API keys end, working orders are cancelled and trading is halted. Positions stay. The user can be enabled again.",
  },
  remove: {
    title: "Remove this user?",
    action: "Remove for good",
    text: "Sign-in, API keys and second factor are gone for good. Orders and the audit trail stay.",
  },
};

export function UserActions({ user, isSelf, onChange, onGone }: UserActionsProps) {
  const { rest } = useNode();
  const [run, doing] = useAction();
  const [question, setQuestion] = useState<Question | null>(null);
  const [made, setMade] = useState<string | null>(null);
  const { keeper } = useRule();
  const isOurs = keeper === "node";
  const { user_id } = user;
  const path = "/api/v1/users/{user_id}";
  const disable = async (is_disabled: boolean) => {
    await rest.send("patch", path, { is_disabled }, { user_id });
    await onChange();
  };
  const acts: Record<Question, () => Promise<unknown>> = {
    password: async () => {
      const { password } = await rest.send("post", `${path}/password`, {}, { user_id });
      setMade(password);
      await onChange();
    },
    factor: async () => {
      await rest.send("delete", `${path}/two-factor`, undefined, { user_id });
      await onChange();
    },
    disable: () => disable(true),
    remove: async () => {
      await rest.send("delete", path, undefined, { user_id });
      await onGone();
    },
  };
  return (
    <div className="flex flex-wrap gap-2">
      {isOurs && !isSelf && <Button onClick={() => setQuestion("password")}>Reset the password</Button>}
      {isOurs && user.has_second_factor && !isSelf && (
        <Button onClick={() => setQuestion("factor")}>Remove the second factor</Button>
      )}
      {user.is_disabled && (
        <Button look="strong" disabled={doing.isBusy} onClick={() => void run(() => disable(false))}>
          Enable
        </Button>
      )}
      {!user.is_disabled && !isSelf && <Button onClick={() => setQuestion("disable")}>Disable</Button>}
      {isOurs && !isSelf && (
        <Button look="danger" onClick={() => setQuestion("remove")}>
          Remove
        </Button>
      )}
      {isSelf && (
        <p className="text-xs text-ink-faint">
          {isOurs ? "This is you: password and second factor are under Security." : "This is you."}
        </p>
      )}
      <RefusedLine refused={doing.refused} className="w-full" />
      <Confirm
        title={question ? WORDS[question].title : ""}
        isOpen={question !== null}
        action={question ? WORDS[question].action : ""}
        onYes={() => (question ? acts[question]() : Promise.resolve())}
        onClose={() => setQuestion(null)}
      >
        <p className="mb-2 font-medium break-all text-ink">{user.email}</p>
        <p>{question && WORDS[question].text}</p>
        {!isOurs && <p className="mt-2">{AT_SUPABASE}</p>}
      </Confirm>
      <Dialog title="The new password" isOpen={made !== null} onClose={() => setMade(null)}>
        <MadePassword email={user.email} password={made ?? ""} />
        <DialogActions>
          <Button look="strong" data-first onClick={() => setMade(null)}>
            I have passed it on
          </Button>
        </DialogActions>
      </Dialog>
    </div>
  );
}
