/** Asks for a code of the second factor before something is done with it. */

import { type FormEvent, useState } from "react";
import { refusalText } from "../../people/words";
import { Button } from "../../ui/button";
import { Field } from "../../ui/field";

interface CodeQuestionProps {
  text: string;
  action: string;
  look?: "strong" | "danger";
  onCode: (code: string) => Promise<void>;
  onLeave: () => void;
}

export function CodeQuestion({ text, action, look = "strong", onCode, onLeave }: CodeQuestionProps) {
  const [code, setCode] = useState("");
  const [fault, setFault] = useState<string | undefined>(undefined);
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setFault(undefined);
    try {
      await onCode(code.trim());
    } catch (error) {
      setFault(refusalText(error));
      setCode("");
    }
    setBusy(false);
  };
  return (
    <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-3">
      {text && <p className="text-ink-soft">{text}</p>}
      <Field
        label="Code of the app"
        inputMode="numeric"
        autoComplete="one-time-code"
        placeholder="123456"
        autoFocus
        value={code}
        fault={fault}
        onChange={(event) => setCode(event.target.value)}
      />
      <div className="flex flex-wrap justify-end gap-2">
        <Button onClick={onLeave}>Cancel</Button>
        <Button type="submit" look={look} disabled={isBusy || code.trim() === ""}>
          {action}
        </Button>
      </div>
    </form>
  );
}
