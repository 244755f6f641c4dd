/** The node's kill switch: nobody's orders are taken any more, until it is released. */

import { useState } from "react";
import { useAction } from "../../state/action";
import { useNode } from "../../state/node";
import { useCalm } from "../../state/ticking";
import { Badge } from "../../ui/badge";
import { Button } from "../../ui/button";
import { Confirm } from "../../ui/confirm";
import { Check } from "../../ui/field";
import { Panel } from "../../ui/panel";
import { RefusedLine } from "../../ui/refused";

export function NodeSwitch() {
  const { rest, status } = useNode();
  const state = useCalm(status, 250)?.trading_state;
  const [run, doing] = useAction();
  const [isAsked, setAsked] = useState(false);
  const [flatten, setFlatten] = useState(false);
  const isHalted = state === "halted";
  return (
    <Panel
      title="Trading of the whole node"
      actions={state && <Badge tone={isHalted ? "down" : state === "active" ? "up" : "warn"}>{state}</Badge>}
    >
      <div className="flex flex-col gap-3 p-3" data-testid="node-switch">
        <p className="text-ink-soft">
          {isHalted
            ? "Orders of everybody are refused. What was cancelled stays cancelled."
            : "The switch refuses orders of everybody, strategies included, and cancels every working order."}
        </p>
        <div className="flex flex-wrap gap-2">
          {!isHalted && (
            <Button look="danger" onClick={() => setAsked(true)}>
              Stop everybody
            </Button>
          )}
          {isHalted && (
            <Button
              look="strong"
              disabled={doing.isBusy}
              onClick={() => void run(() => rest.send("delete", "/api/v1/kill-switch", undefined, { scope: "node" }))}
            >
              Let everybody trade again
            </Button>
          )}
        </div>
        <RefusedLine refused={doing.refused} />
      </div>
      <Confirm
        title="Stop the trading of everybody?"
        isOpen={isAsked}
        action={flatten ? "Stop and close everything" : "Stop everybody"}
        onYes={() => rest.send("post", "/api/v1/kill-switch", { scope: "node", flatten })}
        onClose={() => setAsked(false)}
      >
        <p>Every working order of every user is cancelled, and new ones are refused until you release the switch.</p>
        <Check label="Also close all positions at the market's price" isChecked={flatten} onChange={setFlatten} />
      </Confirm>
    </Panel>
  );
}
