/** Below the charts: the account's orders, positions, balances, fills, alerts and alarms; can be folded away. */

import { useEffect, useState } from "react";
import type { Instrument } from "whisperer-client";
import { AlertList } from "../../../account/ui/alert-list";
import { BalancesTable } from "../../../account/ui/balances-table";
import { FillsTable } from "../../../account/ui/fills-table";
import { OrdersTable } from "../../../account/ui/orders-table";
import { PositionsTable } from "../../../account/ui/positions-table";
import { useNode } from "../../../state/node";
import { dock as dockSetting } from "../../../state/settings";
import { useStore } from "../../../state/store";
import { useCalm } from "../../../state/ticking";
import { Button } from "../../../ui/button";
import { Choice } from "../../../ui/choice";
import { Icon } from "../../../ui/icon";
import { Message, Waiting } from "../../../ui/message";
import { AlarmList } from "./alarm-list";
import { CancelAll } from "./cancel-all";

type Tab = "orders" | "positions" | "balances" | "fills" | "alerts" | "alarms";

const FILLS = 100;

export function Dock({ instruments }: { instruments: readonly Instrument[] }) {
  const { account, alarms } = useNode();
  const [tab, setTab] = useState<Tab>("orders");
  const isOpen = useStore(dockSetting) === "open";
  const orders = useStore(account.orders).length;
  const positions = useStore(account.positions).length;
  const rung = useStore(alarms.all).length;
  const options = [
    { value: "orders" as const, label: counted("Orders", orders) },
    { value: "positions" as const, label: counted("Positions", positions) },
    { value: "balances" as const, label: "Balances" },
    { value: "fills" as const, label: "Fills" },
    { value: "alerts" as const, label: "Alerts" },
    { value: "alarms" as const, label: counted("Alarms", rung) },
  ];
  useEffect(() => {
    // notifications stand above what can be pressed here
    const { style } = document.documentElement;
    style.setProperty("--dock", isOpen ? "15rem" : "3.75rem");
    return () => void style.removeProperty("--dock");
  }, [isOpen]);
  const choose = (next: Tab) => {
    setTab(next);
    dockSetting.set("open");
  };
  return (
    <section
      aria-label="Your account"
      data-testid="dock"
      className={`flex min-w-0 flex-col rounded-lg border border-line bg-surface shadow-panel ${isOpen ? "min-h-64 lg:h-56 lg:min-h-0" : ""}`}
    >
      <header className={`flex min-h-11 items-center gap-2 px-2 py-1 ${isOpen ? "border-b border-line" : ""}`}>
        <div className="min-w-0 overflow-x-auto">
          <Choice legend="What of your account" options={options} value={tab} onChange={choose} />
        </div>
        <span className="ml-auto flex items-center gap-1">
          {tab === "orders" && isOpen && orders > 0 && <CancelAll />}
          <Button
            look="bare"
            className="px-0"
            aria-expanded={isOpen}
            aria-label={isOpen ? "Fold your account away" : "Unfold your account"}
            onClick={() => dockSetting.set(isOpen ? "closed" : "open")}
          >
            <Icon name="chevron" className={`size-4 ${isOpen ? "" : "rotate-180"}`} />
          </Button>
        </span>
      </header>
      {isOpen && (
        <div className="relative flex min-h-0 flex-1 flex-col overflow-y-auto focus-visible:-outline-offset-2" tabIndex={0}>
          <Body tab={tab} instruments={instruments} />
        </div>
      )}
    </section>
  );
}

function counted(word: string, count: number): string {
  return count > 0 ? `${word} ${count}` : word;
}

function Body({ tab, instruments }: { tab: Tab; instruments: readonly Instrument[] }) {
  const phase = useStore(useNode().account.phase);
  if (tab === "alarms") return <AlarmList instruments={instruments} />;
  if (phase === "loading") return <Waiting label="Loading the account" rows={4} />;
  if (phase === "none") return <Message icon="order" title="This node takes no orders of yours" />;
  if (tab === "orders") return <OrdersTable />;
  if (tab === "positions") return <PositionsTable />;
  if (tab === "balances") return <BalancesTable />;
  return tab === "fills" ? <NewestFills /> : <AlertList />;
}

function NewestFills() {
  const { account } = useNode();
  useCalm(account.fills.revision, 200);
  const newest = account.fills.all.slice(-FILLS).reverse();
  return newest.length > 0 ? (
    <FillsTable fills={newest} />
  ) : (
    <Message icon="done" title="Nothing was filled yet">
      Every execution of your orders stands here with its fee.
    </Message>
  );
}
