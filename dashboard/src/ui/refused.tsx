/** Why something was not done, in the node's words. */

import type { Refused } from "../account/outcome";

export function RefusedLine({ refused, className = "" }: { refused: Refused | null; className?: string }) {
  return refused === null ? null : (
    <p role="alert" className={`text-xs break-words text-down ${className}`}>
      {refused.message}
    </p>
  );
}
