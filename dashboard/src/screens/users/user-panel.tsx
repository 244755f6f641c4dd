/** One user: roles, standing, password and second factor, limits, sessions, and the end. */

import { useState } from "react";
import { useRule } from "../../people/rule";
import { SessionList } from "../../people/session-list";
import { rolesText } from "../../people/words";
import { useAction } from "../../state/action";
import { useLoaded } from "../../state/loaded";
import { useNode } from "../../state/node";
import { Button } from "../../ui/button";
import { Message, Waiting } from "../../ui/message";
import { Panel } from "../../ui/panel";
import { RefusedLine } from "../../ui/refused";
import { CeilingList } from "./ceiling-list";
import { RoleChoice, type RoleName } from "./role-choice";
import { UserActions } from "./user-actions";
import type { User } from "./user-list";

interface UserPanelProps {
  user: User;
  isSelf: boolean;
  onChange: () => Promise<void>;
  onGone: () => Promise<void>;
}

export function UserPanel({ user, isSelf, onChange, onGone }: UserPanelProps) {
  const { keeper } = useRule();
  return (
    <Panel title={user.email}>
      <div className="flex flex-col gap-4 border-b border-line p-3" data-testid="user-panel">
        {keeper === "supabase" && <RolesElsewhere roles={user.roles} />}
        {keeper === "node" && <Roles user={user} isSelf={isSelf} onChange={onChange} />}
        <UserActions user={user} isSelf={isSelf} onChange={onChange} onGone={onGone} />
      </div>
      {user.roles.includes("trader") && (
        <section className="border-b border-line">
          <h3 className="px-3 pt-2 text-xs font-medium">The most that the limits may be set to</h3>
          <CeilingList userId={user.user_id} />
        </section>
      )}
      <section>
        <h3 className="px-3 pt-2 text-xs font-medium">Signed in</h3>
        <Sessions userId={user.user_id} />
      </section>
    </Panel>
  );
}

/** Roles that only the project's owner can change. */
function RolesElsewhere({ roles }: { roles: readonly string[] }) {
  return (
    <div data-testid="roles-elsewhere">
      <h3 className="text-xs text-ink-faint">Roles</h3>
      <p className="font-medium">{rolesText(roles)}</p>
      <p className="mt-1 text-xs text-ink-soft">
        They are <code className="font-mono">app_metadata.roles</code> of the user at Supabase. A change there counts
        with the next token, when the user signs in or the sign-in is renewed.
      </p>
    </div>
  );
}

function Roles({ user, isSelf, onChange }: { user: User; isSelf: boolean; onChange: () => Promise<void> }) {
  const { rest } = useNode();
  const [run, doing] = useAction();
  const [roles, setRoles] = useState<RoleName[]>([...user.roles]);
  const { user_id } = user;
  const isOther = (["trader", "admin"] as const).some((role) => roles.includes(role) !== user.roles.includes(role));
  const save = async () => {
    await rest.send("patch", "/api/v1/users/{user_id}", { roles }, { user_id });
    await onChange();
  };
  return (
    <div className="flex flex-col gap-2">
      <RoleChoice roles={roles} onChange={setRoles} isOff={doing.isBusy} />
      {isOther && (
        <div className="flex flex-wrap items-center gap-2">
          <Button look="strong" disabled={doing.isBusy} onClick={() => void run(save)}>
            Save the roles
          </Button>
          <Button onClick={() => setRoles([...user.roles])}>Cancel</Button>
          {isSelf && <span className="text-xs text-warn">These are your own: fewer roles sign you out.</span>}
        </div>
      )}
      <RefusedLine refused={doing.refused} />
    </div>
  );
}

function Sessions({ userId: user_id }: { userId: string }) {
  const { rest } = useNode();
  const path = "/api/v1/users/{user_id}/sessions";
  const { value, fault, reload } = useLoaded(() => rest.get(path, { user_id }), [rest, user_id]);
  const end = async ({ session_id }: { session_id: string }) => {
    await rest.send("delete", `${path}/{session_id}`, undefined, { user_id, session_id });
    await reload();
  };
  if (value) return <SessionList sessions={value.items} onEnd={end} />;
  return fault ? <Message icon="alert" title={fault} /> : <Waiting label="Loading the sessions" rows={2} />;
}
