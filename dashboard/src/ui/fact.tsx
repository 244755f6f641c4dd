/** A label over its value, for rows and columns of facts. */

import type { ReactNode } from "react";

interface FactProps {
  label: string;
  title?: string;
  className?: string;
  children: ReactNode;
}

export function Fact({ label, title, className = "", children }: FactProps) {
  return (
    <div title={title} className={`min-w-0 ${className}`}>
      <dt className="text-2xs text-ink-faint">{label}</dt>
      <dd className="truncate font-medium">{children}</dd>
    </div>
  );
}
