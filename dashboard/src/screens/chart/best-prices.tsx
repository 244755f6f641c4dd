/** Best bid and ask, where the market tells them. */

import { grouped } from "../../market/decimal";
import { useNode } from "../../state/node";
import { Store } from "../../state/store";
import { useTaken } from "../../state/taken";
import { useCalm } from "../../state/ticking";

interface Quote {
  bid: string;
  ask: string;
}

const NO_QUOTE = new Store<Quote | null>(null);

/** The newest quote of an instrument, null where there is none. */
export function useQuote(instrumentId: string): Quote | null {
  const node = useNode();
  const feed = useTaken(() => node.quotes(instrumentId), [node, instrumentId]);
  return useCalm<Quote | null>((feed?.value as Store<Quote | null> | undefined) ?? NO_QUOTE, 200);
}

export function BestPrices({ quote: { bid, ask } }: { quote: Quote }) {
  return (
    <span className="flex gap-1.5 whitespace-nowrap" data-testid="best-prices">
      <span className="sr-only">Best bid</span>
      <span className="text-up">{grouped(bid)}</span>
      <span aria-hidden="true" className="text-ink-faint">
        /
      </span>
      <span className="sr-only">best ask</span>
      <span className="text-down">{grouped(ask)}</span>
    </span>
  );
}
