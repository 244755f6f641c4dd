/** What can be subscribed to, channel by channel. */

import { Badge } from "../ui/badge";
import { type AsyncContract, type ChannelFacts, channelsOf } from "./channels";
import { Line } from "./prose";
import { TypeText } from "./schema-view";

interface ChannelsViewProps {
  contract: AsyncContract;
  /** Names of schemas that have a place on this page. */
  known: ReadonlySet<string>;
}

export function ChannelsView({ contract, known }: ChannelsViewProps) {
  return (
    <section id="channels" className="flex scroll-mt-16 flex-col gap-3">
      <h3 className="mt-2 text-base font-semibold">Channels</h3>
      <p className="text-ink-soft">
        As a document for programs:{" "}
        <a href="/asyncapi.json" className="target inline-flex items-center font-medium text-accent underline">
          /asyncapi.json
        </a>
        .
      </p>
      {channelsOf(contract).map((channel) => (
        <ChannelView key={channel.id} channel={channel} known={known} />
      ))}
    </section>
  );
}

function ChannelView({ channel, known }: { channel: ChannelFacts; known: ReadonlySet<string> }) {
  const messages = channel.messages.filter((name) => known.has(name));
  return (
    <article
      id={`channel-${channel.id}`}
      className="scroll-mt-16 rounded-lg border border-line bg-surface p-4 shadow-panel"
    >
      <h4 className="flex flex-wrap items-center gap-2">
        <span className="font-mono text-base font-semibold break-all">{channel.address}</span>
        {channel.role && <Badge>{`role ${channel.role}`}</Badge>}
      </h4>
      <p className="mt-1">
        <Line text={channel.about} />
      </p>
      <p className="text-ink-soft">{`Brings ${channel.kind}.`}</p>
      {channel.parameters.length > 0 && (
        <dl className="mt-3 divide-y divide-line rounded-md border border-line">
          {channel.parameters.map(({ name, about, values }) => (
            <div key={name} className="grid gap-x-4 gap-y-0.5 px-3 py-2 md:grid-cols-[12rem_minmax(0,1fr)]">
              <dt className="font-mono font-medium">{name}</dt>
              <dd className="min-w-0">
                <span className="text-ink-soft">
                  <Line text={about} />
                </span>{" "}
                <span className="font-mono text-xs break-words text-ink-soft">{values.join(" ")}</span>
              </dd>
            </div>
          ))}
        </dl>
      )}
      {messages.length > 0 && (
        <p className="mt-2">
          {"Messages: "}
          <TypeText text={messages.join(", ")} known={known} />
        </p>
      )}
      {channel.example && (
        <pre
          tabIndex={0}
          aria-label={`Example of ${channel.address}`}
          className="mt-2 max-h-64 overflow-auto rounded-md bg-raised p-3 font-mono text-xs whitespace-pre-wrap break-all"
        >
          {channel.example}
        </pre>
      )}
    </article>
  );
}
