/** Draws the equity curve. */

import { AreaSeries, createChartEx, type IChartApiBase, type ISeriesApi, type Time } from "lightweight-charts";
import { useEffect, useRef } from "react";
import type { Schemas } from "whisperer-client";
import { grouped } from "../../market/decimal";
import { shade as shadeSetting, zone as zoneSetting } from "../../state/settings";
import { useStore } from "../../state/store";
import { chartColours, chartOptions } from "../chart/pane/options";
import { readPalette } from "../chart/pane/palette";
import { seconds } from "../chart/pane/points";
import { timeAxis } from "../chart/pane/time-axis";

type Point = Schemas["EquityBody"];

interface Drawing {
  chart: IChartApiBase<Time>;
  series: ISeriesApi<"Area", Time>;
}

const MONEY = {
  type: "custom",
  minMove: 0.01,
  formatter: (value: number) => grouped(value.toFixed(2)),
} as const;

interface EquityChartProps {
  /** Oldest first. */
  points: readonly Point[];
  /** What it is worth now; the end of the line. */
  now: { ts: number; equity: string };
}

export function EquityChart({ points, now }: EquityChartProps) {
  const host = useRef<HTMLDivElement>(null);
  const drawing = useRef<Drawing | null>(null);
  const zone = useStore(zoneSetting);
  const shade = useStore(shadeSetting);
  useEffect(() => {
    const palette = readPalette();
    const chart: IChartApiBase<Time> = createChartEx(host.current!, timeAxis(zone), chartOptions(zone, "1m", palette));
    const series = chart.addSeries(AreaSeries, { lineWidth: 2, priceLineVisible: false, priceFormat: MONEY });
    drawing.current = { chart, series };
    return () => {
      drawing.current = null;
      chart.remove();
    };
  }, [zone]);
  useEffect(() => {
    const palette = readPalette();
    const line = palette.lines[0] ?? palette.text;
    drawing.current?.chart.applyOptions(chartColours(palette));
    drawing.current?.series.applyOptions({ lineColor: line, topColor: palette.band, bottomColor: "transparent" });
  }, [zone, shade]);
  useEffect(() => {
    drawing.current?.series.setData(points.map(({ ts, equity }) => ({ time: seconds(ts), value: Number(equity) })));
  }, [zone, points]);
  useEffect(() => {
    const newest = points.at(-1)?.ts ?? 0;
    const time = seconds(Math.floor(now.ts / 1_000) * 1_000);
    if (now.ts > newest) drawing.current?.series.update({ time, value: Number(now.equity) });
  }, [zone, points, now.ts, now.equity]);
  // later what the user looks at is left as it is
  useEffect(() => drawing.current?.chart.timeScale().fitContent(), [zone]);
  return (
    <div
      ref={host}
      role="img"
      aria-label={`Equity, ${points.length} points, from ${points[0]?.equity ?? "–"} to ${points.at(-1)?.equity ?? "–"}`}
      data-testid="equity-chart"
      data-points={points.length}
      className="relative min-h-0 flex-1 overflow-hidden"
    />
  );
}
