/** The AsyncAPI document as this page reads it: only what our own contract uses. */

import { refName } from "./contract";

interface Ref {
  $ref: string;
}

interface ChannelItem {
  address: string;
  title: string;
  description?: string;
  messages: Record<string, Ref>;
  parameters?: Record<string, { description?: string; enum?: readonly string[]; examples?: readonly string[] }>;
  "x-kind"?: string;
  "x-role"?: string;
  "x-ring"?: number;
}

export interface AsyncContract {
  channels: Record<string, ChannelItem>;
  components: { messages: Record<string, { examples?: readonly { payload: unknown }[] }> };
}

/** One channel that a client may subscribe to. */
export interface ChannelFacts {
  id: string;
  /** For example `bars:{instrument_id}:{interval}`. */
  address: string;
  about: string;
  /** What its kind means, in words. */
  kind: string;
  role: string | null;
  parameters: readonly { name: string; about: string; values: readonly string[] }[];
  /** Names of the schemas of its messages. */
  messages: readonly string[];
  /** One of its updates. */
  example: string | null;
}

const KINDS: Record<string, string> = {
  log: "every row, numbered one by one",
  latest: "the newest value",
  mixed: "every closed row, numbered one by one, and the open one",
};

/** Return the channels of the document, the connection itself left out. */
export function channelsOf(contract: AsyncContract): ChannelFacts[] {
  return Object.entries(contract.channels).flatMap(([id, channel]) => {
    const kind = channel["x-kind"];
    return kind === undefined ? [] : [factsOf(id, channel, kind, contract)];
  });
}

function factsOf(id: string, channel: ChannelItem, kind: string, { components }: AsyncContract): ChannelFacts {
  const messages = Object.values(channel.messages).map(({ $ref }) => refName($ref));
  const update = messages.find((name) => name.endsWith("Update")) ?? "";
  const payload = components.messages[update]?.examples?.[0]?.payload;
  const ring = channel["x-ring"];
  return {
    id,
    address: channel.address,
    about: channel.description ?? channel.title,
    kind: `${KINDS[kind] ?? kind}${ring ? `; the last ${ring.toLocaleString("en")} can be sent again` : ""}`,
    role: channel["x-role"] ?? null,
    parameters: Object.entries(channel.parameters ?? {}).map(([name, { description, enum: all, examples }]) => ({
      name,
      about: description ?? "",
      values: all ?? examples ?? [],
    })),
    messages,
    example: payload === undefined ? null : JSON.stringify(payload, null, 2),
  };
}
