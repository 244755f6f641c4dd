/** The second factor: set up with an authenticator app, its recovery codes, and its end. */

import { useState } from "react";
import type { Schemas } from "whisperer-client";
import { useAction } from "../../state/action";
import { useLoaded } from "../../state/loaded";
import { useNode, usePeople } from "../../state/node";
import { Badge } from "../../ui/badge";
import { Button } from "../../ui/button";
import { Message, Waiting } from "../../ui/message";
import { Panel } from "../../ui/panel";
import { RefusedLine } from "../../ui/refused";
import { CodeQuestion } from "./code-question";
import { EnrollForm } from "./enroll-form";
import { RecoveryCodes } from "./recovery-codes";

type Step =
  | { kind: "rest" }
  | { kind: "enroll"; secret: Schemas["TwoFactorSecret"] }
  | { kind: "codes"; codes: readonly string[] }
  | { kind: "renew" | "remove" };

export function TwoFactorPanel({ email }: { email: string }) {
  const { rest } = useNode();
  const { value, fault, reload } = useLoaded(() => rest.get("/api/v1/two-factor"), [rest]);
  return (
    <Panel title="Second factor" actions={value && <OnOff isOn={value.is_on} />}>
      <div className="p-3">
        {value ? (
          <Factor state={value} email={email} onChange={reload} />
        ) : fault ? (
          <Message icon="alert" title={fault} />
        ) : (
          <Waiting label="Loading the second factor" rows={2} />
        )}
      </div>
    </Panel>
  );
}

function OnOff({ isOn }: { isOn: boolean }) {
  return <Badge tone={isOn ? "up" : "plain"}>{isOn ? "On" : "Off"}</Badge>;
}

interface FactorProps {
  state: Schemas["TwoFactor"];
  email: string;
  onChange: () => Promise<void>;
}

function Factor({ state, email, onChange }: FactorProps) {
  const { rest } = useNode();
  const people = usePeople();
  const [run, doing] = useAction();
  const [step, setStep] = useState<Step>({ kind: "rest" });
  const leave = () => setStep({ kind: "rest" });
  const begin = () => void run(async () => setStep({ kind: "enroll", secret: await rest.send("post", "/api/v1/two-factor", {}) }));
  const enrolled = async (code: string, factor_id: string) => {
    const codes = await people.confirmFactor(factor_id, code);
    await onChange();
    setStep({ kind: "codes", codes });
  };
  const renew = async (code: string) => {
    const { recovery_codes: codes } = await rest.send("post", "/api/v1/two-factor/recovery-codes", { code });
    await onChange();
    setStep({ kind: "codes", codes });
  };
  const remove = async (code: string) => {
    await rest.send("delete", "/api/v1/two-factor", { code });
    await onChange();
    leave();
  };
  if (step.kind === "enroll") {
    const { secret } = step;
    return <EnrollForm secret={secret} onCode={(code) => enrolled(code, secret.factor_id)} onLeave={leave} />;
  }
  if (step.kind === "codes") return <RecoveryCodes codes={step.codes} email={email} onDone={leave} />;
  if (step.kind === "renew" || step.kind === "remove") {
    const isEnd = step.kind === "remove";
    return (
      <CodeQuestion
        text={
          isEnd
            ? "Without a second factor the password alone opens your account."
            : "New recovery codes take the place of the old ones, which no longer work."
        }
        action={isEnd ? "Switch it off" : "Make new codes"}
        look={isEnd ? "danger" : "strong"}
        onCode={isEnd ? remove : renew}
        onLeave={leave}
      />
    );
  }
  return (
    <div className="flex flex-col gap-3">
      <p className="text-ink-soft">
        {state.is_on
          ? `Signing in asks for a code of your app. ${state.recovery_left} recovery codes are left.`
          : "With an authenticator app on your phone, a stolen password alone opens nothing."}
      </p>
      <div className="flex flex-wrap gap-2">
        {state.is_on ? (
          <>
            <Button onClick={() => setStep({ kind: "renew" })}>New recovery codes</Button>
            <Button look="danger" onClick={() => setStep({ kind: "remove" })}>
              Switch off
            </Button>
          </>
        ) : (
          <Button look="strong" disabled={doing.isBusy} onClick={begin}>
            Set up
          </Button>
        )}
      </div>
      <RefusedLine refused={doing.refused} />
    </div>
  );
}
