/** The page: the screen of the address within the shell. */

import { useEffect } from "react";
import { isFor, screenOf } from "./screens";
import { href, useRoute } from "./shell/route";
import { Shell } from "./shell/shell";
import { usePeople } from "./state/node";
import { useStore } from "./state/store";
import { Message } from "./ui/message";

export function App() {
  const route = useRoute();
  const presence = useStore(usePeople().person.presence);
  const found = screenOf(route.screen);
  const screen = found && isFor(found, presence) ? found : null;
  useEffect(() => {
    document.title = screen ? `${screen.title} · Whisperer` : "Whisperer";
  }, [screen]);
  return (
    <Shell current={screen}>
      {screen ? (
        <screen.Component params={route.params} />
      ) : (
        <Message
          icon="alert"
          title="There is no such screen"
          action={
            <a className="target inline-flex items-center font-medium text-accent underline" href={href("chart")}>
              To the chart
            </a>
          }
        />
      )}
    </Shell>
  );
}
