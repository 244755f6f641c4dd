/** A question before something that cannot be taken back: what happens, and the two ways on. */

import type { ReactNode } from "react";
import { useAction } from "../state/action";
import { Button } from "./button";
import { Dialog, DialogActions } from "./dialog";
import { RefusedLine } from "./refused";

interface ConfirmProps {
  title: string;
  isOpen: boolean;
  action: string;
  /** Does it; the question stays open when it fails. */
  onYes: () => Promise<unknown>;
  onClose: () => void;
  children: ReactNode;
}

export function Confirm({ title, isOpen, action, onYes, onClose, children }: ConfirmProps) {
  const [run, doing, forget] = useAction();
  const close = () => {
    forget();
    onClose();
  };
  const yes = async () => {
    if (await run(onYes)) onClose();
  };
  return (
    <Dialog title={title} isOpen={isOpen} onClose={close}>
      <div className="text-ink-soft">{children}</div>
      <RefusedLine refused={doing.refused} />
      <DialogActions>
        <Button data-first onClick={close}>
          Cancel
        </Button>
        <Button look="sell" disabled={doing.isBusy} onClick={() => void yes()}>
          {action}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
