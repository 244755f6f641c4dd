/** The user's strategies: start one of the catalogue, stop, configure, see why one was retired. */

import { useEffect, useState } from "react";
import type { StrategyKind } from "whisperer-client";
import { type NodeClient, useNode } from "../../state/node";
import { useStore } from "../../state/store";
import { useCalm } from "../../state/ticking";
import { Message, Waiting } from "../../ui/message";
import { Panel } from "../../ui/panel";
import { NewStrategy } from "./new-strategy";
import { StrategyRow } from "./strategy-row";

export default function StrategiesScreen() {
  const node = useNode();
  const phase = useStore(node.account.phase);
  const trader = useCalm(node.account.trader, 250);
  const catalogue = useCatalogue(node);
  if (phase === "none") return <Message icon="strategy" title="This node takes no orders of yours" />;
  if (trader === null || catalogue === null) return <Waiting label="Loading the strategies" rows={8} />;
  const { strategies } = trader;
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-2 lg:grid-cols-[minmax(0,2fr)_minmax(0,1fr)]">
      <Panel title="Your strategies">
        {strategies.length === 0 ? (
          <Message icon="strategy" title="None yet">
            A strategy trades for you: it follows the signals and sends orders of its own.
          </Message>
        ) : (
          <ul className="divide-y divide-line" data-testid="strategies">
            {strategies.map((strategy) => (
              <StrategyRow key={strategy.name} strategy={strategy} catalogue={catalogue} />
            ))}
          </ul>
        )}
      </Panel>
      <Panel title="Start a strategy">
        <NewStrategy catalogue={catalogue} taken={strategies.map(({ name }) => name)} />
      </Panel>
    </div>
  );
}

const RETRY_MS = 3_000;

/** The kinds that there are; asked for until the node answers. */
function useCatalogue({ rest }: NodeClient): readonly StrategyKind[] | null {
  const [kinds, setKinds] = useState<readonly StrategyKind[] | null>(null);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isWanted = true;
    const ask = () => {
      rest.get("/api/v1/strategies/catalogue").then(
        ({ items }) => isWanted && setKinds(items),
        () => {
          if (isWanted) timer = setTimeout(ask, RETRY_MS);
        },
      );
    };
    ask();
    return () => {
      isWanted = false;
      clearTimeout(timer);
    };
  }, [rest]);
  return kinds;
}
