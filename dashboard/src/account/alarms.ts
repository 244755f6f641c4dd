/** Price alarms of this device: each rings once when the price has come to it from where it was. */

import { Exact } from "../market/exact";
import { Store } from "../state/store";

export interface Alarm {
  id: string;
  instrumentId: string;
  /** Decimal text on the instrument's grid. */
  price: string;
  /** On which side the price was when the alarm was set: it rings when it has left it. */
  from: "below" | "above";
}

const VERSION = 1;
export const MOST_ALARMS = 50;

export class Alarms {
  readonly all: Store<readonly Alarm[]>;
  private next = 1;

  /** `kept` is what was remembered; what does not fit is left out. */
  constructor(kept: string | null) {
    this.all = new Store(parseAlarms(kept));
  }

  /** Set an alarm; `last` is the price now. Nothing happens when the price is there already, or there are too many. */
  add(instrumentId: string, price: string, last: string): boolean {
    const way = Exact.of(last).compare(Exact.of(price));
    if (way === 0 || this.all.get().length >= MOST_ALARMS) return false;
    const id = `${Date.now().toString(36)}-${this.next++}`;
    this.all.update((all) => [...all, { id, instrumentId, price, from: way < 0 ? "below" : "above" }]);
    return true;
  }

  /** Move an alarm to another price. */
  move(id: string, price: string, last: string): void {
    const found = this.all.get().find((one) => one.id === id);
    if (!found) return;
    this.remove(id);
    this.add(found.instrumentId, price, last);
  }

  remove(id: string): void {
    this.all.update((all) => all.filter((one) => one.id !== id));
  }

  /** Hear of a price; returns the alarms that ring now, and forgets them. */
  hear(instrumentId: string, price: string): readonly Alarm[] {
    const now = Exact.of(price);
    const rings = (alarm: Alarm) => {
      if (alarm.instrumentId !== instrumentId) return false;
      const way = now.compare(Exact.of(alarm.price));
      return alarm.from === "below" ? way >= 0 : way <= 0;
    };
    const rung = this.all.get().filter(rings);
    if (rung.length > 0) this.all.update((all) => all.filter((one) => !rung.includes(one)));
    return rung;
  }
}

export function alarmsText(alarms: readonly Alarm[]): string {
  return JSON.stringify({ version: VERSION, alarms });
}

export function parseAlarms(text: string | null): readonly Alarm[] {
  try {
    const kept = JSON.parse(text ?? "null") as { version?: unknown; alarms?: unknown } | null;
    if (kept?.version !== VERSION || !Array.isArray(kept.alarms)) return [];
    return kept.alarms.filter(isAlarm).slice(0, MOST_ALARMS);
  } catch {
    return [];
  }
}

function isAlarm(kept: unknown): kept is Alarm {
  const { id, instrumentId, price, from } = (kept ?? {}) as Record<string, unknown>;
  const isText = [id, instrumentId, price].every((one) => typeof one === "string");
  return isText && Exact.typed(price as string) !== null && (from === "below" || from === "above");
}
