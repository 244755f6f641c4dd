/** What became of the order that was sent. */

import type { Order } from "whisperer-client";
import { isWorking } from "../../../../account/books";
import { cancel } from "../../../../account/commands";
import type { Sender, Sending } from "../../../../account/sender";
import { amountText, howText, moneyText, STATUS_WORDS, whatText } from "../../../../account/words";
import { useAction } from "../../../../state/action";
import { useNode } from "../../../../state/node";
import { useStore } from "../../../../state/store";
import { Button } from "../../../../ui/button";
import { RefusedLine } from "../../../../ui/refused";

export function Outcome({ sender }: { sender: Sender }) {
  const state = useStore(sender.state);
  return (
    <div role="status" className="min-h-22 shrink-0" data-testid="outcome">
      <Told sender={sender} state={state} />
    </div>
  );
}

function Told({ sender, state }: { sender: Sender; state: Sending }) {
  switch (state.phase) {
    case "idle":
      return null;
    case "sending":
      return <p className="text-ink-soft">Sending …</p>;
    case "refused":
      return <p className="text-down">{`Not sent: ${state.message}`}</p>;
    case "taken":
      return (
        <>
          <Sent clientOrderId={state.clientOrderId} />
          <RefusedLine refused={state.refused} className="mt-1" />
        </>
      );
    case "lost":
      return (
        <p className="text-warn">
          No answer came. The order may have arrived or not: the page finds out as soon as the node is back, and does not
          send it twice.
        </p>
      );
    case "absent":
      return (
        <div className="flex flex-col gap-2 text-warn">
          The node is back and does not have the order.
          <span className="flex gap-2">
            <Button onClick={() => void sender.again()}>Send it again</Button>
            <Button look="bare" onClick={() => sender.forget()}>
              Leave it
            </Button>
          </span>
        </div>
      );
  }
}

function Sent({ clientOrderId }: { clientOrderId: string }) {
  const { account, rest } = useNode();
  useStore(account.orderRevision);
  const [run, doing] = useAction();
  const order = account.find(clientOrderId);
  if (!order) return <p className="text-ink-soft">Sent.</p>;
  return (
    <div className="rounded-md border border-line p-2.5">
      <div className="flex items-center justify-between gap-2">
        <p className="min-w-0">
          <span className="block truncate font-medium">{`${whatText(order)} ${howText(order)}`}</span>
          <span className={`block text-xs ${order.reason ? "text-warn" : "text-ink-soft"}`}>{fateText(order)}</span>
        </p>
        {isWorking(order) && (
          <Button onClick={() => void run(async () => account.put(await cancel(rest, order)))} disabled={doing.isBusy}>
            Cancel
          </Button>
        )}
      </div>
      <RefusedLine refused={doing.refused} />
    </div>
  );
}

/** `Filled at 64,000.10`, `Partly filled: 0.02 so far`, `Cancelled: why` */
function fateText(order: Order): string {
  const word = STATUS_WORDS[order.status];
  if (order.status === "filled" && order.avg_price) return `${word} at ${moneyText(order.avg_price)}`;
  if (order.status === "partially_filled") return `${word}: ${amountText(order.filled_quantity)} so far`;
  return order.reason ? `${word}: ${order.reason}` : word;
}
