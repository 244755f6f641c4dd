/** Cancels every working order, after one question. */

import { useState } from "react";
import { cancelAll } from "../../../account/commands";
import { useAction } from "../../../state/action";
import { useNode } from "../../../state/node";
import { useStore } from "../../../state/store";
import { Button } from "../../../ui/button";
import { Dialog, DialogActions } from "../../../ui/dialog";
import { RefusedLine } from "../../../ui/refused";

export function CancelAll() {
  const { account, rest } = useNode();
  const [isOpen, setOpen] = useState(false);
  const [run, doing] = useAction();
  const count = useStore(account.orders).length;
  const all = count === 1 ? "the order" : `all ${count} orders`;
  const act = async () => {
    const isDone = await run(async () => (await cancelAll(rest, null)).forEach((order) => account.put(order)));
    if (isDone) setOpen(false);
  };
  return (
    <>
      <Button className="whitespace-nowrap" onClick={() => setOpen(true)}>
        Cancel all
      </Button>
      <Dialog title={`Cancel ${all}?`} isOpen={isOpen} onClose={() => setOpen(false)}>
        <p className="text-ink-soft">On every instrument, also those of strategies. Positions stay as they are.</p>
        <RefusedLine refused={doing.refused} />
        <DialogActions>
          <Button data-first onClick={() => setOpen(false)}>Keep them</Button>
          <Button look="strong" disabled={doing.isBusy} onClick={() => void act()}>
            {`Cancel ${all}`}
          </Button>
        </DialogActions>
      </Dialog>
    </>
  );
}
