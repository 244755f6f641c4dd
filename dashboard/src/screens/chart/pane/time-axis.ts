/** A time axis whose days and months begin when they do in the chosen zone, not in UTC. */

import {
  defaultHorzScaleBehavior,
  type IHorzScaleBehavior,
  TickMarkType,
  type Time,
  type UTCTimestamp,
} from "lightweight-charts";
import { clock, day, minute, month, offsetMs, shortDay } from "../../../market/time";
import type { Zone } from "../../../state/settings";

type Points = Parameters<IHorzScaleBehavior<Time>["fillWeightsForPoints"]>[0];

const UtcAxis = defaultHorzScaleBehavior();

class LocalAxis extends UtcAxis {
  /** Weigh ticks (day, month, year …) on clocks that show local time as if it were UTC. */
  override fillWeightsForPoints(points: Points, startIndex: number): void {
    const from = Math.max(0, startIndex - 1);
    const shifted = points.slice(from).map((point) => ({ ...point, time: this.shift(point.time) }));
    super.fillWeightsForPoints(shifted, startIndex - from);
    for (let index = startIndex; index < points.length; index++) {
      points[index]!.timeWeight = shifted[index - from]!.timeWeight;
    }
  }

  private shift(time: Points[number]["time"]): Points[number]["time"] {
    const seconds = Number(this.key(time));
    return this.convertHorzItemToInternal((seconds + offsetMs(seconds * 1000, "local") / 1000) as UTCTimestamp);
  }
}

export function timeAxis(zone: Zone): IHorzScaleBehavior<Time> {
  return zone === "utc" ? new UtcAxis() : new LocalAxis();
}

/** Return the label of a tick on the axis. */
export function tickLabel(time: Time, type: TickMarkType, zone: Zone): string {
  const t = (time as number) * 1000;
  switch (type) {
    case TickMarkType.Year:
      return day(t, zone).slice(-4);
    case TickMarkType.Month:
      return month(t, zone).slice(0, -5);
    case TickMarkType.DayOfMonth:
      return shortDay(t, zone);
    case TickMarkType.TimeWithSeconds:
      return clock(t, zone);
    default:
      return minute(t, zone);
  }
}
