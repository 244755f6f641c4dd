/** A gain or loss: its sign says it, the colour helps. */

import type { Exact } from "../../market/exact";
import { signedText } from "../pnl";

interface PnlTextProps {
  value: Exact | null;
  /** Decimal places. */
  places?: number;
}

export function PnlText({ value, places = 2 }: PnlTextProps) {
  if (value === null) return <span className="text-ink-faint">–</span>;
  const sign = value.to(places).sign;
  const look = sign > 0 ? "text-up" : sign < 0 ? "text-down" : "text-ink-soft";
  return <span className={`font-medium ${look}`}>{signedText(value, places)}</span>;
}
