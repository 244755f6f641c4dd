/** What is in force on each signal stream. */

import { Badge } from "../../ui/badge";
import { Fact } from "../../ui/fact";
import { Message } from "../../ui/message";
import { FIGURES, OF_STREAMS, type SettingsBody } from "./settings";

type Stream = SettingsBody["streams"][number];

export function StreamList({ streams }: { streams: readonly Stream[] }) {
  if (streams.length === 0) return <Message title="No signals are configured" />;
  return (
    <ul className="divide-y divide-line">
      {streams.map(({ instruments, interval, now }) => (
        <li key={`${interval} ${instruments.join()}`} className="px-3 py-2">
          <p className="flex flex-wrap items-center gap-x-2 font-medium">
            {`${interval} bars of ${instruments.join(", ")}`}
            {!now.enabled && <Badge tone="warn">off</Badge>}
            {!now.use_signals && <Badge tone="warn">not used</Badge>}
          </p>
          <dl className="mt-1 grid grid-cols-2 gap-x-4 gap-y-1 sm:grid-cols-3 lg:grid-cols-6">
            {OF_STREAMS.map((name) => (
              <Fact key={name} label={FIGURES[name as keyof typeof FIGURES].label}>
                {String(now[name as keyof Stream["now"]])}
              </Fact>
            ))}
            <Fact label="Sources" className="col-span-full sm:col-span-1">
              {now.predictors.map((one) => `${one.name} ${one.enabled ? one.weight : "off"}`).join(", ")}
            </Fact>
          </dl>
        </li>
      ))}
    </ul>
  );
}
