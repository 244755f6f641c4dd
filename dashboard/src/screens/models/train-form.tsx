/** What to train: an instrument and a kind of model; the rest stands in the node's configuration. */

import { type FormEvent, useState } from "react";
import { useAction } from "../../state/action";
import { useInstruments } from "../../state/instruments";
import { useNode } from "../../state/node";
import { Button } from "../../ui/button";
import { Panel } from "../../ui/panel";
import { Picker } from "../../ui/picker";
import { RefusedLine } from "../../ui/refused";

const KINDS = [
  { value: "gbt", label: "Boosted trees" },
  { value: "lstm", label: "Network" },
] as const;

export function TrainForm({ onBegun }: { onBegun: () => Promise<void> }) {
  const { rest } = useNode();
  const instruments = useInstruments();
  const [chosen, setChosen] = useState("");
  const [kind, setKind] = useState<"gbt" | "lstm">("gbt");
  const [run, doing] = useAction();
  const instrumentId = chosen || instruments[0]?.instrument_id || "";
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void run(async () => {
      await rest.send("post", "/api/v1/jobs", { instrument_id: instrumentId, model: kind });
      await onBegun();
    });
  };
  return (
    <Panel title="Train a model">
      <form onSubmit={submit} className="flex flex-wrap items-center gap-2 p-3">
        <Picker
          label="Instrument"
          className="w-full min-w-0"
          options={instruments.map(({ instrument_id }) => ({ value: instrument_id, label: instrument_id }))}
          value={instrumentId}
          onChange={setChosen}
        />
        <Picker
          label="Kind"
          className="min-w-0 flex-1"
          options={KINDS}
          value={kind}
          onChange={(value) => setKind(value === "lstm" ? "lstm" : "gbt")}
        />
        <Button type="submit" look="strong" disabled={doing.isBusy || instrumentId === ""}>
          Train
        </Button>
        <RefusedLine refused={doing.refused} className="w-full" />
      </form>
    </Panel>
  );
}
