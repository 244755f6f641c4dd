/** The newest jobs: how far each is, why it failed, and a way to cancel it. */

import { When } from "../../people/when";
import { useAction } from "../../state/action";
import { useNode } from "../../state/node";
import { Badge, type Tone } from "../../ui/badge";
import { Button } from "../../ui/button";
import { Panel } from "../../ui/panel";
import { RefusedLine } from "../../ui/refused";
import { type Job, standing } from "./models";

const TONES: Record<Job["state"], Tone> = { running: "accent", finished: "up", failed: "down", cancelled: "plain" };

interface Props {
  jobs: readonly Job[];
  onChanged: () => Promise<void>;
}

export function JobList({ jobs, onChanged }: Props) {
  return (
    <Panel title="Trainings">
      {jobs.length === 0 && <p className="px-3 py-3 text-xs text-ink-faint">None was begun yet.</p>}
      <ul className="divide-y divide-line">
        {jobs.map((job) => (
          <JobRow key={job.job_id} job={job} onChanged={onChanged} />
        ))}
      </ul>
    </Panel>
  );
}

function JobRow({ job, onChanged }: { job: Job; onChanged: () => Promise<void> }) {
  const { rest } = useNode();
  const [run, doing] = useAction();
  const cancel = async () => {
    try {
      await rest.send("delete", "/api/v1/jobs/{job_id}", undefined, { job_id: job.job_id });
    } finally {
      await onChanged();
    }
  };
  return (
    <li className="px-3 py-2 text-xs" data-testid="job">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <span className="min-w-0 font-medium">{`${job.model} on ${job.instrument_id} ${job.interval}`}</span>
        <Badge tone={TONES[job.state]}>{job.state}</Badge>
      </div>
      <p className="break-words text-ink-soft">{standing(job)}</p>
      <div className="flex items-center justify-between gap-2 text-ink-faint">
        <When ms={job.ts} />
        {job.state === "running" && (
          <Button disabled={doing.isBusy} onClick={() => void run(cancel)}>
            Cancel
          </Button>
        )}
      </div>
      <RefusedLine refused={doing.refused} />
    </li>
  );
}
