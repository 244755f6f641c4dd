/** Accuracy piece by piece of time, each with its interval, against the baseline of the whole. */

import type { Schemas } from "whisperer-client";
import { clock, shortDay } from "../../market/time";
import { zone as zoneSetting } from "../../state/settings";
import { useStore } from "../../state/store";

type Accuracy = Schemas["AccuracyBody"];

const WIDTH = 600;
const HEIGHT = 180;

export function AccuracyCurve({ accuracy }: { accuracy: Accuracy }) {
  const zone = useStore(zoneSetting);
  const points = accuracy.over_time;
  const step = WIDTH / Math.max(1, points.length);
  const x = (index: number) => (index + 0.5) * step;
  const y = (share: number) => HEIGHT * (1 - share);
  const first = points[0];
  const last = points.at(-1);
  const when = (ts: number) => `${shortDay(ts, zone)} ${clock(ts, zone)}`;
  return (
    <figure className="min-w-0 flex-1 p-3">
      <figcaption className="text-xs font-medium">
        Over time <span className="font-normal text-ink-faint">with 95 % intervals; dashed: the baseline</span>
      </figcaption>
      <div className="mt-2 flex gap-2">
        <div className="flex flex-col justify-between text-right text-2xs whitespace-nowrap text-ink-faint" aria-hidden="true">
          <span>100 %</span>
          <span>50 %</span>
          <span>0 %</span>
        </div>
        <svg
          viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={`Accuracy over time, ${points.length} pieces`}
          data-testid="accuracy-curve"
          data-points={points.length}
          className="h-44 w-full min-w-0"
        >
          {[0, 0.5, 1].map((share) => (
            <line
              key={share}
              x1="0"
              x2={WIDTH}
              y1={y(share)}
              y2={y(share)}
              stroke="var(--line)"
              vectorEffect="non-scaling-stroke"
            />
          ))}
          {points.map((point, index) => (
            <rect
              key={point.ts}
              x={x(index) - step * 0.35}
              width={step * 0.7}
              y={y(point.high)}
              height={Math.max(1, y(point.low) - y(point.high))}
              fill="var(--chart-band)"
            />
          ))}
          {accuracy.baseline !== null && (
            <line
              x1="0"
              x2={WIDTH}
              y1={y(accuracy.baseline)}
              y2={y(accuracy.baseline)}
              stroke="var(--warn)"
              strokeDasharray="6 4"
              strokeWidth="1.5"
              vectorEffect="non-scaling-stroke"
            />
          )}
          <polyline
            points={points.map((point, index) => `${x(index)},${y(point.accuracy)}`).join(" ")}
            fill="none"
            stroke="var(--chart-line-1)"
            strokeWidth="2"
            vectorEffect="non-scaling-stroke"
          />
          {points.map((point, index) => (
            <line
              key={point.ts}
              x1={x(index) - step * 0.2}
              x2={x(index) + step * 0.2}
              y1={y(point.accuracy)}
              y2={y(point.accuracy)}
              stroke="var(--chart-line-1)"
              strokeWidth="2"
              vectorEffect="non-scaling-stroke"
            >
              <title>{`${when(point.ts)}: ${Math.round(point.accuracy * 100)} % of ${point.count}`}</title>
            </line>
          ))}
        </svg>
      </div>
      <p className="mt-1 flex justify-between pl-10 text-2xs text-ink-faint">
        <span>{first ? when(first.ts) : ""}</span>
        <span>{last && last !== first ? when(last.ts) : ""}</span>
      </p>
    </figure>
  );
}
