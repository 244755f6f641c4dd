/** The audit log of the node: everybody's, or of the user that is picked, narrowed by action and day. */

import { useState } from "react";
import { Trail, type TrailFilter } from "../../people/trail";
import { ACTION_CHOICES } from "../../people/words";
import { Check, Field } from "../../ui/field";
import { Panel } from "../../ui/panel";
import { Picker } from "../../ui/picker";
import type { User } from "./user-list";

const GROUPS = [
  { value: "", label: "Everything" },
  { value: "auth", label: "Signing in" },
  { value: "user", label: "Users" },
  { value: "trader", label: "Trading" },
  { value: "strategy", label: "Strategies" },
  { value: "limits", label: "Limits" },
  { value: "node", label: "The node" },
];
const DAY_MS = 86_400_000;

export function AuditPanel({ users, picked }: { users: readonly User[]; picked: User | null }) {
  const [action, setAction] = useState("");
  const [day, setDay] = useState("");
  const [isOfAll, setOfAll] = useState(false);
  const filter: TrailFilter = {
    ...(action !== "" && { action }),
    ...(picked && !isOfAll && { user_id: picked.user_id }),
    ...spanOf(day),
  };
  return (
    <Panel title={picked && !isOfAll ? `Audit log of ${picked.email}` : "Audit log"}>
      <div className="flex flex-wrap items-end gap-3 border-b border-line px-3 py-2">
        <Picker
          label="What"
          className="min-w-40 flex-1 sm:max-w-72"
          value={action}
          onChange={setAction}
          options={[...GROUPS, ...ACTION_CHOICES]}
        />
        <Field
          className="w-40"
          label="Day"
          type="date"
          value={day}
          onChange={(event) => setDay(event.target.value)}
        />
        {picked && users.length > 1 && <Check label="Of all users" isChecked={isOfAll} onChange={setOfAll} />}
      </div>
      <Trail filter={filter} hasPeople />
    </Panel>
  );
}

/** A day of the browser's zone, as the times of its begin and end. */
function spanOf(day: string): TrailFilter {
  const start = day === "" ? NaN : new Date(`${day}T00:00`).getTime();
  return Number.isNaN(start) ? {} : { start, end: start + DAY_MS };
}
