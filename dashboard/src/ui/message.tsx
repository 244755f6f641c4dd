/** What stands where there is nothing to show: while loading, when there is none, when it failed. */

import type { ReactNode } from "react";
import { Icon, type IconName } from "./icon";

interface MessageProps {
  icon?: IconName;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
}

export function Message({ icon, title, children, action }: MessageProps) {
  return (
    <div className="flex flex-1 flex-col items-center justify-center gap-2 px-6 py-10 text-center">
      {icon && (
        <span className="rounded-full bg-hover p-2.5 text-ink-faint">
          <Icon name={icon} className="size-5" />
        </span>
      )}
      <p className="text-base font-medium">{title}</p>
      {children && <div className="max-w-sm text-ink-faint">{children}</div>}
      {action && <div className="mt-2">{action}</div>}
    </div>
  );
}

/** Grey bars that take the place of rows to come. */
export function Waiting({ rows = 6, label }: { rows?: number; label: string }) {
  return (
    <div role="status" aria-label={label} className="flex flex-col gap-3 p-3">
      {Array.from({ length: rows }, (_, row) => (
        <span
          key={row}
          className="h-4 animate-pulse rounded bg-hover"
          style={{ width: `${92 - ((row * 17) % 40)}%` }}
        />
      ))}
    </div>
  );
}
