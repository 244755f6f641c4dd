/** Accuracy piece by piece of time in figures, for those who do not read it off the curve. */

import type { Schemas } from "whisperer-client";
import { moment } from "../../market/time";
import { zone as zoneSetting } from "../../state/settings";
import { useStore } from "../../state/store";
import { Icon } from "../../ui/icon";
import { Cell, Head, Row, Table } from "../../ui/table";
import { percent } from "./accuracy-table";

type Point = Schemas["AccuracyPoint"];

export function AccuracyFigures({ points }: { points: readonly Point[] }) {
  const zone = useStore(zoneSetting);
  const head = (
    <>
      <Head>From</Head>
      <Head isFigure>Known</Head>
      <Head isFigure>Right</Head>
      <Head isFigure>95 % interval</Head>
    </>
  );
  return (
    <details className="group mx-3 mb-3 rounded-md border border-line">
      <summary className="target flex items-center gap-1.5 px-2 text-xs font-medium">
        <Icon name="chevron" className="size-4 -rotate-90 group-open:rotate-0" />
        Over time in figures
      </summary>
      <Table caption="Accuracy over time" testId="accuracy-figures" head={head}>
        {points.toReversed().map((point) => (
          <Row key={point.ts}>
            <Cell>{moment(point.ts, zone)}</Cell>
            <Cell isFigure>{point.count}</Cell>
            <Cell isFigure>{percent(point.accuracy)}</Cell>
            <Cell isFigure>{`${percent(point.low)} – ${percent(point.high)}`}</Cell>
          </Row>
        ))}
      </Table>
    </details>
  );
}
