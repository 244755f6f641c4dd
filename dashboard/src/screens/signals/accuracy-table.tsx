/** How good each predictor was: share with its interval, baseline, Brier score, what it would have earned. */

import type { Schemas } from "whisperer-client";
import { Badge } from "../../ui/badge";
import { Cell, Head, Row, Table } from "../../ui/table";
import { IntervalBar } from "./interval-bar";

export type Accuracy = Schemas["AccuracyBody"];

const TONES = { better: "up", worse: "down", unclear: undefined } as const;

export function keyOf({ predictor, instrument_id, interval, sample }: Accuracy): string {
  return [predictor, instrument_id, interval, sample].join(" ");
}

export function percent(share: number | null): string {
  return share === null ? "–" : `${(share * 100).toFixed(1)} %`;
}

interface AccuracyTableProps {
  items: readonly Accuracy[];
  chosen: string;
  onChoose: (key: string) => void;
}

export function AccuracyTable({ items, chosen, onChoose }: AccuracyTableProps) {
  return (
    <Table
      caption="How good predictions were"
      testId="accuracy-table"
      head={
        <>
          <Head>Predictor</Head>
          <Head className="hidden sm:table-cell">Instrument</Head>
          <Head isFigure>Known</Head>
          <Head isFigure>Right</Head>
          <Head className="hidden w-1/5 md:table-cell">95 % interval</Head>
          <Head isFigure>Baseline</Head>
          <Head isFigure className="hidden lg:table-cell">
            Brier / baseline
          </Head>
          <Head isFigure className="hidden sm:table-cell">
            After fees
          </Head>
          <Head className="hidden sm:table-cell">Against baseline</Head>
        </>
      }
    >
      {items.map((item) => (
        <Line key={keyOf(item)} item={item} isChosen={keyOf(item) === chosen} onChoose={onChoose} />
      ))}
    </Table>
  );
}

interface LineProps {
  item: Accuracy;
  isChosen: boolean;
  onChoose: (key: string) => void;
}

function Line({ item, isChosen, onChoose }: LineProps) {
  const brier = item.brier === null ? "–" : `${item.brier.toFixed(3)} / ${item.brier_baseline?.toFixed(3) ?? "–"}`;
  const earned = item.net_return === null ? "–" : `${(item.net_return * 100).toFixed(3)} %`;
  return (
    <Row>
      <Cell>
        <button
          type="button"
          aria-pressed={isChosen}
          onClick={() => onChoose(keyOf(item))}
          className="target inline-flex items-center rounded-md px-2 font-medium text-accent hover:bg-hover aria-pressed:bg-accent-wash"
        >
          {item.predictor === "signal" ? "all together" : item.predictor}
        </button>
        <span className="block px-2 text-2xs text-ink-faint sm:hidden">{item.instrument_id}</span>
      </Cell>
      <Cell className="hidden whitespace-nowrap sm:table-cell">{`${item.instrument_id} · ${item.interval}`}</Cell>
      <Cell isFigure title={`${item.effective_count} of them do not overlap`}>
        {item.count}
      </Cell>
      <Cell isFigure>{percent(item.accuracy)}</Cell>
      <Cell className="hidden md:table-cell">
        {item.accuracy !== null && item.low !== null && item.high !== null && (
          <IntervalBar value={item.accuracy} low={item.low} high={item.high} baseline={item.baseline} />
        )}
      </Cell>
      <Cell isFigure>{percent(item.baseline)}</Cell>
      <Cell isFigure className="hidden lg:table-cell">
        {brier}
      </Cell>
      <Cell isFigure className="hidden sm:table-cell">
        {earned}
      </Cell>
      <Cell className="hidden sm:table-cell">
        <Verdict item={item} />
      </Cell>
    </Row>
  );
}

export function Verdict({ item }: { item: Accuracy }) {
  const tone = TONES[item.verdict];
  return <Badge {...(tone && { tone })}>{item.verdict}</Badge>;
}
