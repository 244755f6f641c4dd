/** A strip across every screen while orders are refused. */

import { useNode } from "../state/node";
import { useCalm } from "../state/ticking";
import { Icon } from "../ui/icon";
import { Release } from "./trading-switch";

export function TradingStrip() {
  const trader = useCalm(useNode().account.trader, 250);
  if (trader === null || trader.trading_state === "active") return null;
  const isHalted = trader.trading_state === "halted";
  return (
    <div
      data-testid="trading-strip"
      className={`flex flex-wrap items-center gap-x-3 px-3 py-1 text-xs font-medium ${isHalted ? "bg-down-wash text-down" : "bg-warn-wash text-warn"}`}
    >
      <Icon name="stop" />
      <span className="min-w-0 flex-1">
        {isHalted
          ? "Trading is halted: orders are refused, cancelling works."
          : "Trading is reducing: only orders that make positions smaller are taken."}
      </span>
      <Release />
    </div>
  );
}
