/** What the order would do, as the node sees it; rooms for figures are there before the figures. */

import type { Instrument } from "whisperer-client";
import type { Foreseen } from "../../../../account/previewer";
import { amountText, moneyText, type OrderType, TYPE_HINTS } from "../../../../account/words";
import { Fact } from "../../../../ui/fact";
import { Exact } from "../../../../market/exact";

interface PreviewFactsProps {
  instrument: Instrument;
  foreseen: Foreseen;
  type: OrderType;
}

export function PreviewFacts({ instrument, foreseen: { preview, refused }, type }: PreviewFactsProps) {
  const money = (text: string | undefined) =>
    text === undefined ? "–" : `${moneyText(text)} ${preview?.currency ?? instrument.quote_currency}`;
  const price = preview?.price ? amountText(Exact.of(preview.price).to(instrument.price_precision).text) : "–";
  return (
    <div className="shrink-0 rounded-md bg-raised px-3 py-2" data-testid="preview">
      <dl className="grid grid-cols-2 gap-x-3 gap-y-1">
        <Fact label="Value">{money(preview?.notional)}</Fact>
        <Fact label="Expected price">{price}</Fact>
        <Fact label="Fee, about">{money(preview?.fee)}</Fact>
        <Fact label={instrument.kind === "spot" ? "Takes of your money" : "Margin it binds"}>
          {money(preview?.margin)}
        </Fact>
      </dl>
      <p
        role="status"
        title={refused?.message}
        className={`mt-1 line-clamp-2 h-9 text-xs ${refused ? "text-down" : "text-ink-faint"}`}
      >
        {refused?.message ?? TYPE_HINTS[type]}
      </p>
    </div>
  );
}
