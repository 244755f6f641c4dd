/** The second factor at sign-in: six digits of the app, or one of the recovery codes. */

import { type FormEvent, useState } from "react";
import { usePeople } from "../state/node";
import { Button } from "../ui/button";
import { Field } from "../ui/field";
import { CODE_PATTERN } from "./factor";
import { useRetry } from "./retry";
import { useRule } from "./rule";
import { Fault } from "./sign-in-form";
import { refusalText, waitText } from "./words";

export function CodeForm() {
  const { keeper, project } = useRule();
  return keeper === "supabase" ? <Elsewhere project={project} /> : <OwnCode />;
}

/** A code that the node cannot check: only the issuer's own program can ask for it. */
function Elsewhere({ project }: { project: string }) {
  const people = usePeople();
  return (
    <div className="flex flex-col gap-3" data-testid="factor-elsewhere">
      <p className="text-ink-soft">
        This account has a second factor at the Supabase project{" "}
        <span className="font-medium break-all text-ink">{project}</span>, which this page cannot ask for. Use a program
        that signs in there with the code, or sign in here as somebody else.
      </p>
      <Button onClick={() => void people.signOut()}>Sign out</Button>
    </div>
  );
}

function OwnCode() {
  const people = usePeople();
  const [isRecovery, setRecovery] = useState(false);
  const [code, setCode] = useState("");
  const [isBusy, setBusy] = useState(false);
  const [fault, setFault] = useState("");
  const [left, wait] = useRetry();
  const give = async (given: string) => {
    setBusy(true);
    setFault("");
    try {
      await people.giveCode(given.trim());
    } catch (error) {
      if (!wait(error)) setFault(refusalText(error));
      setCode("");
      setBusy(false);
    }
  };
  const type = (text: string) => {
    setCode(text);
    if (!isRecovery && !isBusy && left === 0 && CODE_PATTERN.test(text.trim())) void give(text);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void give(code);
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-3" data-testid="second-factor">
      <p className="text-ink-soft">
        {isRecovery
          ? "One of the recovery codes that you kept. It works once."
          : "The six digits that your authenticator app shows now."}
      </p>
      <Field
        key={String(isRecovery)}
        label={isRecovery ? "Recovery code" : "Code"}
        autoComplete="one-time-code"
        inputMode={isRecovery ? "text" : "numeric"}
        autoFocus
        placeholder={isRecovery ? "xxxxx-xxxxx" : "123456"}
        value={code}
        onChange={(event) => type(event.target.value)}
      />
      <Fault text={left > 0 ? `Too many attempts. Try again in ${waitText(left)}.` : fault} isWaiting={left > 0} />
      <Button type="submit" look="strong" disabled={isBusy || left > 0 || code.trim() === ""}>
        {isBusy ? "One moment …" : "Go on"}
      </Button>
      <div className="flex flex-wrap justify-between gap-2">
        <Button
          look="bare"
          onClick={() => {
            setRecovery(!isRecovery);
            setCode("");
            setFault("");
          }}
        >
          {isRecovery ? "Use the app" : "Use a recovery code"}
        </Button>
        <Button look="bare" onClick={() => void people.signOut()}>
          Sign out
        </Button>
      </div>
    </form>
  );
}
