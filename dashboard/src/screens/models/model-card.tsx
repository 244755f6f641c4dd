/** One model: its samples apart, what it is compared with, its report, and what may be done with it. */

import { useState } from "react";
import { When } from "../../people/when";
import { useNode, useRole } from "../../state/node";
import { Badge, type Tone } from "../../ui/badge";
import { Button } from "../../ui/button";
import { Confirm } from "../../ui/confirm";
import { Cell, Head, Row, Table } from "../../ui/table";
import { againstText, type Line, linesOf, rivalOf } from "./comparison";
import { figure, hasEarlier, type Model } from "./models";
import { ReportButton } from "./report-view";

const TONES: Record<Model["state"], Tone> = { promoted: "up", earlier: "plain", candidate: "accent" };

interface Props {
  model: Model;
  onChanged: () => Promise<void>;
}

export function ModelCard({ model, all, onChanged }: Props & { all: readonly Model[] }) {
  const isAdmin = useRole("admin");
  const rival = rivalOf(model, all);
  const against = againstText(model);
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
      <Samples model={model} rival={rival} />
      {rival && <p className="mt-1 text-ink-faint">{`Promoted now is ${rival.model_id}; its figures are of the bars it had not seen, in part others.`}</p>}
      {against !== null && <p className="mt-1 text-ink-soft">{against}</p>}
      <p className="mt-1 break-words text-ink-soft">{model.reason}</p>
      <div className="mt-1 flex flex-wrap gap-2">
        <ReportButton model={model} />
        {isAdmin && <Changes model={model} onChanged={onChanged} />}
      </div>
    </li>
  );
}

const FIGURES = [
  ["log_loss", (sample: Line["sample"]) => figure(sample, "log_loss", 4)],
  ["auc", (sample: Line["sample"]) => figure(sample, "auc")],
  ["accuracy", (sample: Line["sample"]) => (typeof sample?.accuracy === "number" ? percent(sample.accuracy) : "–")],
] as const;

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

/** What is no evidence steps back, what is stands out. */
function lookOf(isOwn: boolean, isUnseen: boolean): string {
  if (!isUnseen) return "text-ink-faint";
  return isOwn ? "font-semibold" : "";
}

function Samples({ model, rival }: { model: Model; rival: Model | undefined }) {
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
      {linesOf(model, rival).map(({ name, sample, isUnseen, isOwn }) => (
        <Row key={name}>
          <Cell className={lookOf(isOwn, isUnseen)}>{name}</Cell>
          {FIGURES.map(([key, text]) => (
            <Cell key={key} isFigure className={lookOf(isOwn, isUnseen)}>
              {text(sample)}
            </Cell>
          ))}
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
    <>
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
    </>
  );
}
