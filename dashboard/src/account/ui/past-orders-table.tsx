/** Orders of any state, newest first. */

import type { Order } from "whisperer-client";
import { clock, shortDay } from "../../market/time";
import { zone as zoneSetting } from "../../state/settings";
import { useStore } from "../../state/store";
import { Badge, type Tone } from "../../ui/badge";
import { Cell, Head, Row, Table } from "../../ui/table";
import { amountText, moneyText, STATUS_WORDS, TYPE_WORDS } from "../words";
import { SideWord } from "./side-word";

const TONES: Partial<Record<Order["status"], Tone>> = {
  filled: "up",
  rejected: "warn",
  denied: "warn",
  unknown: "warn",
  accepted: "accent",
  partially_filled: "accent",
  triggered: "accent",
};
const HEAD = (
  <>
    <Head>Time</Head>
    <Head>Order</Head>
    <Head isFigure>Filled</Head>
    <Head isFigure className="hidden sm:table-cell">
      Price
    </Head>
    <Head>State</Head>
    <Head className="hidden xl:table-cell">From</Head>
  </>
);

export function PastOrdersTable({ orders }: { orders: readonly Order[] }) {
  return (
    <Table caption="Orders, newest first" testId="past-orders" head={HEAD}>
      {orders.map((order) => (
        <PastOrder key={order.order_id} order={order} />
      ))}
    </Table>
  );
}

function PastOrder({ order }: { order: Order }) {
  const zone = useStore(zoneSetting);
  const price = order.avg_price ?? order.price ?? order.trigger_price;
  return (
    <Row testId="past-order">
      <Cell className="whitespace-nowrap text-ink-faint">
        {`${shortDay(order.ts_created, zone)} `}
        <span className="max-sm:block">{clock(order.ts_created, zone)}</span>
      </Cell>
      <Cell>
        <span className="font-medium">{order.instrument_id}</span>{" "}
        <span className="whitespace-nowrap">
          <SideWord side={order.side} /> <span className="text-ink-soft">{TYPE_WORDS[order.type].toLowerCase()}</span>
        </span>
      </Cell>
      <Cell isFigure>{`${amountText(order.filled_quantity)} of ${amountText(order.quantity)}`}</Cell>
      <Cell isFigure className="hidden sm:table-cell">
        {price ? moneyText(price) : "–"}
      </Cell>
      <Cell className="max-w-28 sm:max-w-52">
        <Badge tone={TONES[order.status] ?? "plain"}>{STATUS_WORDS[order.status]}</Badge>
        {order.reason && (
          <span className="line-clamp-3 text-2xs text-ink-faint sm:block sm:truncate" title={order.reason}>
            {order.reason}
          </span>
        )}
      </Cell>
      <Cell className="hidden text-ink-soft xl:table-cell">{order.strategy === "desk" ? "you" : order.strategy}</Cell>
    </Row>
  );
}
