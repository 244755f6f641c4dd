/** One endpoint of the REST API: what it does, what it takes, what it answers, and a try. */

import { Badge } from "../ui/badge";
import type { Endpoint, Reply } from "./contract";
import { Code, Line, Prose } from "./prose";
import { Field, TypeText } from "./schema-view";
import { TryIt } from "./try-it";
import { typeWords } from "./words";

export function EndpointView({ endpoint, known }: { endpoint: Endpoint; known: ReadonlySet<string> }) {
  const { method, path, operation } = endpoint;
  const parameters = operation.parameters ?? [];
  return (
    <article id={endpoint.id} className="scroll-mt-16 rounded-lg border border-line bg-surface p-4 shadow-panel">
      <h3 className="flex flex-wrap items-center gap-2">
        <Badge tone="accent">{method}</Badge>
        <span className="font-mono text-base font-semibold break-all">{path}</span>
        {operation["x-role"] && <Badge>{`role ${operation["x-role"]}`}</Badge>}
      </h3>
      <p className="mt-2 text-base">
        <Line text={`${operation.summary}.`} />
      </p>
      {operation.description && <Prose text={operation.description} className="mt-1 text-ink-soft" />}
      {parameters.length > 0 && (
        <>
          <h4 className="mt-4 mb-1 font-semibold">Parameters</h4>
          <div className="divide-y divide-line rounded-md border border-line">
            {parameters.map(({ name, required, schema, description }) => (
              <Field
                key={name}
                name={name}
                field={{ description, ...schema }}
                isRequired={required ?? false}
                known={known}
              />
            ))}
          </div>
        </>
      )}
      <Replies replies={operation.responses} known={known} />
      {method === "GET" && <TryIt endpoint={endpoint} />}
    </article>
  );
}

function Replies({ replies, known }: { replies: Record<string, Reply>; known: ReadonlySet<string> }) {
  return (
    <>
      <h4 className="mt-4 mb-1 font-semibold">Answers</h4>
      <ul className="divide-y divide-line rounded-md border border-line">
        {Object.entries(replies)
          .filter(([status]) => status !== "default")
          .map(([status, reply]) => (
            <li key={status} className="flex flex-wrap items-baseline gap-x-3 gap-y-0.5 px-3 py-2">
              <Code>{status}</Code>
              {reply.description && (
                <span>
                  <Line text={reply.description} />
                </span>
              )}
              <Body reply={reply} known={known} />
            </li>
          ))}
      </ul>
    </>
  );
}

function Body({ reply, known }: { reply: Reply; known: ReadonlySet<string> }) {
  return Object.entries(reply.content ?? {}).map(([type, { schema }]) => (
    <span key={type} className="text-xs text-ink-faint">
      {`${type} `}
      {schema && Object.keys(schema).length > 0 && <TypeText text={typeWords(schema)} known={known} />}
    </span>
  ));
}
