/** What the account holds, worth what the market says now; closed here, whole or in part. */

import { useState } from "react";
import type { Position } from "whisperer-client";
import { Exact } from "../../market/exact";
import { href } from "../../shell/route";
import { useInstrument } from "../../state/instruments";
import { useLastPrice } from "../../state/last-price";
import { useNode } from "../../state/node";
import { useStore } from "../../state/store";
import { Button } from "../../ui/button";
import { Message } from "../../ui/message";
import { Cell, Head, Row, Table } from "../../ui/table";
import { unrealized } from "../pnl";
import { amountText, baseOf } from "../words";
import { CloseDialog } from "./close-dialog";
import { PnlText } from "./pnl-text";

const HEAD = (
  <>
    <Head>Position</Head>
    <Head isFigure>Amount</Head>
    <Head isFigure className="hidden sm:table-cell">
      Average
    </Head>
    <Head isFigure className="hidden sm:table-cell">
      Now
    </Head>
    <Head isFigure>Gain</Head>
    <Head isFigure className="hidden lg:table-cell">
      Realized
    </Head>
    <Head isFigure className="hidden lg:table-cell">
      Fees
    </Head>
    <Head isFigure className="hidden xl:table-cell">
      Liquidated at
    </Head>
    <Head>
      <span className="sr-only">Actions</span>
    </Head>
  </>
);

export function PositionsTable() {
  const { account } = useNode();
  const positions = useStore(account.positions);
  if (positions.length === 0) {
    return (
      <Message icon="account" title="No positions">
        What you have bought or sold short stands here with what it is worth.
      </Message>
    );
  }
  return (
    <Table caption="Open positions" testId="positions" head={HEAD}>
      {positions.map((position) => (
        <PositionRow key={position.instrument_id} position={position} />
      ))}
    </Table>
  );
}

function PositionRow({ position }: { position: Position }) {
  const [isClosing, setClosing] = useState(false);
  const { instrument_id: id, side } = position;
  const instrument = useInstrument(id);
  const last = useLastPrice(instrument);
  const places = instrument?.price_precision ?? 2;
  const price = (text: string | null) => (text === null ? "–" : amountText(Exact.of(text).to(places).text));
  const fees = Exact.of(position.fees).negated;
  return (
    <Row testId="position">
      <Cell>
        <a
          href={href("chart", id)}
          className="font-medium hover:underline max-lg:inline-block max-lg:min-h-10 max-lg:content-center"
        >
          {id}
        </a>{" "}
        <span className={`font-semibold ${side === "long" ? "text-up" : "text-down"}`}>
          {side === "long" ? "Long" : "Short"}
        </span>
      </Cell>
      <Cell isFigure>{`${amountText(position.quantity)} ${baseOf(id)}`}</Cell>
      <Cell isFigure className="hidden sm:table-cell">
        {price(position.avg_price)}
      </Cell>
      <Cell isFigure className="hidden sm:table-cell">
        {price(last ?? position.mark_price)}
      </Cell>
      <Cell isFigure>
        <PnlText value={unrealized(position, instrument, last)} />
      </Cell>
      <Cell isFigure className="hidden lg:table-cell">
        <PnlText value={Exact.of(position.realized_pnl)} />
      </Cell>
      <Cell isFigure className="hidden lg:table-cell">
        <PnlText value={fees} />
      </Cell>
      <Cell isFigure className="hidden xl:table-cell">
        {price(position.liquidation_price)}
      </Cell>
      <Cell isFigure>
        <Button className="px-2.5" onClick={() => setClosing(true)} aria-label={`Close ${id}`}>
          Close
        </Button>
        <CloseDialog position={position} isOpen={isClosing} onClose={() => setClosing(false)} />
      </Cell>
    </Row>
  );
}
