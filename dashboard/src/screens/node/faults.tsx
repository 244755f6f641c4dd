/** What does not work as it should: degraded parts, retired components, plug-ins that could not be loaded. */

import type { Health } from "whisperer-client";
import { Icon } from "../../ui/icon";

export function Faults({ health }: { health: Health }) {
  const plugins = Object.entries(health.broken_plugins);
  const isWell = health.degraded.length + health.faults.length + plugins.length === 0;
  if (isWell) return <p className="p-3 text-ink-soft">Everything works as it should.</p>;
  return (
    <ul className="divide-y divide-line">
      {health.degraded.map((reason) => (
        <Fault key={reason} title={reason} />
      ))}
      {health.faults.map((fault) => (
        <Fault key={`${fault.component} ${fault.handler}`} title={`${fault.component} was retired`}>
          {`${fault.handler}: ${fault.error}`}
        </Fault>
      ))}
      {plugins.map(([name, reason]) => (
        <Fault key={name} title={`Plug-in ${name} was left out`}>
          {reason}
        </Fault>
      ))}
    </ul>
  );
}

function Fault({ title, children }: { title: string; children?: string }) {
  return (
    <li className="flex gap-2 px-3 py-2">
      <Icon name="alert" className="mt-0.5 size-4 text-warn" />
      <div className="min-w-0">
        <p className="font-medium">{title}</p>
        {children && <p className="text-xs break-words text-ink-faint">{children}</p>}
      </div>
    </li>
  );
}
