/** The user's own account, live: orders, positions, balances, fills, alerts and trader, and what is to be heard of. */

import type { Alert, Balance, ChannelEvent, Connection, Fill, Order, Position, Rest, Trader } from "whisperer-client";
import { placesOf } from "../market/decimal";
import { Exact } from "../market/exact";
import { Store } from "../state/store";
import { ActedLog } from "./acted-log";
import { OrderBooks, withBalance, withPosition } from "./books";
import { FillLog } from "./fill-log";
import { Notices } from "./notices";
import { amountText, baseOf, fillText, moneyText, whatText } from "./words";

/** `none`: this node takes no orders of this user. */
export type AccountPhase = "loading" | "ready" | "none";

const TRADER_HZ = 2;
const ALERTS = 100;
/** Of orders that ended while the page was away, so many are asked for. */
const MOST_ASKED = 20;
const FAILED: ReadonlySet<Order["status"]> = new Set(["rejected", "denied", "expired"]);

export class Account {
  readonly phase = new Store<AccountPhase>("loading");
  /** Working orders, newest first. */
  readonly orders = new Store<readonly Order[]>([]);
  readonly positions = new Store<readonly Position[]>([]);
  readonly balances = new Store<readonly Balance[]>([]);
  readonly trader = new Store<Trader | null>(null);
  /** Newest first. */
  readonly alerts = new Store<readonly Alert[]>([]);
  readonly acted = new ActedLog();
  readonly fills: FillLog;
  readonly notices = new Notices();
  /** Grows with every order's change, also that of one which has ended. */
  readonly orderRevision = new Store(0);
  private readonly books = new OrderBooks();
  private isFirstFills = true;

  constructor(private readonly rest: Rest) {
    this.fills = new FillLog(rest);
  }

  /** Begin to read; returns what ends it. */
  open(connection: Connection): () => void {
    if (this.phase.get() === "none") this.phase.set("loading");
    const endings = [
      connection.subscribe("orders", (event) => this.readOrders(event)),
      connection.subscribe("fills", (event) => this.readFills(event)),
      connection.subscribe("positions", (event) => read(event, this.positions, withPosition)),
      connection.subscribe("balances", (event) => read(event, this.balances, withBalance)),
      connection.subscribe("trade_signals", (event) => this.acted.read(event)),
      connection.subscribe("alerts", (event) => this.readAlerts(event)),
      connection.subscribe("trader", (event) => this.readTrader(event), TRADER_HZ),
    ];
    return () => endings.forEach((end) => end());
  }

  /** Return an order by the user's own id, also one that has ended not long ago. */
  find(clientOrderId: string): Order | undefined {
    return this.books.find(clientOrderId);
  }

  /** Take an order's state from an answer: the channel may be slower. */
  put(order: Order): void {
    if (!this.books.put(order)) return;
    this.orders.set(this.books.all);
    this.orderRevision.update((revision) => revision + 1);
  }

  private readOrders(event: ChannelEvent<Order>): void {
    if (event.kind === "refused") return this.phase.set("none");
    if (event.kind === "row") {
      this.put(event.row);
      if (FAILED.has(event.row.status)) this.tellEnd(event.row);
      return;
    }
    const gone = this.books.replace(event.rows);
    this.orders.set(this.books.all);
    this.orderRevision.update((revision) => revision + 1);
    this.phase.set("ready");
    for (const order of gone.slice(0, MOST_ASKED)) void this.ask(order.client_order_id);
  }

  /** Learn how an order ended while nobody looked. */
  private async ask(client_order_id: string): Promise<void> {
    try {
      this.put(await this.rest.get("/api/v1/orders/{client_order_id}", { client_order_id }));
    } catch {
      // the history tells it as soon as the node does
      return;
    }
  }

  private readFills(event: ChannelEvent<Fill>): void {
    if (event.kind === "row") this.fills.add([event.row]).forEach((fill) => this.tellFill(fill));
    if (event.kind !== "snapshot") return;
    this.fills.refresh().then(
      (fresh) => {
        if (!this.isFirstFills) fresh.forEach((fill) => this.tellFill(fill));
        this.isFirstFills = false;
      },
      () => {},
    );
  }

  private readAlerts(event: ChannelEvent<Alert>): void {
    if (event.kind === "row") return this.tellAlert(event.row);
    if (event.kind !== "snapshot") return;
    this.rest.get("/api/v1/alerts", { limit: ALERTS }).then(
      ({ items }) => this.alerts.set(items),
      () => {},
    );
  }

  private readTrader(event: ChannelEvent<Trader>): void {
    if (event.kind === "row") this.trader.set(event.row);
    if (event.kind === "snapshot") this.trader.set(event.rows.at(-1) ?? null);
  }

  /** Tell of an order's fills so far, as one. */
  private tellFill(fill: Fill): void {
    const { quantity, price, fee } = this.fills.totalOf(fill.order_id);
    const order = this.find(fill.client_order_id);
    const isPart = order !== undefined && quantity.compare(Exact.of(order.quantity)) < 0;
    this.notices.tell({
      key: `fill ${fill.order_id}`,
      tone: fill.side === "buy" ? "up" : "accent",
      title: fillText({ ...fill, quantity: quantity.text, price: price.to(placesOf(fill.price)).text }),
      text: `${isPart ? `${amountText(order.quantity)} are wanted · ` : ""}Fee ${moneyText(fee.text)} ${fill.fee_currency}`,
    });
  }

  private tellEnd(order: Order): void {
    const word = order.status === "expired" ? "Expired" : "Refused";
    const text = order.reason ?? `${amountText(order.filled_quantity)} ${baseOf(order.instrument_id)} were filled`;
    this.notices.tell({
      key: `end ${order.order_id}`,
      tone: order.status === "expired" ? "accent" : "warn",
      title: `${word}: ${whatText(order)}`,
      text,
    });
  }

  private tellAlert(alert: Alert): void {
    this.alerts.update((all) => [alert, ...all.filter((one) => one.alert_id !== alert.alert_id)].slice(0, ALERTS));
    if (alert.level === "info" && alert.kind !== "price") return;
    if (alert.kind === "screening") return; // the order itself has told
    const tone = alert.level === "critical" ? "down" : alert.level === "warning" ? "warn" : "accent";
    this.notices.tell({ key: alert.alert_id, tone, title: alertTitle(alert), text: alert.message });
  }
}

const ALERT_TITLES: Record<Alert["kind"], string> = {
  strategy_retired: "Strategy retired",
  liquidation: "Liquidation",
  trading_state: "Trading state",
  deadman: "Dead man's switch",
  repair: "Books repaired",
  price: "Price alarm",
  journal: "Journal",
  stop: "Stop of the node",
  screening: "Order held back",
};

export function alertTitle({ kind }: Alert): string {
  return ALERT_TITLES[kind] ?? kind;
}

/** Read a channel of values that each replace one: all of them, or one changed. */
function read<T>(
  event: ChannelEvent<T>,
  store: Store<readonly T[]>,
  change: (all: readonly T[], row: T) => readonly T[],
): void {
  if (event.kind === "row") store.update((all) => change(all, event.row));
  if (event.kind === "snapshot") store.set(event.rows);
}
