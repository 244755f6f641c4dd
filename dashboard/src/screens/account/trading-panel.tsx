/** Whether orders are taken, what happens to them when the page or the node goes away. */

import type { Trader } from "whisperer-client";
import { useAction } from "../../state/action";
import { useNode } from "../../state/node";
import { type Deadman, deadman as deadmanSetting } from "../../state/settings";
import { useStore } from "../../state/store";
import { Choice, type Option } from "../../ui/choice";
import { RefusedLine } from "../../ui/refused";

type State = Trader["trading_state"];

const STATES: readonly Option<State>[] = [
  { value: "active", label: "Active" },
  { value: "reducing", label: "Reducing" },
  { value: "halted", label: "Halted" },
];
const STATE_WORDS: Record<State, string> = {
  active: "Orders are taken.",
  reducing: "Only orders that make positions smaller are taken.",
  halted: "Orders are refused; cancelling works.",
};
const SWITCHES: readonly Option<Deadman>[] = [
  { value: "off", label: "Off" },
  { value: "60", label: "1 min" },
  { value: "300", label: "5 min" },
];
const STOP_WORDS: Record<Trader["on_stop"], string> = {
  keep: "Open orders are kept when the node is stopped, and work again as soon as it is back.",
  cancel: "Open orders are cancelled when the node is stopped as planned. After a crash they work again.",
};

export function TradingPanel({ trader }: { trader: Trader }) {
  const { rest, account } = useNode();
  const [run, doing] = useAction();
  const set = (trading_state: State) =>
    void run(async () => account.trader.set(await rest.send("patch", "/api/v1/trader", { trading_state })));
  return (
    <div className="flex flex-col gap-3 p-3">
      <div>
        <Choice
          legend="State of trading"
          className="flex w-full"
          options={STATES}
          value={trader.trading_state}
          onChange={set}
        />
        <p className="mt-1 text-xs text-ink-soft">{STATE_WORDS[trader.trading_state]}</p>
        <RefusedLine refused={doing.refused} />
      </div>
      <DeadmanChoice trader={trader} />
      <p className="text-xs text-ink-soft" data-testid="on-stop">
        {STOP_WORDS[trader.on_stop]}
      </p>
      {trader.degraded.map((reason) => (
        <p key={reason} className="text-xs text-warn">
          {reason}
        </p>
      ))}
    </div>
  );
}

function DeadmanChoice({ trader }: { trader: Trader }) {
  const { rest } = useNode();
  const [run, doing] = useAction();
  const choice = useStore(deadmanSetting);
  const choose = (next: Deadman) => {
    deadmanSetting.set(next);
    if (next === "off") void run(() => rest.send("post", "/api/v1/deadman", { timeout_s: null }));
  };
  const { deadman_s: left } = trader;
  return (
    <div>
      <div className="flex items-center justify-between gap-2">
        <h3 className="text-xs font-medium">Dead man's switch</h3>
        <Choice legend="Dead man's switch" options={SWITCHES} value={choice} onChange={choose} />
      </div>
      <p className="mt-1 text-xs text-ink-soft">
        {choice === "off" && left === null
          ? "Orders stay when this page is closed."
          : "All orders are cancelled when no page of this browser has been there for that long."}
      </p>
      <RefusedLine refused={doing.refused} />
    </div>
  );
}
