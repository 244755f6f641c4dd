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
  const slider = useRef<HTMLInputElement>(null);
  const { begin, end } = state;
  useEffect(() => {
    const input = slider.current;
    const chosen = () => {
      void player.act({ action: "jump", to: Number(input!.value) });
      setDragged(null);
    };
    input?.addEventListener("change", chosen);
    return () => input?.removeEventListener("change", chosen);
  }, [player, begin === null || end === null]);
  if (begin === null || end === null) return null;
  const position = dragged ?? Math.min(end, Math.max(begin, told.ts || state.position));
  const share = end > begin ? Math.round(((position - begin) / (end - begin)) * 100) : 100;
  return (
    <>
      <label className="flex min-w-48 flex-1 items-center gap-3">
        <span className="sr-only">Place in the recording</span>
        <input
          ref={slider}
          type="range"
          min={begin}
          max={end}
          step={MINUTE_MS}
          value={position}
          onChange={(event) => setDragged(Number(event.target.value))}
          aria-valuetext={moment(position, zone)}
          className="target w-full min-w-0 cursor-pointer accent-accent"
        />
      </label>
      <span className="flex w-44 flex-col text-xs" data-testid="progress">
        <span className="font-medium whitespace-nowrap">{moment(position, zone, true)}</span>
        <span className="text-ink-faint">{`${share} %, ${isBusy ? "working …" : STATES[state.state]}`}</span>
      </span>
      <JumpForm key={`${begin} ${zone}`} player={player} begin={begin} end={end} />
    </>
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
