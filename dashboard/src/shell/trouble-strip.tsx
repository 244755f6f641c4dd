/** A strip across every screen while a part of the node does not work: an AI service that is down, a full disk. */

import { useState } from "react";
import { useNode } from "../state/node";
import { useStore } from "../state/store";
import { useCalm } from "../state/ticking";
import { Button } from "../ui/button";
import { Icon } from "../ui/icon";
import { href } from "./route";
import { troublesIn } from "./troubles";

export function TroubleStrip() {
  const { connection, status } = useNode();
  const link = useStore(connection.link);
  const body = useCalm(status, 500);
  const [putAway, setPutAway] = useState("");
  const troubles = body && link.phase === "open" ? troublesIn(body) : [];
  const all = troubles.join("\n");
  const isShown = troubles.length > 0 && all !== putAway;
  return (
    <div role="status">
      {isShown && (
        <div
          data-testid="troubles"
          className="flex items-center gap-2 bg-warn-wash py-0.5 pr-1 pl-3 text-xs font-medium text-warn"
        >
          <Icon name="alert" />
          <span className="line-clamp-2 min-w-0 flex-1 break-words">{`Degraded: ${troubles[0]}`}</span>
          {troubles.length > 1 && (
            <a className="target inline-flex items-center px-1 whitespace-nowrap underline" href={href("node")}>
              {`and ${troubles.length - 1} more`}
            </a>
          )}
          <Button look="bare" className="text-warn" aria-label="Put away what is degraded" onClick={() => setPutAway(all)}>
            <Icon name="close" />
          </Button>
        </div>
      )}
    </div>
  );
}
