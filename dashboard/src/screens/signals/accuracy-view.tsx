/** Whether predictions came true: a table of predictors, and of the chosen one its course and calibration. */

import { useEffect, useState } from "react";
import type { Schemas } from "whisperer-client";
import { type Loaded, useLoaded } from "../../state/loaded";
import { useNode } from "../../state/node";
import { Choice, type Option } from "../../ui/choice";
import { Fact } from "../../ui/fact";
import { Message, Waiting } from "../../ui/message";
import { AccuracyCurve } from "./accuracy-curve";
import { AccuracyFigures } from "./accuracy-figures";
import { type Accuracy, AccuracyTable, keyOf, percent, Verdict } from "./accuracy-table";
import { CalibrationChart } from "./calibration-chart";

type Sample = Accuracy["sample"];

const SAMPLES: readonly Option<Sample>[] = [
  { value: "live", label: "Live" },
  { value: "history", label: "History" },
];
const EVERY_MS = 30_000;

export function AccuracyView({ instrumentId }: { instrumentId: string }) {
  const [sample, setSample] = useState<Sample>("live");
  const loaded = useAccuracy(instrumentId);
  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-3 py-2 text-xs text-ink-faint">
        <Choice legend="Which predictions" options={SAMPLES} value={sample} onChange={setSample} />
        <p className="min-w-0 flex-1 basis-64">
          {sample === "live"
            ? "Of bars as they closed, the last seven days. Right: the barrier on its side came first."
            : "Computed from history at a start: a model may have learnt from these bars."}
        </p>
      </div>
      <Shown loaded={loaded} sample={sample} />
    </div>
  );
}

function Shown({ loaded, sample }: { loaded: Loaded<Schemas["AccuracyList"]>; sample: Sample }) {
  const [chosen, setChosen] = useState("");
  if (loaded.value === null) {
    if (loaded.fault === null) return <Waiting label="Loading accuracy" rows={6} />;
    return (
      <Message icon="alert" title="No accuracy to show">
        {loaded.fault}
      </Message>
    );
  }
  const ofSample = loaded.value.items.filter((item) => item.sample === sample);
  const items = ofSample.toSorted((a, b) => Number(b.predictor === "signal") - Number(a.predictor === "signal"));
  const item = items.find((one) => keyOf(one) === chosen) ?? items[0];
  if (item === undefined) {
    return (
      <Message icon="signals" title="Nothing has been predicted here yet">
        An outcome is known once the market has reached a barrier, or after the horizon.
      </Message>
    );
  }
  return (
    <>
      <AccuracyTable items={items} chosen={keyOf(item)} onChoose={setChosen} />
      <Detail item={item} />
    </>
  );
}

function Detail({ item }: { item: Accuracy }) {
  return (
    <section aria-label="Of the chosen predictor" data-testid="accuracy-detail" className="border-t border-line">
      <dl className="grid grid-cols-2 gap-x-4 gap-y-2 px-3 pt-3 sm:grid-cols-4 lg:grid-cols-8">
        <Fact label="Right">{`${percent(item.accuracy)} of ${item.count}`}</Fact>
        <Fact label="95 % interval">{item.low === null ? "–" : `${percent(item.low)} – ${percent(item.high)}`}</Fact>
        <Fact label="Not overlapping" title="The interval rests on these">
          {item.effective_count}
        </Fact>
        <Fact label="Baseline">
          {percent(item.baseline)} <Verdict item={item} />
        </Fact>
        <Fact label="Neutral">{item.neutral}</Fact>
        <Fact label="Abstained">{item.abstained}</Fact>
        <Fact label="Open">{item.open}</Fact>
        <Fact label="Unresolved" title="Bars that would have decided are missing">
          {item.unresolved}
        </Fact>
      </dl>
      {item.count > 0 ? (
        <>
          <div className="flex flex-col md:flex-row">
            <AccuracyCurve accuracy={item} />
            <CalibrationChart bins={item.calibration} />
          </div>
          <AccuracyFigures points={item.over_time} />
        </>
      ) : (
        <Message icon="chart" title="No outcome is known yet">
          It is once the market has reached a barrier, or after the horizon.
        </Message>
      )}
    </section>
  );
}

/** Sums of the last seven days of market time, read anew now and then. */
function useAccuracy(instrumentId: string): Loaded<Schemas["AccuracyList"]> {
  const { rest } = useNode();
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setTurn((before) => before + 1), EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  const query = instrumentId ? { instrument_id: instrumentId } : {};
  return useLoaded(() => rest.get("/api/v1/predictions/accuracy", query), [rest, instrumentId, turn]);
}
