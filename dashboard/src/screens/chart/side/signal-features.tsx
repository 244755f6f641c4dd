/** The numbers that the predictors saw at a signal's bar. */

import { useEffect, useState } from "react";
import type { Signal } from "whisperer-client";
import { type NodeClient, useNode } from "../../../state/node";
import { Icon } from "../../../ui/icon";

type Seen = { state: "loading" } | { state: "failed"; why: string } | { state: "ready"; pairs: readonly Pair[] };
type Pair = readonly [name: string, value: number];

export function SignalFeatures({ signal }: { signal: Signal }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details
      className="group mt-3 rounded-md border border-line"
      onToggle={(event) => setOpen(event.currentTarget.open)}
      data-testid="features"
    >
      <summary className="target flex items-center gap-1.5 px-2 text-xs font-medium">
        <Icon name="chevron" className="size-4 -rotate-90 group-open:rotate-0" />
        What the predictors saw
      </summary>
      {isOpen && <Features signal={signal} />}
    </details>
  );
}

function Features({ signal }: { signal: Signal }) {
  const seen = useSeen(signal);
  if (seen.state !== "ready") {
    return (
      <p className="border-t border-line p-2 text-xs text-ink-faint">
        {seen.state === "loading" ? "Loading …" : seen.why}
      </p>
    );
  }
  if (seen.pairs.length === 0) {
    return (
      <p className="border-t border-line p-2 text-xs text-ink-faint">Too few bars before this one: nothing yet.</p>
    );
  }
  return (
    <dl className="grid grid-cols-1 gap-x-4 border-t border-line p-2 text-xs">
      {seen.pairs.map(([name, value]) => (
        <div key={name} className="flex justify-between gap-3">
          <dt className="truncate text-ink-soft">{name}</dt>
          <dd className="font-medium">{featureText(value)}</dd>
        </div>
      ))}
    </dl>
  );
}

function useSeen(signal: Signal): Seen {
  const node = useNode();
  const [seen, setSeen] = useState<Seen>({ state: "loading" });
  useEffect(() => {
    let isWanted = true;
    const say = (next: Seen) => isWanted && setSeen(next);
    setSeen({ state: "loading" });
    featuresOf(node, signal).then(
      (pairs) => say({ state: "ready", pairs }),
      (error: Error) => say({ state: "failed", why: error.message }),
    );
    return () => {
      isWanted = false;
    };
  }, [node, signal]);
  return seen;
}

async function featuresOf(node: NodeClient, { instrument_id, interval, ts_bar }: Signal): Promise<Pair[]> {
  const question = { instrument_id, interval, start: ts_bar, end: ts_bar + 1, include_features: true };
  const [page, schemas] = await Promise.all([node.rest.get("/api/v1/signals", question), node.featureSchemas()]);
  const item = page.items.find((one) => one.ts_bar === ts_bar);
  if (!item) throw new Error("The node no longer keeps them.");
  const names = schemas.find((one) => one.feature_schema === item.feature_schema)?.names ?? [];
  return (item.features ?? []).map((value, index) => [names[index] ?? `number ${index + 1}`, value]);
}

/** Four significant digits, with a sign where there is one. */
function featureText(value: number): string {
  return value === 0 ? "0" : String(Number(value.toPrecision(4)));
}
