/** A new API key: its name, what it may do, and how long it lasts. */

import { type FormEvent, useState } from "react";
import { useAction } from "../../state/action";
import { useNode } from "../../state/node";
import { Button } from "../../ui/button";
import { Choice, type Option } from "../../ui/choice";
import { Check, Field } from "../../ui/field";
import { RefusedLine } from "../../ui/refused";

type Scope = "read" | "trade" | "admin";
type Days = "30" | "90" | "365" | "never";

const SCOPES: readonly { scope: Scope; role: string; label: string }[] = [
  { scope: "read", role: "viewer", label: "Read: look at everything that you see" },
  { scope: "trade", role: "trader", label: "Trade: orders, positions, strategies" },
  { scope: "admin", role: "admin", label: "Admin: users and the node" },
];
const DAYS: readonly Option<Days>[] = [
  { value: "30", label: "30 days" },
  { value: "90", label: "90 days" },
  { value: "365", label: "A year" },
  { value: "never", label: "No end" },
];
const DAY_MS = 86_400_000;

interface KeyFormProps {
  roles: readonly string[];
  onMade: (text: string, name: string) => Promise<void>;
}

export function KeyForm({ roles, onMade }: KeyFormProps) {
  const { rest } = useNode();
  const [run, doing] = useAction();
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<readonly Scope[]>(["read"]);
  const [days, setDays] = useState<Days>("90");
  const turn = (scope: Scope, isOn: boolean) =>
    setScopes((before) => (isOn ? [...before, scope] : before.filter((one) => one !== scope)));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const expires_ms = days === "never" ? null : Date.now() + Number(days) * DAY_MS;
    void run(async () => {
      const { text, key } = await rest.send("post", "/api/v1/api-keys", { name: name.trim(), scopes: [...scopes], expires_ms });
      await onMade(text, key.name);
    });
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-3 border-b border-line bg-raised p-3">
      <Field
        label="Name"
        hint="what uses it"
        maxLength={64}
        autoFocus
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
      <fieldset className="flex flex-col">
        <legend className="text-xs text-ink-faint">It may</legend>
        {SCOPES.filter(({ role }) => roles.includes(role)).map(({ scope, label }) => (
          <Check key={scope} label={label} isChecked={scopes.includes(scope)} onChange={(isOn) => turn(scope, isOn)} />
        ))}
      </fieldset>
      <div>
        <p className="mb-1 text-xs text-ink-faint">It ends after</p>
        <Choice legend="It ends after" className="flex w-full" options={DAYS} value={days} onChange={setDays} />
      </div>
      <RefusedLine refused={doing.refused} />
      <div className="text-right">
        <Button type="submit" look="strong" disabled={doing.isBusy || name.trim() === "" || scopes.length === 0}>
          Make the key
        </Button>
      </div>
    </form>
  );
}
