/** Your own sign-in: where you are signed in, password, second factor, keys for programs, what was done. */

import { useRule } from "../../people/rule";
import { Trail } from "../../people/trail";
import { usePeople } from "../../state/node";
import { useStore } from "../../state/store";
import { Panel } from "../../ui/panel";
import { ElsewherePanel } from "./elsewhere-panel";
import { KeysPanel } from "./keys-panel";
import { PasswordPanel } from "./password-panel";
import { SessionsPanel } from "./sessions-panel";
import { TwoFactorPanel } from "./two-factor-panel";

export default function SecurityScreen() {
  const presence = useStore(usePeople().person.presence);
  const { keeper, project } = useRule();
  if (presence.phase !== "person" || presence.session.user === null) return null;
  const { user, roles } = presence.session;
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-2 lg:grid-cols-2">
      <div className="grid grid-cols-[minmax(0,1fr)] gap-2">
        {keeper === "supabase" && <ElsewherePanel project={project} hasFactor={user.has_second_factor} />}
        {keeper === "node" && <PasswordPanel email={user.email} />}
        {keeper === "node" && <TwoFactorPanel email={user.email} />}
        <KeysPanel roles={roles} />
      </div>
      <div className="grid grid-cols-[minmax(0,1fr)] gap-2">
        <SessionsPanel />
        <Panel title="What was done">
          <Trail filter={{ user_id: user.user_id }} hasPeople={false} />
        </Panel>
      </div>
    </div>
  );
}
