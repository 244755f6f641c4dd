/** Buy or sell: a word and a colour. */

import type { Order } from "whisperer-client";

export function SideWord({ side }: { side: Order["side"] }) {
  return (
    <span className={`font-semibold ${side === "buy" ? "text-up" : "text-down"}`}>{side === "buy" ? "Buy" : "Sell"}</span>
  );
}
