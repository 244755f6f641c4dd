/** Email and password; what was refused is said in words, and after too many attempts how long to wait. */

import { type FormEvent, useState } from "react";
import { usePeople } from "../state/node";
import { Button } from "../ui/button";
import { Field } from "../ui/field";
import { Secret } from "../ui/secret";
import { judgePassword } from "./password";
import { useRetry } from "./retry";
import { useRule } from "./rule";
import { refusalText, waitText } from "./words";

interface SignInFormProps {
  /** Whose sign-in has ended; somebody else's is another page. */
  email?: string;
}

export function SignInForm({ email: known = "" }: SignInFormProps) {
  const { auth } = usePeople();
  const [email, setEmail] = useState(known);
  const [password, setPassword] = useState("");
  const [isNew, setNew] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [fault, setFault] = useState("");
  const [left, wait] = useRetry();
  const { canSignUp, leastLength } = useRule();
  const verdict = judgePassword(password, email, "", leastLength);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setFault("");
    try {
      await (isNew ? auth.signUp(email.trim(), password) : auth.signIn(email.trim(), password));
    } catch (error) {
      if (!wait(error)) setFault(refusalText(error));
      setBusy(false);
    }
  };
  const isReady = email.trim() !== "" && password !== "" && !(isNew && verdict.isRefused);
  return (
    <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-3" data-testid="sign-in">
      <Field
        label="Email"
        type="email"
        name="email"
        autoComplete="username"
        autoFocus={known === ""}
        required
        value={email}
        onChange={(event) => setEmail(event.target.value)}
      />
      <Secret
        label="Password"
        name="password"
        autoComplete={isNew ? "new-password" : "current-password"}
        autoFocus={known !== ""}
        required
        hint={isNew ? verdict.text : undefined}
        value={password}
        onChange={(event) => setPassword(event.target.value)}
      />
      <Fault text={left > 0 ? `Too many attempts. Try again in ${waitText(left)}.` : fault} isWaiting={left > 0} />
      <Button type="submit" look="strong" disabled={isBusy || left > 0 || !isReady}>
        {isBusy ? "One moment …" : isNew ? "Make a user" : "Sign in"}
      </Button>
      {canSignUp && known === "" && (
        <Button look="bare" onClick={() => setNew(!isNew)}>
          {isNew ? "I have a user already" : "I am new here"}
        </Button>
      )}
    </form>
  );
}

/** What was refused; a count of seconds is not read out again and again. */
export function Fault({ text, isWaiting = false }: { text: string; isWaiting?: boolean }) {
  return (
    <p
      role={isWaiting ? "timer" : "alert"}
      data-testid="sign-in-fault"
      className={text ? "rounded-md bg-down-wash px-3 py-2 text-down" : "hidden"}
    >
      {text}
    </p>
  );
}
