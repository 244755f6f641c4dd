/** Another password: at the first sign-in and after a reset without the old one, later with it. */

import { type FormEvent, useState } from "react";
import { usePeople } from "../state/node";
import { Button } from "../ui/button";
import { Secret } from "../ui/secret";
import { judgePassword } from "./password";
import { useRetry } from "./retry";
import { Fault } from "./sign-in-form";
import { useRule } from "./rule";
import { refusalText, waitText } from "./words";

const HINTS = { plain: "text-ink-soft", down: "text-down", warn: "text-warn", up: "text-up" };

interface PasswordFormProps {
  email: string;
  /** Whether the old one is asked for. */
  hasOld: boolean;
  onDone: () => void;
}

export function PasswordForm({ email, hasOld, onDone }: PasswordFormProps) {
  const people = usePeople();
  const [old, setOld] = useState("");
  const [next, setNext] = useState("");
  const [again, setAgain] = useState("");
  const [isBusy, setBusy] = useState(false);
  const [fault, setFault] = useState("");
  const [left, wait] = useRetry();
  const verdict = judgePassword(next, email, old, useRule().leastLength);
  const isSame = next === again;
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setFault("");
    try {
      await people.changePassword(next, hasOld ? old : null);
      setOld("");
      setNext("");
      setAgain("");
      onDone();
    } catch (error) {
      if (!wait(error)) setFault(refusalText(error));
    }
    setBusy(false);
  };
  const isReady = !verdict.isRefused && isSame && (!hasOld || old !== "");
  return (
    <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-3" data-testid="password-form">
      <input type="email" name="username" autoComplete="username" value={email} readOnly hidden />
      {hasOld && (
        <Secret
          label="Password now"
          autoComplete="current-password"
          value={old}
          onChange={(event) => setOld(event.target.value)}
        />
      )}
      <div>
        <Secret
          label="New password"
          autoComplete="new-password"
          autoFocus={!hasOld}
          value={next}
          onChange={(event) => setNext(event.target.value)}
        />
        <p role="status" data-testid="strength" className={`mt-1 text-xs ${HINTS[verdict.tone]}`}>
          {verdict.text}
        </p>
      </div>
      <Secret
        label="New password once more"
        autoComplete="new-password"
        fault={again !== "" && !isSame ? "It is another one" : undefined}
        value={again}
        onChange={(event) => setAgain(event.target.value)}
      />
      <Fault text={left > 0 ? `Too many attempts. Try again in ${waitText(left)}.` : fault} isWaiting={left > 0} />
      <Button type="submit" look="strong" disabled={isBusy || left > 0 || !isReady}>
        {isBusy ? "One moment …" : "Change the password"}
      </Button>
    </form>
  );
}
