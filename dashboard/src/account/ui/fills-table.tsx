/** Executions, newest first. */

import type { Fill } from "whisperer-client";
import { Exact } from "../../market/exact";
import { clock, shortDay } from "../../market/time";
import { zone as zoneSetting } from "../../state/settings";
import { useStore } from "../../state/store";
import { Cell, Head, Row, Table } from "../../ui/table";
import { keyOf } from "../fill-log";
import { amountText, moneyText } from "../words";
import { PnlText } from "./pnl-text";
import { SideWord } from "./side-word";

const HEAD = (
  <>
    <Head>Time</Head>
    <Head>Fill</Head>
    <Head isFigure>Amount</Head>
    <Head isFigure>Price</Head>
    <Head isFigure className="hidden sm:table-cell">
      Fee
    </Head>
    <Head isFigure className="hidden md:table-cell">
      Realized
    </Head>
    <Head className="hidden lg:table-cell">As</Head>
    <Head className="hidden lg:table-cell">From</Head>
  </>
);

/** `fills` come newest first. */
export function FillsTable({ fills }: { fills: readonly Fill[] }) {
  const zone = useStore(zoneSetting);
  return (
    <Table caption="Fills, newest first" testId="fills" head={HEAD}>
      {fills.map((fill) => (
        <Row key={keyOf(fill)} testId="fill">
          <Cell className="whitespace-nowrap text-ink-faint">
            {`${shortDay(fill.ts, zone)} `}
            <span className="max-sm:block">{clock(fill.ts, zone)}</span>
          </Cell>
          <Cell>
            <span className="font-medium">{fill.instrument_id}</span> <SideWord side={fill.side} />
          </Cell>
          <Cell isFigure>{amountText(fill.quantity)}</Cell>
          <Cell isFigure>{amountText(fill.price)}</Cell>
          <Cell isFigure className="hidden text-ink-soft sm:table-cell">
            {`${moneyText(fill.fee)} ${fill.fee_currency}`}
          </Cell>
          <Cell isFigure className="hidden md:table-cell">
            <PnlText value={Exact.of(fill.realized_pnl)} />
          </Cell>
          <Cell className="hidden text-ink-soft lg:table-cell">{fill.liquidity}</Cell>
          <Cell className="hidden text-ink-soft lg:table-cell">{fill.strategy === "desk" ? "you" : fill.strategy}</Cell>
        </Row>
      ))}
    </Table>
  );
}
