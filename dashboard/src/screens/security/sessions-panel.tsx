/** Your sessions, and what ends all but this one. */

import { SessionList } from "../../people/session-list";
import { useAction } from "../../state/action";
import { useLoaded } from "../../state/loaded";
import { useNode } from "../../state/node";
import { Button } from "../../ui/button";
import { Message, Waiting } from "../../ui/message";
import { Panel } from "../../ui/panel";
import { RefusedLine } from "../../ui/refused";

export function SessionsPanel() {
  const { rest } = useNode();
  const { value, fault, reload } = useLoaded(() => rest.get("/api/v1/sessions"), [rest]);
  const [run, doing] = useAction();
  const others = async () => {
    await rest.send("post", "/api/v1/session/end", { which: "others" });
    await reload();
  };
  const end = async ({ session_id }: { session_id: string }) => {
    await rest.send("delete", "/api/v1/sessions/{session_id}", undefined, { session_id });
    await reload();
  };
  const hasOthers = value?.items.some((one) => !one.is_current) ?? false;
  return (
    <Panel
      title="Where you are signed in"
      actions={
        hasOthers && (
          <Button disabled={doing.isBusy} onClick={() => void run(others)}>
            End the others
          </Button>
        )
      }
    >
      <RefusedLine refused={doing.refused} className="p-3" />
      {value ? (
        <SessionList sessions={value.items} onEnd={end} />
      ) : fault ? (
        <Message icon="alert" title={fault} />
      ) : (
        <Waiting label="Loading the sessions" rows={3} />
      )}
    </Panel>
  );
}
