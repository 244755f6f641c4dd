/** How far a recording has been played; another place can be chosen by dragging, by keys, or by its time. */

import { type FormEvent, useEffect, useRef, useState } from "react";
import type { Player, PlayerState } from "../market/player";
import { inputText, inputTime, moment } from "../market/time";
import { useNode } from "../state/node";
import { zone as zoneSetting } from "../state/settings";
import { useStore } from "../state/store";
import { useCalm } from "../state/ticking";
import { Button } from "../ui/button";

const MINUTE_MS = 60_000;
const STATES: Record<PlayerState["state"], string> = {
  playing: "playing",
  paused: "paused",
  stepping: "stepping",
  jumping: "jumping …",
  ended: "at the end",
};

export function Progress({ player, state }: { player: Player; state: PlayerState }) {
  const { connection } = useNode();
  const zone = useStore(zoneSetting);
  const isBusy = useStore(player.isBusy);
  const told = useCalm(connection.marketTime, 250);
  const [dragged, setDragged] = useState<number | null>(null);
  const { begin, end } = state;
  if (begin === null || end === null) return null;
  // while it plays the messages know better than the last answer; while it stands there may be none
  const time = state.state === "playing" && told.ts > 0 ? told.ts : state.position;
  const position = dragged ?? Math.min(end, Math.max(begin, time));
  const share = end > begin ? Math.round(((position - begin) / (end - begin)) * 100) : 100;
  const jump = (to: number) => {
    setDragged(null);
    void player.act({ action: "jump", to });
  };
  return (
    <>
      <Slider begin={begin} end={end} position={position} onDrag={setDragged} onChosen={jump} />
      <span className="flex w-44 flex-col text-xs" data-testid="progress">
        <span className="font-medium whitespace-nowrap">{moment(position, zone, true)}</span>
        <span className="text-ink-faint">{`${share} %, ${isBusy ? "working …" : STATES[state.state]}`}</span>
      </span>
      <JumpForm key={`${begin} ${zone}`} player={player} begin={begin} end={end} />
    </>
  );
}

interface SliderProps {
  begin: number;
  end: number;
  position: number;
  /** Another place is pointed at, but not chosen yet. */
  onDrag: (t: number) => void;
  onChosen: (t: number) => void;
}

/** The browser keeps its value, not React: a key or a drag must not be undone by the time that goes on meanwhile. */
function Slider({ begin, end, position, onDrag, onChosen }: SliderProps) {
  const zone = useStore(zoneSetting);
  const input = useRef<HTMLInputElement>(null);
  const chosen = useRef(onChosen);
  chosen.current = onChosen;
  useEffect(() => {
    if (input.current) input.current.value = String(position);
  }, [position]);
  useEffect(() => {
    const slider = input.current!;
    const choose = () => chosen.current(Number(slider.value));
    slider.addEventListener("change", choose);
    return () => slider.removeEventListener("change", choose);
  }, []);
  return (
    <label className="flex min-w-48 flex-1 items-center gap-3">
      <span className="sr-only">Place in the recording</span>
      <input
        ref={input}
        type="range"
        min={begin}
        max={end}
        step={MINUTE_MS}
        defaultValue={position}
        onInput={(event) => onDrag(Number(event.currentTarget.value))}
        aria-valuetext={moment(position, zone)}
        className="target w-full min-w-0 cursor-pointer accent-accent"
      />
    </label>
  );
}

function JumpForm({ player, begin, end }: { player: Player; begin: number; end: number }) {
  const zone = useStore(zoneSetting);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const to = inputTime(String(new FormData(event.currentTarget).get("to") ?? ""), zone);
    if (to !== null) void player.act({ action: "jump", to });
  };
  return (
    <form onSubmit={submit} className="flex items-center gap-1.5">
      <input
        type="datetime-local"
        name="to"
        required
        aria-label="Time to jump to"
        min={inputText(begin, zone)}
        max={inputText(end, zone)}
        defaultValue={inputText(begin, zone)}
        className="target rounded-md border border-line-strong bg-surface px-2 text-ink"
      />
      <Button type="submit">Jump</Button>
    </form>
  );
}
