/** Ask an endpoint of this node and see what it answers. */

import { type FormEvent, useState } from "react";
import { addressOf } from "whisperer-client";
import { signedHeaders } from "../people/kept";
import { Button } from "../ui/button";
import { Icon } from "../ui/icon";
import type { Endpoint, Parameter } from "./contract";

interface Outcome {
  status: string;
  ms: number;
  requestId: string | null;
  body: string;
}

const LONGEST_BODY = 20_000;

export function TryIt({ endpoint }: { endpoint: Endpoint }) {
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const parameters = endpoint.operation.parameters ?? [];
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const values = new FormData(event.currentTarget);
    void ask(addressFor(endpoint.path, parameters, values)).then(setOutcome);
  };
  return (
    <details className="group mt-4 rounded-md border border-line">
      <summary className="target flex items-center gap-1.5 px-3 font-medium text-accent">
        <Icon name="chevron" className="size-4 -rotate-90 group-open:rotate-0" />
        Try it
      </summary>
      <form onSubmit={submit} className="flex flex-col gap-3 border-t border-line p-3">
        {parameters.length > 0 && (
          <div className="grid gap-3 sm:grid-cols-2">
            {parameters.map((parameter) => (
              <Input key={parameter.name} parameter={parameter} />
            ))}
          </div>
        )}
        <div>
          <Button type="submit" look="strong">
            Send
          </Button>
        </div>
        {outcome && <OutcomeView outcome={outcome} />}
      </form>
    </details>
  );
}

function Input({ parameter: { name, required, schema } }: { parameter: Parameter }) {
  const look = "target w-full rounded-md border border-line-strong bg-surface px-2 py-1 font-mono text-sm text-ink";
  return (
    <label className="flex flex-col gap-1 text-xs text-ink-faint">
      {required ? name : `${name} (optional)`}
      {schema.enum ? (
        <select name={name} required={required} className={look} defaultValue="">
          <option value="">–</option>
          {schema.enum.map((value) => (
            <option key={String(value)}>{String(value)}</option>
          ))}
        </select>
      ) : (
        <input
          name={name}
          required={required}
          className={look}
          placeholder={placeholder(schema.examples?.[0] ?? schema.default)}
        />
      )}
    </label>
  );
}

function OutcomeView({ outcome }: { outcome: Outcome }) {
  return (
    <div aria-live="polite">
      <p className="text-xs text-ink-faint">{`${outcome.status} · ${outcome.ms} ms · request ${outcome.requestId ?? "–"}`}</p>
      <pre
        tabIndex={0}
        className="mt-1 max-h-96 overflow-auto rounded-md bg-raised p-3 font-mono text-xs whitespace-pre-wrap break-all"
      >
        {outcome.body}
      </pre>
    </div>
  );
}

function placeholder(value: unknown): string | undefined {
  return value === undefined || value === null ? undefined : String(value);
}

/** Return the address with the values of the form; empty ones are left out. */
export function addressFor(path: string, parameters: readonly Parameter[], values: FormData): string {
  const query: Record<string, string | null> = {};
  let filled = path;
  for (const { name, in: place } of parameters) {
    const value = String(values.get(name) ?? "").trim();
    if (place === "path") filled = filled.replace(`{${name}}`, encodeURIComponent(value));
    else query[name] = value || null;
  }
  return addressOf(filled, query);
}

async function ask(address: string): Promise<Outcome> {
  const begun = performance.now();
  try {
    const answer = await fetch(address, { headers: await signedHeaders() });
    const text = await answer.text();
    return {
      status: `${answer.status} ${answer.statusText}`,
      ms: Math.round(performance.now() - begun),
      requestId: answer.headers.get("x-request-id"),
      body: shown(text),
    };
  } catch {
    return {
      status: "no answer",
      ms: Math.round(performance.now() - begun),
      requestId: null,
      body: "The node does not answer.",
    };
  }
}

function shown(text: string): string {
  let pretty = text;
  try {
    pretty = JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    pretty = text;
  }
  if (pretty.length <= LONGEST_BODY) return pretty;
  return `${pretty.slice(0, LONGEST_BODY)}\n… ${(pretty.length - LONGEST_BODY).toLocaleString("en")} more characters`;
}
