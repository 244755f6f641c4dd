/** Signals in a table; on a phone with fewer columns. Each leads to its place on the chart. */

import type { Signal } from "whisperer-client";
import { grouped } from "../../market/decimal";
import { keyOf } from "../../market/signals";
import { clock, shortDay } from "../../market/time";
import { href } from "../../shell/route";
import { zone as zoneSetting, type Zone } from "../../state/settings";
import { useStore } from "../../state/store";
import { signed } from "../../ui/score";
import { SideBadge } from "../../ui/side-badge";
import { SignalFlags } from "../../ui/signal-flags";

const HEAD = "sticky top-0 bg-surface px-3 py-2 text-left text-2xs font-normal text-ink-faint";
const CELL = "px-3 py-1";

export function SignalTable({ signals }: { signals: readonly Signal[] }) {
  const zone = useStore(zoneSetting);
  return (
    <table className="w-full border-collapse" data-testid="signal-table">
      <thead>
        <tr className="border-b border-line">
          <th className={HEAD}>Time</th>
          <th className={`${HEAD} hidden sm:table-cell`}>Instrument</th>
          <th className={HEAD}>Signal</th>
          <th className={`${HEAD} text-right`}>Score</th>
          <th className={`${HEAD} hidden text-right sm:table-cell`}>Confidence</th>
          <th className={`${HEAD} hidden text-right md:table-cell`}>Price</th>
          <th className={`${HEAD} hidden lg:table-cell`}>Reasons</th>
          <th className={HEAD}>
            <span className="sr-only">On the chart</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {signals.map((signal) => (
          <Row key={keyOf(signal)} signal={signal} zone={zone} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ signal, zone }: { signal: Signal; zone: Zone }) {
  return (
    <tr className="border-b border-line hover:bg-raised">
      <td className={`${CELL} whitespace-nowrap`}>
        <time
          dateTime={new Date(signal.ts).toISOString()}
        >{`${shortDay(signal.ts, zone)} ${clock(signal.ts, zone)}`}</time>
        <span className="block text-2xs text-ink-faint sm:hidden">{signal.instrument_id}</span>
      </td>
      <td
        className={`${CELL} hidden whitespace-nowrap sm:table-cell`}
      >{`${signal.instrument_id} · ${signal.interval}`}</td>
      <td className={CELL}>
        <SideBadge side={signal.signal} /> <SignalFlags signal={signal} />
      </td>
      <td className={`${CELL} text-right`}>{signed(signal.score)}</td>
      <td className={`${CELL} hidden text-right sm:table-cell`}>{`${Math.round(signal.confidence * 100)} %`}</td>
      <td className={`${CELL} hidden text-right md:table-cell`}>{grouped(signal.price)}</td>
      <td
        className={`${CELL} hidden max-w-0 w-2/5 truncate text-ink-soft lg:table-cell`}
        title={signal.reasons.join("\n")}
      >
        {signal.reasons.join(" · ")}
      </td>
      <td className="px-2 text-right">
        <a
          href={href("chart", signal.instrument_id, signal.interval, keyOf(signal))}
          className="target inline-flex items-center justify-center rounded-md px-2 font-medium text-accent hover:bg-hover"
        >
          Chart
        </a>
      </td>
    </tr>
  );
}
