/** What was said against what came: on the diagonal a probability means what it says. */

import type { Schemas } from "whisperer-client";

type Bin = Schemas["CalibrationBin"];

const SIZE = 180;

export function CalibrationChart({ bins }: { bins: readonly Bin[] }) {
  const most = Math.max(1, ...bins.map((bin) => bin.count));
  const x = (share: number) => SIZE * share;
  const y = (share: number) => SIZE * (1 - share);
  return (
    <figure className="shrink-0 p-3">
      <figcaption className="text-xs font-medium">Calibration</figcaption>
      <div className="mt-2 flex gap-2">
        <div className="flex flex-col justify-between text-right text-2xs text-ink-faint" aria-hidden="true">
          <span>1</span>
          <span>came</span>
          <span>0</span>
        </div>
        <svg
          viewBox={`0 0 ${SIZE} ${SIZE}`}
          role="img"
          aria-label={`Calibration, ${bins.length} tenths`}
          data-testid="calibration"
          data-bins={bins.length}
          className="size-44 overflow-visible"
        >
          <rect width={SIZE} height={SIZE} fill="none" stroke="var(--line)" />
          <line x1="0" y1={SIZE} x2={SIZE} y2="0" stroke="var(--line-strong)" strokeDasharray="4 4" />
          {bins.map((bin) => (
            <g key={bin.low}>
              <line
                x1={x(bin.predicted)}
                x2={x(bin.predicted)}
                y1={y(bin.observed_low)}
                y2={y(bin.observed_high)}
                stroke="var(--chart-band)"
                strokeWidth="8"
              />
              <circle
                cx={x(bin.predicted)}
                cy={y(bin.observed)}
                r={2.5 + 3.5 * Math.sqrt(bin.count / most)}
                fill="var(--chart-line-1)"
              >
                <title>{`said ${bin.predicted.toFixed(2)}, came ${bin.observed.toFixed(2)}, n ${bin.count}`}</title>
              </circle>
            </g>
          ))}
        </svg>
      </div>
      <p className="mt-1 pl-10 text-2xs text-ink-faint">said 0 … 1, larger dots are more predictions</p>
    </figure>
  );
}
