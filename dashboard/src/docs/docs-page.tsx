/** The contract of this node, readable: REST, WebSocket, schemas, error codes. */

import { type ReactNode, useEffect, useState } from "react";
import logo from "../assets/logo.svg";
import { ThemeChoice } from "../shell/preferences";
import { Message, Waiting } from "../ui/message";
import type { AsyncContract } from "./channels";
import { ChannelsView } from "./channels-view";
import { type Contract, endpointsByTag, members } from "./contract";
import { EndpointView } from "./endpoint-view";
import { Code, Prose } from "./prose";
import { SchemaView } from "./schema-view";
import { WebSocketView } from "./websocket-view";

export function DocsPage() {
  const [contract, failure] = useContract<Contract>("/openapi.json");
  const [channels] = useContract<AsyncContract>("/asyncapi.json");
  useReveal(contract !== null && channels !== null);
  if (failure) {
    return (
      <Frame>
        <Message icon="alert" title="The contract could not be read">
          {failure}
        </Message>
      </Frame>
    );
  }
  return (
    <Frame contract={contract}>
      {contract ? (
        <Contents contract={contract} channels={channels} />
      ) : (
        <Waiting label="Loading the contract" rows={12} />
      )}
    </Frame>
  );
}

/** Read a contract; returns it and why it could not be read. */
function useContract<T>(address: string): [T | null, string | null] {
  const [contract, setContract] = useState<T | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  useEffect(() => {
    fetch(address)
      .then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error(`HTTP ${answer.status}`))))
      .then(setContract, (error: Error) => setFailure(error.message));
  }, [address]);
  return [contract, failure];
}

/** Go where the address points at, once it is there and whenever it changes. */
function useReveal(isReady: boolean): void {
  useEffect(() => {
    reveal();
    addEventListener("hashchange", reveal);
    return () => removeEventListener("hashchange", reveal);
  }, [isReady]);
}

/** Show what the address points at, opened. */
function reveal(): void {
  const target = document.getElementById(location.hash.slice(1));
  if (target instanceof HTMLDetailsElement) target.open = true;
  target?.scrollIntoView();
}

function Frame({ contract, children }: { contract?: Contract | null; children: ReactNode }) {
  return (
    <div className="min-h-dvh">
      <header className="sticky top-0 z-10 flex h-14 items-center gap-3 border-b border-line bg-surface px-3">
        <a href="/" className="target flex items-center gap-2 font-semibold">
          <img src={logo} alt="" className="size-7" />
          Whisperer
        </a>
        <h1 className="text-base text-ink-soft">API</h1>
        <div className="ml-auto">
          <ThemeChoice />
        </div>
      </header>
      <div className="mx-auto grid max-w-6xl grid-cols-[minmax(0,1fr)] lg:grid-cols-[15rem_minmax(0,1fr)]">
        {contract && <ContentsList contract={contract} />}
        <main className="flex min-w-0 flex-col gap-3 p-3 lg:col-start-2">{children}</main>
      </div>
    </div>
  );
}

function ContentsList({ contract }: { contract: Contract }) {
  return (
    <nav aria-label="Contents" className="hidden lg:block">
      <div className="sticky top-14 flex max-h-[calc(100dvh-3.5rem)] flex-col overflow-y-auto p-3 text-xs">
        {[...endpointsByTag(contract)].map(([tag, endpoints]) => (
          <div key={tag} className="mb-3">
            <p className="px-2 py-1 font-semibold text-ink-faint capitalize">{tag}</p>
            {endpoints.map(({ id, method, path }) => (
              <ContentsLink key={id} to={id}>{`${method} ${path}`}</ContentsLink>
            ))}
          </div>
        ))}
        <p className="px-2 py-1 font-semibold text-ink-faint">More</p>
        <ContentsLink to="websocket">WebSocket</ContentsLink>
        <ContentsLink to="channels">Channels</ContentsLink>
        <ContentsLink to="schemas">Schemas</ContentsLink>
        <ContentsLink to="errors">Error codes</ContentsLink>
      </div>
    </nav>
  );
}

function ContentsLink({ to, children }: { to: string; children: string }) {
  return (
    <a href={`#${to}`} className="block rounded px-2 py-1.5 break-all hover:bg-hover">
      {children}
    </a>
  );
}

function Contents({ contract, channels }: { contract: Contract; channels: AsyncContract | null }) {
  const { schemas } = contract.components;
  const known = new Set(Object.keys(schemas));
  const unions = ["ClientMessage", "ServerMessage"];
  const elsewhere = new Set([...unions, ...unions.flatMap((name) => members(schemas[name]))]);
  const codes = schemas.Problem?.properties?.code?.enum ?? [];
  return (
    <>
      {contract.info.description && <Prose text={contract.info.description} className="py-2 text-base text-ink-soft" />}
      {[...endpointsByTag(contract)].map(([tag, endpoints]) => (
        <Section key={tag} id={tag.replace(/\W/g, "-")} title={tag}>
          {endpoints.map((endpoint) => (
            <EndpointView key={endpoint.id} endpoint={endpoint} known={known} />
          ))}
        </Section>
      ))}
      <Section id="websocket" title="WebSocket">
        <WebSocketView contract={contract} known={known} />
        {channels && <ChannelsView contract={channels} known={known} />}
      </Section>
      <Section id="schemas" title="Schemas">
        {Object.entries(schemas)
          .filter(([name]) => !elsewhere.has(name))
          .map(([name, schema]) => (
            <article
              key={name}
              id={`schema-${name}`}
              className="scroll-mt-16 rounded-lg border border-line bg-surface p-4 shadow-panel"
            >
              <h3 className="font-mono text-base font-semibold">{name}</h3>
              {schema.description && <Prose text={schema.description} className="mt-1 mb-2 text-ink-soft" />}
              <SchemaView schema={schema} known={known} />
            </article>
          ))}
      </Section>
      <Section id="errors" title="Error codes">
        <p className="text-ink-soft">The closed list that REST and WebSocket share.</p>
        <ul className="flex flex-wrap gap-2">
          {codes.map((code) => (
            <li key={String(code)}>
              <Code>{String(code)}</Code>
            </li>
          ))}
        </ul>
      </Section>
    </>
  );
}

function Section({ id, title, children }: { id: string; title: string; children: ReactNode }) {
  return (
    <section id={id} aria-label={title} className="flex scroll-mt-16 flex-col gap-3 py-2">
      <h2 className="text-2xl font-semibold tracking-tight first-letter:uppercase">{title}</h2>
      {children}
    </section>
  );
}
