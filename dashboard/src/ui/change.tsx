/** A change with its direction in colour, sign and arrow. */

import { direction } from "../market/decimal";
import { Icon } from "./icon";

const LOOKS = { up: "text-up", down: "text-down", flat: "text-ink-soft" };

export function Change({ from, to, children }: { from: string; to: string; children: string }) {
  const way = direction(from, to);
  return (
    <span className={`inline-flex items-center gap-0.5 font-medium ${LOOKS[way]}`}>
      {way !== "flat" && <Icon name={way} className="size-3.5" />}
      {children}
    </span>
  );
}
