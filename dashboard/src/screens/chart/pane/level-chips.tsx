/** What stands beside the lines on a chart: moved by dragging or by keys, confirmed, cancelled. */

import { type KeyboardEvent, type PointerEvent, useEffect, useRef, useState } from "react";
import type { Instrument } from "whisperer-client";
import { cancel, change } from "../../../account/commands";
import { type Level, levelsOf, type LevelTone } from "../../../account/levels";
import { onGrid } from "../../../account/ticket";
import { grouped } from "../../../market/decimal";
import { Exact } from "../../../market/exact";
import { useAction } from "../../../state/action";
import { useNode } from "../../../state/node";
import { useStore } from "../../../state/store";
import { Icon } from "../../../ui/icon";
import type { ChartDriver } from "./chart-driver";
import type { Layout } from "./level-lines";

interface LevelChipsProps {
  driver: ChartDriver;
  instrument: Instrument;
}

/** The outcome of a change comes within this time, or the line goes back. */
const OUTCOME_MS = 2_000;
/** Between two chips side by side. */
const GAP_PX = 4;

export function LevelChips({ driver, instrument }: LevelChipsProps) {
  const { account, alarms } = useNode();
  const orders = useStore(account.orders);
  const positions = useStore(account.positions);
  const rings = useStore(alarms.all);
  const chips = useRef(new Map<string, HTMLElement>());
  const levels = levelsOf(instrument, orders, positions, rings);
  useEffect(() => driver.showLevels(levels), [driver, instrument, orders, positions, rings]);
  useEffect(() => driver.watchLevels((layout) => place(chips.current, layout)), [driver]);
  return (
    <div className="pointer-events-none absolute inset-0 z-[4] overflow-hidden" data-testid="levels">
      {levels.map((level) => (
        <div
          key={level.key}
          ref={(element) => {
            if (element) chips.current.set(level.key, element);
            else chips.current.delete(level.key);
          }}
          className="group absolute top-0 left-2 flex -translate-y-1/2 focus-within:z-10 has-data-moving:z-20"
          style={{ visibility: "hidden" }}
        >
          <Chip level={level} driver={driver} instrument={instrument} />
        </div>
      ))}
    </div>
  );
}

/** Put chips beside their lines; those that would cover each other stand side by side. */
function place(chips: ReadonlyMap<string, HTMLElement>, layout: Layout): void {
  // all sizes are read before anything is written: one layout, not one for each
  const boxes = [...chips].map(([key, chip]) => ({ key, chip, width: chip.offsetWidth, height: chip.offsetHeight }));
  const placed: { y: number; height: number; right: number }[] = [];
  const heightOf = ({ key }: { key: string }) => layout.get(key)?.y ?? 0;
  for (const { key, chip, width, height } of boxes.toSorted((a, b) => heightOf(a) - heightOf(b))) {
    const at = layout.get(key);
    chip.style.visibility = at ? "visible" : "hidden";
    if (!at) continue;
    const near = placed.filter((one) => Math.abs(one.y - at.y) < (one.height + height) / 2);
    const left = Math.max(0, ...near.map(({ right }) => right + GAP_PX));
    placed.push({ y: at.y, height, right: left + width });
    chip.style.top = `${at.y}px`;
    chip.style.marginLeft = `${left}px`;
    chip.dataset.beyond = at.beyond ?? "no";
  }
}

const LOOKS: Record<LevelTone, string> = {
  buy: "border-up text-up",
  sell: "border-down text-down",
  held: "border-accent text-accent",
  alarm: "border-warn text-warn",
};
const PART = "inline-flex min-h-10 items-center justify-center px-2 lg:min-h-6";

interface ChipProps {
  level: Level;
  driver: ChartDriver;
  instrument: Instrument;
}

function Chip({ level, driver, instrument }: ChipProps) {
  const { account, alarms, rest } = useNode();
  const [run, doing] = useAction();
  const [to, setTo] = useState<string | null>(null);
  const [isAsked, setAsked] = useState(false);
  const move = (price: string | null) => {
    setTo(price);
    driver.moveLevel(level.key, price);
  };
  const last = () => driver.lastPrice() ?? level.price;
  const confirm = async () => {
    if (to === null) return;
    const { order, alarm, moves } = level;
    if (alarm) alarms.move(alarm.id, to, last());
    const changes = moves === "trigger_price" ? { trigger_price: to } : { price: to };
    if (!order) return move(null);
    if (await run(async () => account.put(await change(rest, order, changes)))) setAsked(true);
  };
  // a line that has been asked to move stays there until the order says where it is
  useEffect(() => {
    if (!isAsked) return;
    const done = () => {
      setAsked(false);
      move(null);
    };
    if (level.price === to) return done();
    const timer = setTimeout(done, OUTCOME_MS);
    return () => clearTimeout(timer);
  }, [isAsked, level.price, to]);
  const remove = () => {
    if (level.alarm) alarms.remove(level.alarm.id);
    else if (level.order) void run(async () => account.put(await cancel(rest, level.order!)));
  };
  return (
    <div
      data-testid="level"
      data-moving={to === null ? undefined : ""}
      className={`pointer-events-auto flex items-stretch rounded border bg-surface text-2xs font-medium shadow-sm ${LOOKS[level.tone]}`}
    >
      <Handle level={level} to={to} driver={driver} instrument={instrument} onMove={move} onConfirm={confirm} />
      {to !== null && (
        <>
          <button
            type="button"
            disabled={doing.isBusy || isAsked}
            onClick={() => void confirm()}
            className={`${PART} border-l border-current font-semibold hover:bg-hover`}
          >
            Move
          </button>
          <button type="button" onClick={() => move(null)} className={`${PART} border-l border-line text-ink-soft hover:bg-hover`}>
            Leave it
          </button>
        </>
      )}
      {to === null && level.tone !== "held" && (
        <button
          type="button"
          aria-label={`${level.alarm ? "Remove" : "Cancel"}: ${level.title} at ${grouped(level.price)}`}
          disabled={doing.isBusy}
          onClick={remove}
          className={`${PART} min-w-10 border-l border-line hover:bg-hover lg:min-w-6 lg:px-1`}
        >
          <Icon name="close" className="size-3" />
        </button>
      )}
      {doing.refused && (
        <span role="alert" className={`${PART} max-w-72 truncate text-down`} title={doing.refused.message}>
          {doing.refused.message}
        </span>
      )}
    </div>
  );
}

interface HandleProps extends ChipProps {
  /** The price that it is being moved to. */
  to: string | null;
  onMove: (price: string | null) => void;
  onConfirm: () => Promise<void>;
}

/** The part of a chip that is dragged; arrow keys move it by the instrument's step. */
function Handle({ level, to, driver, instrument, onMove, onConfirm }: HandleProps) {
  const grab = useRef<number | null>(null);
  const price = to ?? level.price;
  const text = `${level.title}${to === null ? "" : ` → ${grouped(to)}`}`;
  if (level.moves === null) {
    return (
      <span className="inline-flex min-h-6 items-center px-2 whitespace-nowrap">
        {text}
        <Beyond price={price} />
      </span>
    );
  }
  const drag = (event: PointerEvent) => {
    if (grab.current === null) return;
    const at = driver.priceAt(event.clientY - grab.current);
    if (at !== null && at > 0) onMove(onGrid(at, instrument));
  };
  const grabbed = (event: PointerEvent<HTMLElement>) => {
    if (event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    const box = event.currentTarget.getBoundingClientRect();
    grab.current = event.clientY - (box.top + box.height / 2);
  };
  const letGo = () => {
    grab.current = null;
    if (to === level.price) onMove(null);
  };
  const steer = (event: KeyboardEvent) => {
    const steps = { ArrowUp: 1, ArrowDown: -1, PageUp: 10, PageDown: -10 }[event.key];
    if (event.key === "Enter") void onConfirm();
    else if (event.key === "Escape") onMove(null);
    else if (steps !== undefined) onMove(stepped(price, steps, instrument));
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <span
      role="slider"
      tabIndex={0}
      aria-orientation="vertical"
      aria-label={`Price of ${level.title}. Arrow keys move it, Enter confirms.`}
      aria-valuenow={Number(price)}
      aria-valuetext={grouped(price)}
      onPointerDown={grabbed}
      onPointerMove={drag}
      onPointerUp={letGo}
      onPointerCancel={letGo}
      onKeyDown={steer}
      className={`${PART} cursor-ns-resize touch-none whitespace-nowrap select-none`}
    >
      {text}
      <Beyond price={price} />
    </span>
  );
}

/** The price of a line that is out of sight, with the way to it. */
function Beyond({ price }: { price: string }) {
  return (
    <span className="hidden items-center pl-1 group-not-data-[beyond=no]:inline-flex">
      <Icon name="down" className="hidden size-3 group-data-[beyond=below]:inline" />
      <Icon name="up" className="hidden size-3 group-data-[beyond=above]:inline" />
      {grouped(price)}
    </span>
  );
}

function stepped(price: string, steps: number, { price_increment, price_precision }: Instrument): string {
  const next = Exact.of(price).plus(Exact.of(price_increment).times(Exact.of(String(steps))));
  return next.sign > 0 ? next.to(price_precision).text : price;
}
