/** A framed part of a screen with an optional heading and actions. */

import type { ReactNode } from "react";

interface PanelProps {
  title?: string;
  actions?: ReactNode;
  className?: string;
  children: ReactNode;
}

export function Panel({ title, actions, className = "", children }: PanelProps) {
  return (
    <section
      aria-label={title}
      className={`flex min-w-0 flex-col rounded-lg border border-line bg-surface shadow-panel ${className}`}
    >
      {title && (
        <header className="flex min-h-11 flex-wrap items-center justify-between gap-x-3 border-b border-line px-3 py-1">
          <h2 className="text-sm font-semibold">{title}</h2>
          {actions}
        </header>
      )}
      {children}
    </section>
  );
}
