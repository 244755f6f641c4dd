/** The working orders: cancel each, or change it in its row. */

import { useState } from "react";
import type { Order } from "whisperer-client";
import { grouped } from "../../market/decimal";
import { clock } from "../../market/time";
import { href } from "../../shell/route";
import { useAction } from "../../state/action";
import { useNode } from "../../state/node";
import { zone as zoneSetting } from "../../state/settings";
import { useStore } from "../../state/store";
import { Badge } from "../../ui/badge";
import { Button } from "../../ui/button";
import { Icon } from "../../ui/icon";
import { Message } from "../../ui/message";
import { RefusedLine } from "../../ui/refused";
import { Cell, Head, Row, Table } from "../../ui/table";
import { cancel } from "../commands";
import { amountText, STATUS_WORDS, TYPE_WORDS, whatText } from "../words";
import { OrderEdit } from "./order-edit";
import { SideWord } from "./side-word";

const HEAD = (
  <>
    <Head className="hidden md:table-cell">Time</Head>
    <Head>Order</Head>
    <Head isFigure>Amount</Head>
    <Head isFigure>Price</Head>
    <Head className="hidden lg:table-cell">State</Head>
    <Head className="hidden xl:table-cell">From</Head>
    <Head>
      <span className="sr-only">Actions</span>
    </Head>
  </>
);

export function OrdersTable() {
  const { account } = useNode();
  const orders = useStore(account.orders);
  if (orders.length === 0) {
    return (
      <Message icon="order" title="No working orders">
        Orders that wait for their price stand here, with what cancels and changes them.
      </Message>
    );
  }
  return (
    <Table caption="Working orders, newest first" testId="orders" head={HEAD}>
      {orders.map((order) => (
        <OrderRow key={order.order_id} order={order} />
      ))}
    </Table>
  );
}

function OrderRow({ order }: { order: Order }) {
  const zone = useStore(zoneSetting);
  const [isEdited, setEdited] = useState(false);
  return (
    <>
      <Row testId="order">
        <Cell className="hidden whitespace-nowrap text-ink-faint md:table-cell">{clock(order.ts_created, zone)}</Cell>
        <Cell>
          <a
            href={href("chart", order.instrument_id)}
            className="font-medium hover:underline max-lg:inline-block max-lg:min-h-10 max-lg:content-center"
          >
            {order.instrument_id}
          </a>{" "}
          <span className="whitespace-nowrap">
            <SideWord side={order.side} /> <span className="text-ink-soft">{TYPE_WORDS[order.type].toLowerCase()}</span>
          </span>{" "}
          <Marks order={order} />
        </Cell>
        <Cell isFigure>
          {amountText(order.quantity)}
          <span className="block text-2xs text-ink-faint">{`${amountText(order.filled_quantity)} filled`}</span>
        </Cell>
        <Cell isFigure>
          <OrderPrices order={order} />
        </Cell>
        <Cell className="hidden lg:table-cell">{stateText(order)}</Cell>
        <Cell className="hidden text-ink-soft xl:table-cell">
          {order.strategy === "desk" ? "you" : order.strategy}
        </Cell>
        <Cell isFigure>
          <OrderActions order={order} isEdited={isEdited} onEdit={() => setEdited(!isEdited)} />
        </Cell>
      </Row>
      {isEdited && (
        <tr className="border-b border-line bg-raised">
          <td colSpan={7}>
            <OrderEdit order={order} onDone={() => setEdited(false)} />
          </td>
        </tr>
      )}
    </>
  );
}

function stateText(order: Order): string {
  return order.parent_order_id !== null ? "Waits for its entry" : STATUS_WORDS[order.status];
}

function Marks({ order }: { order: Order }) {
  return (
    <span className="inline-flex gap-1">
      {order.reduce_only && <Badge>reduce</Badge>}
      {order.post_only && <Badge>post</Badge>}
      {order.time_in_force !== "gtc" && <Badge>{order.time_in_force.toUpperCase()}</Badge>}
    </span>
  );
}

function OrderPrices({ order: { price, trigger_price: trigger, trailing_offset: trailing } }: { order: Order }) {
  return (
    <>
      {price && <span className="block">{grouped(price)}</span>}
      {trigger && <span className={`block ${price ? "text-2xs text-ink-faint" : ""}`}>{`from ${grouped(trigger)}`}</span>}
      {trailing && <span className="block text-2xs text-ink-faint">{`${grouped(trailing)} behind`}</span>}
    </>
  );
}

interface OrderActionsProps {
  order: Order;
  isEdited: boolean;
  onEdit: () => void;
}

function OrderActions({ order, isEdited, onEdit }: OrderActionsProps) {
  const { account, rest } = useNode();
  const [run, doing] = useAction();
  return (
    <span className="inline-flex flex-col items-end">
      <span className="inline-flex gap-1">
        <Button
          className="px-2"
          aria-expanded={isEdited}
          aria-label={`Change: ${whatText(order)}`}
          title="Change"
          onClick={onEdit}
        >
          <Icon name="edit" />
        </Button>
        <Button className="px-2.5" disabled={doing.isBusy} onClick={() => void run(async () => account.put(await cancel(rest, order)))} aria-label={`Cancel: ${whatText(order)}`}>
          <Icon name="close" />
          <span className="hidden sm:inline">Cancel</span>
        </Button>
      </span>
      <RefusedLine refused={doing.refused} />
    </span>
  );
}
