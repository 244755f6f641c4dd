/** A share with its 95 % interval on a scale of 0..1, and what it is compared with as a mark. */

interface IntervalBarProps {
  value: number;
  low: number;
  high: number;
  baseline: number | null;
}

const percent = (share: number) => `${(share * 100).toFixed(2)}%`;

export function IntervalBar({ value, low, high, baseline }: IntervalBarProps) {
  return (
    <svg viewBox="0 0 100 10" preserveAspectRatio="none" className="h-3 w-full" aria-hidden="true">
      <rect x="0" y="4.5" width="100" height="1" fill="var(--line)" />
      <rect x={low * 100} y="2.5" width={Math.max(0.5, (high - low) * 100)} height="5" fill="var(--chart-band)" />
      <rect x={low * 100} y="4" width={Math.max(0.5, (high - low) * 100)} height="2" fill="var(--chart-line-1)" />
      <rect x={value * 100 - 0.75} y="1" width="1.5" height="8" fill="var(--chart-line-1)" />
      {baseline !== null && <rect x={baseline * 100 - 0.5} y="0" width="1" height="10" fill="var(--warn)" />}
      <title>{`${percent(low)} to ${percent(high)}`}</title>
    </svg>
  );
}
