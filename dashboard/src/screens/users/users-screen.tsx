/** For admins: the users of the node, what each may do, the audit trail, and the switch that stops everybody. */

import { useRule } from "../../people/rule";
import { go, href } from "../../shell/route";
import { useLoaded } from "../../state/loaded";
import { useNode, usePeople } from "../../state/node";
import { useStore } from "../../state/store";
import { Message, Waiting } from "../../ui/message";
import { Panel } from "../../ui/panel";
import { AuditPanel } from "./audit-panel";
import { NodeSwitch } from "./node-switch";
import { NewUser } from "./new-user";
import { UserPanel } from "./user-panel";
import { UserList } from "./user-list";

export default function UsersScreen({ params }: { params: readonly string[] }) {
  const { rest } = useNode();
  const presence = useStore(usePeople().person.presence);
  const { value, fault, reload } = useLoaded(() => rest.get("/api/v1/users"), [rest]);
  const { keeper, project } = useRule();
  const pick = (userId: string | null) => go(userId === null ? href("users") : href("users", userId));
  if (value === null && fault !== null) return <Message icon="alert" title={fault} />;
  if (value === null) return <Waiting label="Loading the users" rows={8} />;
  const users = value.items;
  const picked = users.find(({ user_id }) => user_id === params[0]) ?? null;
  const ownId = presence.phase === "person" ? presence.session.user?.user_id : undefined;
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-2 lg:grid-cols-2">
      <div className="grid grid-cols-[minmax(0,1fr)] gap-2">
        <Panel title={`Users (${users.length})`} actions={keeper === "node" && <NewUser onMade={reload} />}>
          <UserList users={users} picked={picked} ownId={ownId} onPick={pick} />
          {keeper === "supabase" && (
            <p className="border-t border-line px-3 py-2 text-xs text-ink-soft" data-testid="users-elsewhere">
              Users are made, changed and removed at the Supabase project{" "}
              <span className="font-medium break-all">{project}</span>. They appear here with their first sign-in.
            </p>
          )}
        </Panel>
        <NodeSwitch />
      </div>
      <div className="grid grid-cols-[minmax(0,1fr)] gap-2">
        {picked ? (
          <UserPanel
            key={picked.user_id}
            user={picked}
            isSelf={picked.user_id === ownId}
            onChange={reload}
            onGone={async () => {
              pick(null);
              await reload();
            }}
          />
        ) : (
          <Panel className="hidden lg:flex">
            <Message icon="people" title="Pick a user">
              {keeper === "supabase"
                ? "Roles, limits and sessions of one user stand here."
                : "Roles, limits, password and sessions of one user stand here."}
            </Message>
          </Panel>
        )}
      </div>
      <div className="lg:col-span-2">
        <AuditPanel users={users} picked={picked} />
      </div>
    </div>
  );
}
