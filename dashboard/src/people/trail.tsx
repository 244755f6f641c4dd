/** The audit trail, newest first and page by page: one's own, for admins everybody's. */

import { useEffect, useMemo } from "react";
import type { Schemas } from "whisperer-client";
import { History } from "../account/history";
import { useNode } from "../state/node";
import { useStore } from "../state/store";
import { Button } from "../ui/button";
import { Message, Waiting } from "../ui/message";
import { Cell, Head, Row, Table } from "../ui/table";
import { When } from "./when";
import { actionText, detailText } from "./words";

type Entry = Schemas["AuditBody"];

export interface TrailFilter {
  user_id?: string;
  action?: string;
  start?: number;
  end?: number;
}

interface TrailProps {
  filter: TrailFilter;
  /** Whether it says who: in one's own trail that is oneself as a rule. */
  hasPeople: boolean;
}

export function Trail({ filter, hasPeople }: TrailProps) {
  const { rest } = useNode();
  const key = JSON.stringify(filter);
  const history = useMemo(
    () =>
      new History<Entry>(
        (question) => rest.get("/api/v1/audit", { ...filter, ...question }),
        ({ seq }) => String(seq),
      ),
    [rest, key],
  );
  const { phase, items, hasOlder, message } = useStore(history.state);
  useEffect(() => void history.refresh(), [history]);
  if (phase === "loading") return <Waiting label="Loading the audit trail" />;
  if (items.length === 0) return <Message icon="book" title={phase === "failed" ? message : "Nothing to tell"} />;
  return (
    <div className="min-w-0">
      <Table caption="Audit trail, newest first" testId="trail" head={headOf(hasPeople)}>
        {items.map((entry) => (
          <EntryRow key={entry.seq} entry={entry} hasPeople={hasPeople} />
        ))}
      </Table>
      <div className="flex justify-center gap-2 p-3">
        <Button onClick={() => void history.refresh()}>Look again</Button>
        {hasOlder && <Button onClick={() => void history.older()}>Show older</Button>}
      </div>
      {message && <p className="px-3 pb-3 text-xs text-down">{message}</p>}
    </div>
  );
}

function headOf(hasPeople: boolean) {
  return (
    <>
      <Head>Time</Head>
      <Head>What</Head>
      {hasPeople && <Head className="hidden sm:table-cell">By</Head>}
      {hasPeople && <Head className="hidden md:table-cell">To</Head>}
      <Head className="hidden md:table-cell">More</Head>
    </>
  );
}

function EntryRow({ entry, hasPeople }: { entry: Entry; hasPeople: boolean }) {
  const by = entry.actor_email || entry.actor;
  const to = entry.target_email || entry.target;
  const more = detailText(entry.detail);
  return (
    <Row testId="trail-entry">
      <Cell className="align-top whitespace-nowrap text-ink-faint">
        <When ms={entry.ts} hasSeconds />
      </Cell>
      <Cell className="align-top break-words">
        <span className="font-medium">{actionText(entry.action)}</span>
        {hasPeople && <span className="block text-ink-faint sm:hidden">{to && to !== by ? `${by} → ${to}` : by}</span>}
        {more && <span className="block break-words text-ink-faint md:hidden">{more}</span>}
      </Cell>
      {hasPeople && <Cell className="hidden align-top break-all sm:table-cell">{by}</Cell>}
      {hasPeople && <Cell className="hidden align-top break-words text-ink-soft md:table-cell">{to}</Cell>}
      <Cell className="hidden align-top break-words text-ink-soft md:table-cell">{more}</Cell>
    </Row>
  );
}
