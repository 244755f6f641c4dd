/** The state of the connection in words, with latency; opens what is known of node and feed. */

import { useEffect, useId, useState } from "react";
import type { Status } from "whisperer-client";
import { span } from "../market/time";
import { useNode, usePeople } from "../state/node";
import { useStore } from "../state/store";
import { useCalm, useNow } from "../state/ticking";
import type { Tone } from "../ui/badge";
import { Button } from "../ui/button";
import { Fact } from "../ui/fact";
import { Icon } from "../ui/icon";
import { Popover } from "../ui/popover";
import { judge, type Verdict } from "./verdict";

const DOTS: Record<Tone, string> = {
  plain: "bg-line-strong",
  accent: "bg-accent",
  up: "bg-up",
  down: "bg-down",
  warn: "bg-warn",
};
const GROUNDS: Record<Tone, string> = {
  plain: "border-line text-ink-soft",
  accent: "border-line text-accent",
  up: "border-line text-ink",
  down: "border-down bg-down-wash text-down",
  warn: "border-warn bg-warn-wash text-warn",
};

export function ConnectionBadge() {
  const { connection, status } = useNode();
  const verdict = judge(useStore(connection.link), useStore(status), useNow(500));
  const latency = useStore(connection.latency);
  // beside the account's menu a phone has no room for it
  const hasMenu = useStore(usePeople().person.presence).phase === "person";
  const panel = useId();
  return (
    <>
      <button
        type="button"
        popoverTarget={panel}
        data-testid="connection"
        className={`target inline-flex items-center gap-2 rounded-md border px-2.5 font-medium hover:bg-hover ${GROUNDS[verdict.tone]}`}
      >
        <span aria-hidden="true" className={`size-2 rounded-full ${DOTS[verdict.tone]}`} />
        <span>{verdict.label}</span>
        {latency !== null && (
          <span className={`whitespace-nowrap text-ink-faint ${hasMenu ? "hidden sm:inline" : ""}`}>{milliseconds(latency)}</span>
        )}
      </button>
      <Spoken verdict={verdict} />
      <Popover id={panel} className="fixed inset-auto top-14 right-3 w-80 p-4">
        <Details verdict={verdict} latency={latency} />
      </Popover>
    </>
  );
}

const FACTS = "mt-2 grid grid-cols-2 gap-x-4 gap-y-2";

function Details({ verdict, latency }: { verdict: Verdict; latency: number | null }) {
  const { connection, status } = useNode();
  const link = useStore(connection.link);
  const body = useCalm(status, 1_000);
  return (
    <>
      <h2 className="text-base font-semibold">{verdict.label}</h2>
      <p className="mt-1 text-ink-soft">{verdict.detail}</p>
      {(link.phase === "waiting" || link.phase === "refused") && (
        <Button look="strong" className="mt-3 w-full" onClick={connection.hurry}>
          Connect now
        </Button>
      )}
      <dl className={`${FACTS} border-t border-line pt-3`}>
        <Fact label="Round trip">{latency === null ? "–" : milliseconds(latency)}</Fact>
        <Fact label="Protocol">{link.phase === "open" ? link.hello.protocol : "–"}</Fact>
      </dl>
      {body && link.phase !== "open" && <p className="mt-3 text-xs text-ink-faint">Last known of the node</p>}
      <dl className={FACTS}>{body && <NodeFacts body={body} />}</dl>
      {body && body.degraded.length > 0 && <Degraded reasons={body.degraded} />}
    </>
  );
}

function NodeFacts({ body }: { body: Status }) {
  return (
    <>
      <Fact label="Node">{body.node}</Fact>
      <Fact label="Version">{body.version}</Fact>
      <Fact label="State">{body.state}</Fact>
      <Fact label="Feed">{body.feed}</Fact>
      <Fact label="Up for">{span(body.uptime_s * 1000)}</Fact>
      <Fact label="Trading">{body.trading_state}</Fact>
    </>
  );
}

/** What does not work as it should, in the node's words. */
export function Degraded({ reasons }: { reasons: readonly string[] }) {
  return (
    <div className="mt-3 rounded-md bg-warn-wash p-3 text-warn">
      <h3 className="flex items-center gap-1.5 font-semibold">
        <Icon name="alert" /> Not working as it should
      </h3>
      <ul className="mt-1 list-disc pl-5">
        {reasons.map((reason) => (
          <li key={reason}>{reason}</li>
        ))}
      </ul>
    </div>
  );
}

/** Tells a screen reader of a change, not of the first state. */
function Spoken({ verdict }: { verdict: Verdict }) {
  const [first] = useState(verdict.label);
  const [isChanged, setChanged] = useState(false);
  useEffect(() => {
    if (verdict.label !== first) setChanged(true);
  }, [verdict.label, first]);
  return (
    <span role="status" className="sr-only">
      {isChanged ? `Connection: ${verdict.label}. ${verdict.detail.split(". ")[0]}` : ""}
    </span>
  );
}

/** `<1 ms`, `12 ms` */
export function milliseconds(ms: number): string {
  return ms < 1 ? "<1 ms" : `${Math.round(ms)} ms`;
}
