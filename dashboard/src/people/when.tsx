/** A wall time in the zone that the user has chosen. */

import { moment } from "../market/time";
import { zone as zoneSetting } from "../state/settings";
import { useStore } from "../state/store";

export function When({ ms, hasSeconds = false }: { ms: number; hasSeconds?: boolean }) {
  const zone = useStore(zoneSetting);
  return <time dateTime={new Date(ms).toISOString()}>{moment(ms, zone, hasSeconds)}</time>;
}
