/** The kill switch, in reach on every screen: halt, cancel everything, on request close all positions. */

import { useEffect, useState } from "react";
import type { Trader } from "whisperer-client";
import { useAction } from "../state/action";
import { useNode } from "../state/node";
import { useStore } from "../state/store";
import { useCalm } from "../state/ticking";
import { Button } from "../ui/button";
import { Dialog, DialogActions } from "../ui/dialog";
import { Check } from "../ui/field";
import { Icon } from "../ui/icon";
import { RefusedLine } from "../ui/refused";

/** A second press that was meant for something else comes within this time. */
const ARMED_AFTER_MS = 700;

export function TradingSwitch() {
  const { account } = useNode();
  const trader = useCalm(account.trader, 250);
  const [isOpen, setOpen] = useState(false);
  if (trader === null) return null;
  const isHalted = trader.trading_state === "halted";
  return (
    <>
      <button
        type="button"
        data-testid="kill-switch"
        aria-label={isHalted ? "Trading is halted" : "Stop trading"}
        onClick={() => setOpen(true)}
        className={`target inline-flex items-center justify-center gap-1.5 rounded-md border px-2 font-medium md:px-2.5 ${
          isHalted ? "border-down bg-down-wash text-down" : "border-line text-down hover:bg-down-wash"
        }`}
      >
        <Icon name="stop" className="size-4.5" />
        <span className="hidden xl:inline">{isHalted ? "Halted" : "Stop"}</span>
      </button>
      <Dialog
        title={isHalted ? "Trading is halted" : "Stop trading?"}
        isOpen={isOpen}
        onClose={() => setOpen(false)}
      >
        <Switch trader={trader} onClose={() => setOpen(false)} />
      </Dialog>
    </>
  );
}

interface SwitchProps {
  trader: Trader;
  onClose: () => void;
}

function Switch({ trader, onClose }: SwitchProps) {
  const { rest } = useNode();
  const [run, doing] = useAction();
  const [flatten, setFlatten] = useState(false);
  const isArmed = useArmed();
  const isHalted = trader.trading_state === "halted";
  const kill = async () => {
    if (await run(() => rest.send("post", "/api/v1/kill-switch", { flatten }))) onClose();
  };
  return (
    <>
      <p className="text-ink-soft">
        {isHalted
          ? "New orders are refused, also those of strategies. Cancelling works. What was cancelled stays cancelled."
          : "New orders are refused from then on, also those of strategies, and every working order is cancelled. You can go on whenever you want."}
      </p>
      <Standing />
      <Check label="Also close all positions at the market's price" isChecked={flatten} onChange={setFlatten} />
      <RefusedLine refused={doing.refused} />
      <DialogActions>
        <Button data-first onClick={onClose}>
          {isHalted ? "Leave it so" : "Keep trading"}
        </Button>
        {(!isHalted || flatten) && (
          <Button look="sell" disabled={!isArmed || doing.isBusy} onClick={() => void kill()}>
            {flatten ? "Stop and close everything" : "Stop and cancel all orders"}
          </Button>
        )}
        {isHalted && <Release onDone={onClose} />}
      </DialogActions>
    </>
  );
}

/** How much would be cancelled and closed. */
function Standing() {
  const { account } = useNode();
  const orders = useStore(account.orders).length;
  const positions = useStore(account.positions).length;
  const count = (n: number, word: string) => `${n} ${word}${n === 1 ? "" : "s"}`;
  return <p className="font-medium">{`Now: ${count(orders, "working order")}, ${count(positions, "position")}.`}</p>;
}

/** End a halt. */
export function Release({ onDone }: { onDone?: () => void }) {
  const { rest } = useNode();
  const [run, doing] = useAction();
  const release = async () => {
    if (await run(() => rest.send("delete", "/api/v1/kill-switch"))) onDone?.();
  };
  return (
    <>
      <Button look="strong" disabled={doing.isBusy} onClick={() => void release()}>
        Trade again
      </Button>
      <RefusedLine refused={doing.refused} />
    </>
  );
}

function useArmed(): boolean {
  const [isArmed, setArmed] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setArmed(true), ARMED_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  return isArmed;
}
