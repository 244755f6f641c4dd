/** The report of a training, read within the page: it was written by another process, so nothing in it may run. */

import { useState } from "react";
import { save } from "../../account/csv";
import { useLoaded } from "../../state/loaded";
import { useNode } from "../../state/node";
import { Button } from "../../ui/button";
import { Dialog, DialogActions } from "../../ui/dialog";
import { Message, Waiting } from "../../ui/message";
import type { Model } from "./models";

/** A button that opens the report of a model. */
export function ReportButton({ model }: { model: Model }) {
  const [isOpen, setOpen] = useState(false);
  if (model.report === null) return null;
  const close = () => setOpen(false);
  return (
    <>
      <Button aria-label={`Report of ${model.model_id}`} onClick={() => setOpen(true)}>
        Report
      </Button>
      <Dialog title={`Training of ${model.kind} on ${model.instrument_id} ${model.interval}`} isOpen={isOpen} isWide onClose={close}>
        <Report modelId={model.model_id} onClose={close} />
      </Dialog>
    </>
  );
}

function Report({ modelId, onClose }: { modelId: string; onClose: () => void }) {
  const { rest } = useNode();
  const { value, fault } = useLoaded(
    () => rest.text("/api/v1/models/{model_id}/report", { model_id: modelId }),
    [rest, modelId],
  );
  return (
    <>
      <div className="flex min-h-0 flex-1 flex-col overflow-hidden rounded-md border border-line">
        {value !== null && (
          // sandboxed without a word: no scripts, no forms, no way into the page around it
          <iframe sandbox="" srcDoc={value} title={`Report of ${modelId}`} className="h-full w-full" data-testid="report" />
        )}
        {value === null && fault === null && <Waiting label="Loading the report" />}
        {value === null && fault !== null && (
          <Message icon="alert" title="No report">
            {fault}
          </Message>
        )}
      </div>
      <DialogActions>
        {value !== null && <Button onClick={() => save(`${modelId}.html`, value)}>Save</Button>}
        <Button data-first onClick={onClose}>
          Close
        </Button>
      </DialogActions>
    </>
  );
}
