/** How the chart looks. */

import {
  type CandlestickSeriesPartialOptions,
  type ChartOptions,
  ColorType,
  CrosshairMode,
  type DeepPartial,
  type HistogramSeriesPartialOptions,
  type TickMarkType,
  type Time,
} from "lightweight-charts";
import type { Instrument, IntervalName } from "whisperer-client";
import { grouped } from "../../../market/decimal";
import { durationMs } from "../../../market/interval";
import { moment } from "../../../market/time";
import type { Zone } from "../../../state/settings";
import type { Palette } from "./palette";
import { tickLabel } from "./time-axis";

export function chartColours(palette: Palette): DeepPartial<ChartOptions> {
  const line = { color: palette.crosshair, labelBackgroundColor: palette.label };
  return {
    layout: {
      background: { type: ColorType.Solid, color: palette.ground },
      textColor: palette.text,
      panes: { separatorColor: palette.line, separatorHoverColor: palette.band },
    },
    grid: { vertLines: { color: palette.grid }, horzLines: { color: palette.grid } },
    crosshair: { vertLine: line, horzLine: line },
    rightPriceScale: { borderColor: palette.line },
    timeScale: { borderColor: palette.line },
  };
}

export function chartOptions(zone: Zone, interval: IntervalName, palette: Palette): DeepPartial<ChartOptions> {
  const hasSeconds = durationMs(interval) < 60_000;
  const colours = chartColours(palette);
  return {
    ...colours,
    autoSize: true,
    // a thumb that moves up or down scrolls the page
    handleScroll: { vertTouchDrag: false },
    // the credit stands in words below the chart
    layout: { ...colours.layout, attributionLogo: false, fontFamily: palette.font, fontSize: 11 },
    crosshair: { ...colours.crosshair, mode: CrosshairMode.Normal },
    rightPriceScale: { ...colours.rightPriceScale, scaleMargins: { top: 0.08, bottom: 0.08 }, entireTextOnly: true },
    timeScale: {
      ...colours.timeScale,
      timeVisible: durationMs(interval) < 86_400_000,
      secondsVisible: hasSeconds,
      rightOffset: 5,
      barSpacing: 8,
      minBarSpacing: 0.6,
      tickMarkFormatter: (time: Time, type: TickMarkType) => tickLabel(time, type, zone),
    },
    localization: { timeFormatter: (time: Time) => moment((time as number) * 1000, zone, hasSeconds) },
  };
}

export function candleColours(palette: Palette): CandlestickSeriesPartialOptions {
  return {
    upColor: palette.up,
    downColor: palette.down,
    wickUpColor: palette.up,
    wickDownColor: palette.down,
    borderVisible: false,
  };
}

export function candleOptions(instrument: Instrument, palette: Palette): CandlestickSeriesPartialOptions {
  const { price_precision: precision, price_increment: increment } = instrument;
  const formatter = (price: number) => grouped(price.toFixed(precision));
  return { ...candleColours(palette), priceFormat: { type: "custom", formatter, minMove: Number(increment) } };
}

export const VOLUME_OPTIONS: HistogramSeriesPartialOptions = {
  priceFormat: { type: "volume" },
  lastValueVisible: false,
  priceLineVisible: false,
};
