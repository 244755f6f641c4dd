/** One model: its samples apart and beside the baseline, and what may be done with it. */

import { useState } from "react";
import { When } from "../../people/when";
import { useNode, useRole } from "../../state/node";
import { Badge, type Tone } from "../../ui/badge";
import { Button } from "../../ui/button";
import { Confirm } from "../../ui/confirm";
import { Cell, Head, Row, Table } from "../../ui/table";
import { figure, hasEarlier, type Model } from "./models";

const TONES: Record<Model["state"], Tone> = { promoted: "up", earlier: "plain", candidate: "accent" };

interface Props {
  model: Model;
  onChanged: () => Promise<void>;
}

export function ModelCard({ model, onChanged }: Props) {
  const isAdmin = useRole("admin");
  return (
    <li className="px-3 py-2 text-xs" data-testid="model">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <span className="font-medium">{`${model.kind} on ${model.instrument_id} ${model.interval}`}</span>
        <Badge tone={TONES[model.state]}>{model.state}</Badge>
      </div>
      <p className="break-words text-ink-faint">
        <When ms={model.ts} />
        {` · ${model.model_id} · edge: ${String(model.edge.verdict ?? "unknown")}`}
      </p>
      <Samples model={model} />
      <p className="mt-1 break-words text-ink-soft">{model.reason}</p>
      {isAdmin && <Changes model={model} onChanged={onChanged} />}
    </li>
  );
}

function Samples({ model }: { model: Model }) {
  const rows = [
    ["Training", model.training],
    ["Validation", model.validation],
    ["Out of sample", model.out_of_sample],
    ["Always the same answer", model.baselines.majority],
  ] as const;
  const head = (
    <>
      <Head>Sample</Head>
      <Head isFigure>Log-loss</Head>
      <Head isFigure>AUC</Head>
      <Head isFigure>Right</Head>
    </>
  );
  return (
    <Table caption={`Figures of ${model.model_id}`} testId="samples" head={head}>
      {rows.map(([name, sample]) => (
        <Row key={name}>
          <Cell>{name}</Cell>
          <Cell isFigure>{figure(sample, "log_loss", 4)}</Cell>
          <Cell isFigure>{figure(sample, "auc")}</Cell>
          <Cell isFigure>{figure(sample, "accuracy")}</Cell>
        </Row>
      ))}
    </Table>
  );
}

function Changes({ model, onChanged }: Props) {
  const { rest } = useNode();
  const [asked, setAsked] = useState<"promote" | "rollback" | null>(null);
  const { model_id, instrument_id, interval, kind } = model;
  const change = async () => {
    if (asked === "promote") await rest.send("post", "/api/v1/models/{model_id}/promote", undefined, { model_id });
    else await rest.send("post", "/api/v1/models/rollback", { instrument_id, interval: interval as "5m", kind });
    await onChanged();
  };
  return (
    <div className="mt-1 flex flex-wrap gap-2">
      {model.state !== "promoted" && model.is_promotable && (
        <Button onClick={() => setAsked("promote")}>Promote</Button>
      )}
      {hasEarlier(model) && <Button onClick={() => setAsked("rollback")}>Roll back</Button>}
      <Confirm
        title={asked === "rollback" ? "Go back to the model before?" : "Use this model?"}
        isOpen={asked !== null}
        action={asked === "rollback" ? "Roll back" : "Promote"}
        onYes={change}
        onClose={() => setAsked(null)}
      >
        {`From the next bar on, ${kind} of ${instrument_id} ${interval} will be ${
          asked === "rollback" ? "the model that was promoted before" : model_id
        }.`}
      </Confirm>
    </div>
  );
}
