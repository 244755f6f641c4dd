/** Plays the market: pause, step, speed; a recording can also be jumped in. */

import { type ReactNode, useEffect, useMemo } from "react";
import { Player, type PlayerState } from "../market/player";
import { useNode, useRole } from "../state/node";
import { useStore } from "../state/store";
import { Button } from "../ui/button";
import { Icon, type IconName } from "../ui/icon";
import { Picker } from "../ui/picker";
import { Progress } from "./progress";

const LOOK_EVERY_MS = 2_000;
const SPEEDS = [1, 2, 5, 10, 20, 60, 300, 1_000, 0];

/** What plays this market, looked after for as long as it is shown. */
export function usePlayer(): Player {
  const { rest, status } = useNode();
  const player = useMemo(() => new Player(rest), [rest]);
  useEffect(() => {
    const look = () => void player.look();
    look();
    const timer = setInterval(look, LOOK_EVERY_MS);
    let known = "";
    const unwatch = status.watch(() => {
      const { paused, speed, feed } = status.get() ?? {};
      const now = JSON.stringify([paused, speed, feed]);
      if (now !== known) look();
      known = now;
    });
    return () => {
      clearInterval(timer);
      unwatch();
    };
  }, [player, status]);
  return player;
}

/** The bar above the charts of a recording. */
export function PlayerBar() {
  const player = usePlayer();
  const state = useStore(player.state);
  const mayPlay = useRole("admin");
  if (!state?.replay || !mayPlay) return null;
  return (
    <section
      aria-label="Replay"
      data-testid="player"
      className="flex flex-wrap items-center gap-x-3 gap-y-2 rounded-lg border border-line bg-surface px-3 py-1.5 shadow-panel"
    >
      <PlayerControls player={player} state={state} />
      <Progress player={player} state={state} />
      <Refusal player={player} />
    </section>
  );
}

export function Refusal({ player }: { player: Player }) {
  const refusal = useStore(player.refusal);
  const held = useStore(player.held);
  if (refusal === null) return null;
  if (held === null) {
    return (
      <p role="alert" className="w-full text-xs text-down">
        {refusal}
      </p>
    );
  }
  return (
    <div role="alert" className="flex w-full flex-wrap items-center gap-x-3 gap-y-1 text-xs text-warn">
      <span>Orders or positions are open and cannot follow to another time.</span>
      <Button onClick={() => void player.beginAnew()}>Drop them and begin a new account</Button>
    </div>
  );
}

export function PlayerControls({ player, state }: { player: Player; state: PlayerState }) {
  const isPaused = state.state === "paused";
  const isEnded = state.state === "ended";
  return (
    <div className="flex flex-wrap items-center gap-1.5">
      {state.replay && (
        <Press icon="again" label="From the beginning" onPress={() => void player.act({ action: "restart" })} />
      )}
      <Press
        icon={isPaused ? "play" : "pause"}
        label={isPaused ? "Play" : "Pause"}
        isOff={isEnded}
        onPress={() => void player.change({ paused: !isPaused })}
      >
        {isPaused ? "Play" : "Pause"}
      </Press>
      <Press
        icon="step"
        label="One bar further"
        isOff={isEnded}
        onPress={() => void player.act({ action: "step", bars: 1 })}
      />
      <Picker
        label="Speed"
        className="w-32"
        value={String(state.speed)}
        onChange={(speed) => void player.change({ speed: Number(speed) })}
        options={speedsWith(state.speed).map((speed) => ({ value: String(speed), label: speedLabel(speed) }))}
      />
    </div>
  );
}

interface PressProps {
  icon: IconName;
  label: string;
  isOff?: boolean;
  onPress: () => void;
  children?: ReactNode;
}

function Press({ icon, label, isOff = false, onPress, children }: PressProps) {
  return (
    <Button aria-label={label} title={label} disabled={isOff} onClick={onPress} className={children ? "w-24" : "px-0"}>
      <Icon name={icon} />
      {children}
    </Button>
  );
}

function speedsWith(speed: number): readonly number[] {
  if (SPEEDS.includes(speed)) return SPEEDS;
  return [...SPEEDS.slice(0, -1), speed].toSorted((a, b) => a - b).concat(0);
}

function speedLabel(speed: number): string {
  return speed === 0 ? "Full speed" : `${Number(speed.toFixed(2)).toLocaleString("en")}x`;
}
