/** A tinted column behind one bar: the signal that was picked. */

import type {
  IChartApiBase,
  IPanePrimitivePaneView,
  IPrimitivePaneRenderer,
  ISeriesPrimitive,
  SeriesAttachedParameter,
  Time,
} from "lightweight-charts";

type Target = Parameters<IPrimitivePaneRenderer["draw"]>[0];

export class Band implements ISeriesPrimitive<Time> {
  private chart: IChartApiBase<Time> | null = null;
  private requestUpdate = () => {};
  private time: Time | null = null;
  private colour = "";

  /** Stand at a bar; null is nowhere. */
  show(time: Time | null, colour: string): void {
    this.time = time;
    this.colour = colour;
    this.requestUpdate();
  }

  attached({ chart, requestUpdate }: SeriesAttachedParameter<Time>): void {
    this.chart = chart;
    this.requestUpdate = requestUpdate;
  }

  detached(): void {
    this.chart = null;
  }

  paneViews(): readonly IPanePrimitivePaneView[] {
    return [{ zOrder: () => "bottom", renderer: () => ({ draw: (target) => this.draw(target) }) }];
  }

  private draw(target: Target): void {
    const scale = this.chart?.timeScale();
    const middle = scale && this.time !== null ? scale.timeToCoordinate(this.time) : null;
    if (!scale || middle === null) return;
    const width = Math.max(3, scale.options().barSpacing);
    target.useMediaCoordinateSpace(({ context, mediaSize }) => {
      context.fillStyle = this.colour;
      context.fillRect(middle - width / 2, 0, width, mediaSize.height);
    });
  }
}
