/** Trained models: train one, watch it, compare its figures with the baseline's, promote it, go back. */

import { useEffect, useState } from "react";
import { useLoaded } from "../../state/loaded";
import { useNode, useRole } from "../../state/node";
import { Message, Waiting } from "../../ui/message";
import { Panel } from "../../ui/panel";
import { JobList } from "./job-list";
import { ModelCard } from "./model-card";
import { TrainForm } from "./train-form";

const NO_JOBS = { items: [], next: null };

export default function ModelsScreen() {
  const node = useNode();
  const isTrader = useRole("trader");
  const [told, setTold] = useState(0);
  const models = useLoaded(() => node.rest.get("/api/v1/models", { limit: 50 }), [node]);
  const jobs = useLoaded(
    () => (isTrader ? node.rest.get("/api/v1/jobs", { limit: 10 }) : Promise.resolve(NO_JOBS)),
    [node, isTrader],
  );
  const { reload: reloadModels } = models;
  const { reload: reloadJobs } = jobs;
  useEffect(() => {
    if (!isTrader) return;
    return node.connection.subscribe("jobs", () => setTold((count) => count + 1));
  }, [node, isTrader]);
  useEffect(() => {
    if (told === 0) return;
    void reloadJobs();
    void reloadModels();
  }, [told]);
  if (models.value === null) {
    return models.fault ? <Message icon="alert" title={models.fault} /> : <Waiting label="Loading the models" />;
  }
  return (
    <div className="grid items-start gap-2 lg:grid-cols-[minmax(0,1fr)_22rem]" data-testid="models">
      <Panel title="Models">
        {models.value.items.length === 0 ? (
          <Message title="No model has been trained yet" />
        ) : (
          <ul className="divide-y divide-line">
            {models.value.items.map((model, _, all) => (
              <ModelCard key={model.model_id} model={model} all={all} onChanged={reloadModels} />
            ))}
          </ul>
        )}
      </Panel>
      {isTrader && (
        <div className="flex min-w-0 flex-col gap-2">
          <TrainForm onBegun={reloadJobs} />
          <JobList jobs={jobs.value?.items ?? []} onChanged={reloadJobs} />
        </div>
      )}
    </div>
  );
}
