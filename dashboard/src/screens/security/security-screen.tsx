/** Your own sign-in: where you are signed in, password, second factor, keys for programs, what was done. */

import { Trail } from "../../people/trail";
import { useNode, usePeople } from "../../state/node";
import { useStore } from "../../state/store";
import { Panel } from "../../ui/panel";
import { KeysPanel } from "./keys-panel";
import { PasswordPanel } from "./password-panel";
import { SessionsPanel } from "./sessions-panel";
import { TwoFactorPanel } from "./two-factor-panel";

export default function SecurityScreen() {
  const market = useStore(useNode().market);
  const presence = useStore(usePeople().person.presence);
  if (presence.phase !== "person" || presence.session.user === null) return null;
  const { user, roles } = presence.session;
  const hasFactors = market.phase !== "ready" || market.capabilities.auth.second_factor;
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-2 lg:grid-cols-2">
      <div className="grid grid-cols-[minmax(0,1fr)] gap-2">
        <PasswordPanel email={user.email} />
        {hasFactors && <TwoFactorPanel email={user.email} />}
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
