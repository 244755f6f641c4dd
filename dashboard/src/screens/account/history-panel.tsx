/** All orders and fills, newest first, page by page; the fills as a file with fees and gains. */

import { type ReactNode, useEffect, useMemo, useState } from "react";
import type { Fill, Order, Rest } from "whisperer-client";
import { csvText, save } from "../../account/csv";
import { keyOf } from "../../account/fill-log";
import { History } from "../../account/history";
import { FillsTable } from "../../account/ui/fills-table";
import { PastOrdersTable } from "../../account/ui/past-orders-table";
import { useAction } from "../../state/action";
import { useNode } from "../../state/node";
import { useStore } from "../../state/store";
import { Button } from "../../ui/button";
import { Choice, type Option } from "../../ui/choice";
import { Icon } from "../../ui/icon";
import { Message, Waiting } from "../../ui/message";
import { Panel } from "../../ui/panel";
import { RefusedLine } from "../../ui/refused";

type Kind = "orders" | "fills";

const KINDS: readonly Option<Kind>[] = [
  { value: "orders", label: "Orders" },
  { value: "fills", label: "Fills" },
];
/** The newest page is read again no oftener than this. */
const CALM_MS = 1_000;

export function HistoryPanel() {
  const { rest } = useNode();
  const [kind, setKind] = useState<Kind>("orders");
  const [run, doing] = useAction();
  const orders = useMemo(() => ordersOf(rest), [rest]);
  const fills = useMemo(() => fillsOf(rest), [rest]);
  const file = async () => {
    if (kind === "orders") save("orders.csv", csvText(ORDER_COLUMNS, await orders.all()));
    else save("fills.csv", csvText(FILL_COLUMNS, await fills.all()));
  };
  return (
    <Panel
      title="History"
      actions={
        <span className="flex items-center gap-2">
          <Choice legend="Orders or fills" options={KINDS} value={kind} onChange={setKind} />
          <Button disabled={doing.isBusy} onClick={() => void run(file)}>
            <Icon name="save" /> CSV
          </Button>
        </span>
      }
    >
      <RefusedLine refused={doing.refused} className="p-3" />
      {kind === "orders" ? (
        <Paged history={orders} nothing="No orders yet">
          {(rows) => <PastOrdersTable orders={rows} />}
        </Paged>
      ) : (
        <Paged history={fills} nothing="Nothing was filled yet">
          {(rows) => <FillsTable fills={rows} />}
        </Paged>
      )}
    </Panel>
  );
}

const ORDER_COLUMNS = [
  "ts_created",
  "ts_updated",
  "client_order_id",
  "order_id",
  "instrument_id",
  "side",
  "type",
  "time_in_force",
  "quantity",
  "filled_quantity",
  "price",
  "trigger_price",
  "avg_price",
  "status",
  "reason",
  "strategy",
] as const satisfies readonly (keyof Order)[];
const FILL_COLUMNS = [
  "ts",
  "fill_id",
  "client_order_id",
  "instrument_id",
  "side",
  "quantity",
  "price",
  "fee",
  "fee_currency",
  "realized_pnl",
  "liquidity",
  "strategy",
] as const satisfies readonly (keyof Fill)[];

function ordersOf(rest: Rest): History<Order> {
  return new History(
    (question) => rest.get("/api/v1/orders", question),
    ({ order_id }) => order_id,
  );
}

function fillsOf(rest: Rest): History<Fill> {
  return new History((question) => rest.get("/api/v1/fills", question), keyOf);
}

interface PagedProps<T> {
  history: History<T>;
  nothing: string;
  children: (rows: readonly T[]) => ReactNode;
}

function Paged<T>({ history, nothing, children }: PagedProps<T>) {
  const { account } = useNode();
  const { phase, items, hasOlder, message } = useStore(history.state);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        void history.refresh();
      }, CALM_MS);
    };
    void history.refresh();
    const endings = [account.orderRevision.watch(look), account.fills.revision.watch(look)];
    return () => {
      clearTimeout(timer);
      endings.forEach((end) => end());
    };
  }, [history, account]);
  if (phase === "loading") return <Waiting label="Loading the history" />;
  if (items.length === 0) return <Message icon="order" title={phase === "failed" ? message : nothing} />;
  return (
    <div className="min-w-0" data-testid="history">
      {children(items)}
      {hasOlder && (
        <div className="p-3 text-center">
          <Button onClick={() => void history.older()}>Show older</Button>
        </div>
      )}
      {message && <p className="px-3 pb-3 text-xs text-down">{message}</p>}
    </div>
  );
}
