/** One thing that a screen has the node do: whether it is under way, and why it was refused. */

import { useCallback, useEffect, useRef, useState } from "react";
import { refusedOfError, type Refused } from "../account/outcome";

export interface Doing {
  isBusy: boolean;
  refused: Refused | null;
}

const IDLE: Doing = { isBusy: false, refused: null };

/** Return what does it, how it stands, and what forgets a refusal. `run` tells whether it was done. */
export function useAction(): [(act: () => Promise<unknown>) => Promise<boolean>, Doing, () => void] {
  const [doing, setDoing] = useState(IDLE);
  const isShown = useRef(true);
  useEffect(() => {
    isShown.current = true;
    return () => {
      isShown.current = false;
    };
  }, []);
  const run = useCallback(async (act: () => Promise<unknown>) => {
    const say = (next: Doing) => isShown.current && setDoing(next);
    say({ isBusy: true, refused: null });
    try {
      await act();
      say(IDLE);
      return true;
    } catch (error) {
      say({ isBusy: false, refused: refusedOfError(error) });
      return false;
    }
  }, []);
  return [run, doing, useCallback(() => setDoing(IDLE), [])];
}
