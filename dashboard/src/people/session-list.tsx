/** Where somebody is signed in: each session with its browser and place, and what ends it. */

import type { Schemas } from "whisperer-client";
import { useAction } from "../state/action";
import { Badge } from "../ui/badge";
import { Button } from "../ui/button";
import { RefusedLine } from "../ui/refused";
import { When } from "./when";

type Session = Schemas["SessionBody"];

interface SessionListProps {
  sessions: readonly Session[];
  onEnd: (session: Session) => Promise<unknown>;
}

export function SessionList({ sessions, onEnd }: SessionListProps) {
  const [run, doing] = useAction();
  if (sessions.length === 0) return <p className="px-3 py-2 text-xs text-ink-faint">Not signed in anywhere.</p>;
  return (
    <>
      <ul className="divide-y divide-line" data-testid="sessions">
        {sessions.map((session) => (
          <li key={session.session_id} className="flex items-center gap-3 px-3 py-2" data-testid="session">
            <div className="min-w-0 flex-1">
              <p className="flex flex-wrap items-center gap-x-2 font-medium" title={session.user_agent}>
                {deviceText(session)}
                {session.is_current && <Badge tone="up">This one</Badge>}
                {session.is_verified && <Badge>Second factor given</Badge>}
              </p>
              <p className="text-xs text-ink-faint">
                {`${session.address || "unknown place"} · last used `}
                <When ms={session.active_ms} />
                {" · since "}
                <When ms={session.created_ms} />
              </p>
            </div>
            {!session.is_current && (
              <Button
                disabled={doing.isBusy}
                aria-label={`End: ${deviceText(session)}, ${session.address}`}
                onClick={() => void run(() => onEnd(session))}
              >
                End
              </Button>
            )}
          </li>
        ))}
      </ul>
      <RefusedLine refused={doing.refused} className="px-3 pb-2" />
    </>
  );
}

function deviceText({ browser, os, user_agent }: Session): string {
  const named = [browser, os].filter(Boolean).join(" on ");
  return named || user_agent.slice(0, 40) || "A program";
}
