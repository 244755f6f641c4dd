/** The currencies of the account: what there is, what is bound, what is free. */

import { useNode } from "../../state/node";
import { useStore } from "../../state/store";
import { Message } from "../../ui/message";
import { Cell, Head, Row, Table } from "../../ui/table";
import { amountText } from "../words";

const HEAD = (
  <>
    <Head>Currency</Head>
    <Head isFigure>Total</Head>
    <Head isFigure>Free</Head>
  </>
);

export function BalancesTable() {
  const balances = useStore(useNode().account.balances);
  if (balances.length === 0) return <Message icon="account" title="No balances" />;
  return (
    <Table caption="Balances" testId="balances" head={HEAD}>
      {balances.map((balance) => (
        <Row key={balance.currency} testId="balance">
          <Cell className="font-medium">{balance.currency}</Cell>
          <Cell isFigure>
            {amountText(balance.total)}
            <span className="block text-2xs text-ink-faint">{`${amountText(balance.locked)} bound`}</span>
          </Cell>
          <Cell isFigure>{amountText(balance.free)}</Cell>
        </Row>
      ))}
    </Table>
  );
}
