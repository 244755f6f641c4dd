/** All users: who, what they may do, and what stands in their way. */

import type { Schemas } from "whisperer-client";
import { When } from "../../people/when";
import { rolesText } from "../../people/words";
import { Badge } from "../../ui/badge";

export type User = Schemas["UserBody"];

interface UserListProps {
  users: readonly User[];
  picked: User | null;
  ownId: string | undefined;
  onPick: (userId: string | null) => void;
}

export function UserList({ users, picked, ownId, onPick }: UserListProps) {
  return (
    <ul className="divide-y divide-line" data-testid="users">
      {users.map((user) => (
        <li key={user.user_id} className={user === picked ? "bg-accent-wash" : ""} data-testid="user">
          <button
            type="button"
            aria-pressed={user === picked}
            onClick={() => onPick(user === picked ? null : user.user_id)}
            className={`flex min-h-12 w-full flex-col justify-center px-3 py-1.5 text-left focus-visible:-outline-offset-2 ${user === picked ? "" : "hover:bg-hover"}`}
          >
            <span className="flex w-full flex-wrap items-center gap-x-2 gap-y-1">
              <span className="min-w-0 font-medium break-all">{user.email}</span>
              {user.user_id === ownId && <Badge tone="accent">You</Badge>}
              <Standing user={user} />
            </span>
            <span className="text-xs text-ink-soft">
              {rolesText(user.roles)}
              {user.signed_in_ms === null ? " · never signed in" : " · signed in "}
              {user.signed_in_ms !== null && <When ms={user.signed_in_ms} />}
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}

function Standing({ user }: { user: User }) {
  return (
    <>
      {user.is_disabled && <Badge tone="down">Disabled</Badge>}
      {user.must_change && <Badge tone="warn">New password due</Badge>}
      {user.has_second_factor && <Badge tone="up">Second factor</Badge>}
    </>
  );
}
