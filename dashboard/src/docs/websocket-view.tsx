/** The WebSocket: how to speak with it, what may be said, what it says. */

import { Icon } from "../ui/icon";
import { type Contract, members } from "./contract";
import { Code, Line } from "./prose";
import { SchemaView } from "./schema-view";

const STEPS: readonly (readonly [string, string])[] = [
  ["Connect", "`GET /ws` with the subprotocol `trader.v1`. The first message is `hello`."],
  [
    "Subscribe",
    'Send `{"op":"subscribe","id":1,"ch":["bars:BTC-USDT.SIM:1m"]}`. The answer is an `ack`, then a `snapshot` in one or more parts, then what happens.',
  ],
  [
    "Count",
    "What a channel brings row by row carries `seq`, one more each time. An open bar repeats the last `seq`. After a jump subscribe again with `since`. On `status`, `quotes` and `book` the numbers only grow: the newest value wins.",
  ],
  [
    "Resume",
    "After a loss connect again and subscribe with `since: {channel: [epoch, seq]}`. What was missed is sent, or a fresh snapshot when it is no longer kept or the epoch is another one.",
  ],
  [
    "Listen",
    "Something comes at least every 5 seconds, if only `hb`; its `heads` tell whether the tail was lost. After 15 silent seconds connect again.",
  ],
];

const CLOSES: readonly (readonly [string, string])[] = [
  ["44xx", "Final: bad request, unauthorized, forbidden, replaced, abusive. Connecting again would end the same way."],
  ["45xx, 1001, 1006, 1011, 1012", "Connect again after a growing, jittered pause, and resume."],
  ["1000, 1002, 1003, 1007, 1009", "Final: closed in order, or against the rules of WebSocket."],
];

export function WebSocketView({ contract, known }: { contract: Contract; known: ReadonlySet<string> }) {
  const { schemas } = contract.components;
  return (
    <>
      <div className="rounded-lg border border-line bg-surface p-4 shadow-panel">
        <ol className="flex list-decimal flex-col gap-2 pl-5">
          {STEPS.map(([title, text]) => (
            <li key={title}>
              <span className="font-semibold">{title}. </span>
              <Line text={text} />
            </li>
          ))}
        </ol>
        <h3 className="mt-4 mb-1 font-semibold">Close codes</h3>
        <dl className="divide-y divide-line rounded-md border border-line">
          {CLOSES.map(([codes, meaning]) => (
            <div key={codes} className="grid gap-x-4 px-3 py-2 md:grid-cols-[14rem_minmax(0,1fr)]">
              <dt>
                <Code>{codes}</Code>
              </dt>
              <dd>{meaning}</dd>
            </div>
          ))}
        </dl>
      </div>
      <Messages
        title="What a client sends"
        id="client-messages"
        names={members(schemas.ClientMessage)}
        contract={contract}
        known={known}
      />
      <Messages
        title="What the node sends"
        id="server-messages"
        names={members(schemas.ServerMessage)}
        contract={contract}
        known={known}
      />
    </>
  );
}

interface MessagesProps {
  title: string;
  id: string;
  names: readonly string[];
  contract: Contract;
  known: ReadonlySet<string>;
}

function Messages({ title, id, names, contract, known }: MessagesProps) {
  return (
    <section id={id} className="scroll-mt-16">
      <h3 className="mt-2 mb-2 text-base font-semibold">{title}</h3>
      <div className="divide-y divide-line rounded-lg border border-line bg-surface shadow-panel">
        {names.map((name) => (
          <Message key={name} name={name} contract={contract} known={known} />
        ))}
      </div>
    </section>
  );
}

function Message({ name, contract, known }: { name: string; contract: Contract; known: ReadonlySet<string> }) {
  const schema = contract.components.schemas[name];
  if (!schema) return null;
  const tag = schema.properties?.op ?? schema.properties?.type;
  return (
    <details id={`schema-${name}`} className="group scroll-mt-16 px-3">
      <summary className="flex min-h-10 items-center gap-x-3 py-2">
        <Icon name="chevron" className="size-4 -rotate-90 text-ink-faint group-open:rotate-0" />
        <Code>{String(tag?.enum?.[0] ?? tag?.const ?? name)}</Code>
        <span className="min-w-0 text-ink-soft">{schema.description && <Line text={schema.description} />}</span>
      </summary>
      <div className="pb-3">
        <SchemaView schema={schema} known={known} />
      </div>
    </details>
  );
}
