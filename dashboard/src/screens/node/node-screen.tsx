/** How the node is: its state, what does not work, its venues and limits, and this page's connection to it. */

import { useEffect, useState } from "react";
import type { Capabilities, Health, Status } from "whisperer-client";
import { span } from "../../market/time";
import { PlayerControls, Refusal, usePlayer } from "../../player/player-bar";
import { milliseconds } from "../../shell/connection-badge";
import { speedWords } from "../../shell/market-clock";
import { href } from "../../shell/route";
import { type NodeClient, useNode, usePeople, useRole } from "../../state/node";
import { useStore } from "../../state/store";
import { useCalm } from "../../state/ticking";
import { Badge } from "../../ui/badge";
import { Fact } from "../../ui/fact";
import { Message, Waiting } from "../../ui/message";
import { Panel } from "../../ui/panel";
import { Faults } from "./faults";

const HEALTH_EVERY_MS = 5_000;

export default function NodeScreen() {
  const node = useNode();
  const status = useCalm(node.status, 1_000);
  const market = useStore(node.market);
  const health = useHealth(node);
  const mayPlay = useRole("admin");
  return (
    <div className="grid items-start gap-2 md:grid-cols-2 xl:grid-cols-3">
      <Panel title="State">{status ? <StateFacts status={status} /> : <Waiting label="Loading the state" />}</Panel>
      <Panel title="Health">
        {health ? <Faults health={health} /> : <Waiting label="Loading the health" rows={3} />}
      </Panel>
      <Panel title="Connection">
        <ConnectionFacts />
      </Panel>
      {mayPlay && (
        <Panel title="Market time">
          <Playing />
        </Panel>
      )}
      <Panel title="Venues">
        {status ? <Venues status={status} /> : <Waiting label="Loading the venues" rows={3} />}
      </Panel>
      {market.phase === "ready" && (
        <>
          <Panel
            title="AI signals"
            actions={
              <a href={href("settings")} className="target inline-flex items-center px-2 text-xs text-accent">
                Settings
              </a>
            }
          >
            <Streams capabilities={market.capabilities} />
          </Panel>
          <Panel title="Limits">
            <Limits capabilities={market.capabilities} />
          </Panel>
        </>
      )}
    </div>
  );
}

/** Ask for the health now and then; the last answer stays while the node is away. */
function useHealth(node: NodeClient): Health | null {
  const [health, setHealth] = useState<Health | null>(null);
  useEffect(() => {
    const ask = () => void node.rest.get("/health").then(setHealth, () => {});
    ask();
    const timer = setInterval(ask, HEALTH_EVERY_MS);
    return () => clearInterval(timer);
  }, [node]);
  return health;
}

const FACTS = "grid grid-cols-2 gap-x-4 gap-y-2 p-3";

function StateFacts({ status }: { status: Status }) {
  return (
    <dl className={FACTS}>
      <Fact label="Node">{status.node}</Fact>
      <Fact label="Version">{status.version}</Fact>
      <Fact label="State">{status.state}</Fact>
      <Fact label="Ready">{status.ready ? "yes" : "not yet"}</Fact>
      <Fact label="Market">{speedWords(status)}</Fact>
      <Fact label="Feed">{status.feed}</Fact>
      <Fact label="Trading">{status.trading_state}</Fact>
      <Fact label="Up for">{span(status.uptime_s * 1000)}</Fact>
    </dl>
  );
}

function ConnectionFacts() {
  const { connection } = useNode();
  const link = useStore(connection.link);
  const latency = useStore(connection.latency);
  const presence = useStore(usePeople().person.presence);
  const hello = link.phase === "open" ? link.hello : null;
  return (
    <dl className={FACTS}>
      <Fact label="State">{link.phase}</Fact>
      <Fact label="Round trip">{latency === null ? "–" : milliseconds(latency)}</Fact>
      <Fact label="Protocol">{hello?.protocol ?? "–"}</Fact>
      <Fact label="Server">{hello?.server ?? "–"}</Fact>
      <Fact label="Signed in as">{hello ? (presence.phase === "person" ? (presence.session.user?.email ?? "nobody") : "local user") : "–"}</Fact>
      <Fact label="Lost so far">{String(useStore(connection.losses))}</Fact>
    </dl>
  );
}

function Playing() {
  const player = usePlayer();
  const state = useStore(player.state);
  if (!state) return <Waiting label="Loading the player" rows={2} />;
  return (
    <div className="flex flex-col gap-2 p-3">
      <p className="text-ink-soft">
        {state.replay
          ? "A recording: it can be paused, stepped through, and jumped in on the chart's screen."
          : "A simulated market: it can be paused, stepped through and played faster; it never goes back."}
      </p>
      <PlayerControls player={player} state={state} />
      <Refusal player={player} />
    </div>
  );
}

function Venues({ status }: { status: Status }) {
  const venues = Object.entries(status.venues);
  if (venues.length === 0) return <Message title="No venues" />;
  return (
    <ul className="divide-y divide-line">
      {venues.map(([name, state]) => (
        <li key={name} className="flex items-center justify-between gap-3 px-3 py-2">
          <span className="font-medium">{name}</span>
          <Badge tone={state === "connected" ? "up" : "warn"}>{state}</Badge>
        </li>
      ))}
    </ul>
  );
}

function Streams({ capabilities }: { capabilities: Capabilities }) {
  if (capabilities.signals.length === 0) return <Message title="No signals are configured" />;
  return (
    <ul className="divide-y divide-line">
      {capabilities.signals.map((stream) => (
        <li key={`${stream.interval} ${stream.predictors.join()}`} className="px-3 py-2">
          <p className="font-medium">{`${stream.predictors.join(", ")} on ${stream.interval} bars`}</p>
          <p className="text-xs text-ink-faint">{stream.instruments.join(", ")}</p>
        </li>
      ))}
    </ul>
  );
}

function Limits({ capabilities }: { capabilities: Capabilities }) {
  const { limits } = capabilities;
  const count = (value: number) => value.toLocaleString("en");
  return (
    <dl className={FACTS}>
      <Fact label="Requests a minute">{count(limits.user_rate_limit_per_min)}</Fact>
      <Fact label="Bars of one answer">{count(limits.max_bars)}</Fact>
      <Fact label="Bars in memory">{count(limits.window_bars)}</Fact>
      <Fact label="WebSocket connections">{count(limits.max_connections)}</Fact>
      <Fact label="Channels of one">{count(limits.max_channels)}</Fact>
      <Fact label="Operations a second">{count(limits.operations_per_s)}</Fact>
    </dl>
  );
}
