/** API keys for your programs: what each may do, until when, and when it was used. */

import { useState } from "react";
import type { Schemas } from "whisperer-client";
import { When } from "../../people/when";
import { useAction } from "../../state/action";
import { useLoaded } from "../../state/loaded";
import { useNode } from "../../state/node";
import { Badge } from "../../ui/badge";
import { Button } from "../../ui/button";
import { Once } from "../../ui/copy";
import { Message, Waiting } from "../../ui/message";
import { Panel } from "../../ui/panel";
import { RefusedLine } from "../../ui/refused";
import { KeyForm } from "./key-form";

type ApiKey = Schemas["ApiKeyBody"];
type Step = { kind: "rest" } | { kind: "form" } | { kind: "made"; text: string; name: string };

export function KeysPanel({ roles }: { roles: readonly string[] }) {
  const { rest } = useNode();
  const { value, fault, reload } = useLoaded(() => rest.get("/api/v1/api-keys"), [rest]);
  const [step, setStep] = useState<Step>({ kind: "rest" });
  const made = async (text: string, name: string) => {
    setStep({ kind: "made", text, name });
    await reload();
  };
  return (
    <Panel
      title="API keys"
      actions={
        <Button onClick={() => setStep({ kind: step.kind === "form" ? "rest" : "form" })}>
          {step.kind === "form" ? "Cancel" : "New key"}
        </Button>
      }
    >
      {step.kind === "form" && <KeyForm roles={roles} onMade={made} />}
      {step.kind === "made" && (
        <div className="flex flex-col gap-2 border-b border-line bg-raised p-3" data-testid="key-made">
          <p className="text-ink-soft">
            {`The key ${step.name}, shown this once. A program sends it as “Authorization: Bearer …”.`}
          </p>
          <Once text={step.text} testId="key-text" name="Copy the key" />
          <div className="text-right">
            <Button onClick={() => setStep({ kind: "rest" })}>I have kept it</Button>
          </div>
        </div>
      )}
      {value ? (
        <KeyList keys={value.items} onEnd={reload} />
      ) : fault ? (
        <Message icon="alert" title={fault} />
      ) : (
        <Waiting label="Loading the API keys" rows={2} />
      )}
    </Panel>
  );
}

function KeyList({ keys, onEnd }: { keys: readonly ApiKey[]; onEnd: () => Promise<void> }) {
  const { rest } = useNode();
  const [run, doing] = useAction();
  if (keys.length === 0) {
    return (
      <Message icon="key" title="No keys">
        A program signs in with a key of its own, never with your password.
      </Message>
    );
  }
  const end = async (key_id: string) => {
    await rest.send("delete", "/api/v1/api-keys/{key_id}", undefined, { key_id });
    await onEnd();
  };
  return (
    <>
      <ul className="divide-y divide-line" data-testid="keys">
        {keys.map((key) => (
          <li key={key.key_id} className="flex items-center gap-3 px-3 py-2" data-testid="key">
            <div className="min-w-0 flex-1">
              <p className="flex flex-wrap items-center gap-x-2 gap-y-1 font-medium break-words">
                {key.name}
                {key.scopes.map((scope) => (
                  <Badge key={scope} tone={scope === "read" ? "plain" : scope === "trade" ? "accent" : "warn"}>
                    {scope}
                  </Badge>
                ))}
              </p>
              <p className="text-xs text-ink-faint">
                <span className="font-mono">{`wk_${key.key_id}…`}</span>
                {key.used_ms === null ? " · never used" : " · last used "}
                {key.used_ms !== null && <When ms={key.used_ms} />}
                {key.expires_ms === null ? " · does not end by itself" : " · ends "}
                {key.expires_ms !== null && <When ms={key.expires_ms} />}
              </p>
            </div>
            <Button
              disabled={doing.isBusy}
              aria-label={`Take back: ${key.name}`}
              onClick={() => void run(() => end(key.key_id))}
            >
              Take back
            </Button>
          </li>
        ))}
      </ul>
      <RefusedLine refused={doing.refused} className="px-3 pb-2" />
    </>
  );
}
