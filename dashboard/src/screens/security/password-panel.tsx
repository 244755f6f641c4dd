/** Your password: a form when it is asked for. */

import { useState } from "react";
import { PasswordForm } from "../../people/password-form";
import { Button } from "../../ui/button";
import { Panel } from "../../ui/panel";

export function PasswordPanel({ email }: { email: string }) {
  const [step, setStep] = useState<"rest" | "form" | "done">("rest");
  return (
    <Panel
      title="Password"
      actions={
        <Button onClick={() => setStep(step === "form" ? "rest" : "form")}>{step === "form" ? "Cancel" : "Change"}</Button>
      }
    >
      <div className="p-3">
        {step === "form" ? (
          <PasswordForm email={email} hasOld onDone={() => setStep("done")} />
        ) : (
          <p role="status" className={step === "done" ? "text-up" : "text-ink-soft"}>
            {step === "done"
              ? "The password has been changed. Everywhere else you are signed out."
              : "A change signs you out everywhere else."}
          </p>
        )}
      </div>
    </Panel>
  );
}
