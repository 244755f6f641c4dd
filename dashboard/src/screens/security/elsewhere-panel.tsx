/** Password and second factor where the node keeps neither: says who does. */

import { Badge } from "../../ui/badge";
import { Panel } from "../../ui/panel";

interface ElsewherePanelProps {
  project: string;
  hasFactor: boolean;
}

export function ElsewherePanel({ project, hasFactor }: ElsewherePanelProps) {
  return (
    <Panel title="Password and second factor" actions={hasFactor && <Badge tone="up">Second factor on</Badge>}>
      <div className="flex flex-col gap-1 p-3 text-ink-soft" data-testid="elsewhere">
        <p>
          Email, password and second factor are kept by the Supabase project{" "}
          <span className="font-medium break-all text-ink">{project}</span>. Change them there.
        </p>
        <p>Sessions, API keys and what was done are kept by this node.</p>
      </div>
    </Panel>
  );
}
