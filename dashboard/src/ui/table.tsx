/** Tables of the account: one look, figures to the right, rows that do not jump. */

import type { ReactNode } from "react";

interface TableProps {
  /** What the table is of, for screen readers. */
  caption: string;
  testId: string;
  head: ReactNode;
  children: ReactNode;
}

export function Table({ caption, testId, head, children }: TableProps) {
  return (
    <table className="w-full border-collapse text-xs" data-testid={testId}>
      <caption className="sr-only">{caption}</caption>
      <thead>
        <tr className="border-b border-line">{head}</tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  );
}

interface CellProps {
  children?: ReactNode;
  /** Figures stand to the right. */
  isFigure?: boolean;
  className?: string;
  title?: string | undefined;
}

export function Head({ children, isFigure = false, className = "" }: CellProps) {
  return (
    <th
      className={`sticky top-0 z-[1] bg-surface px-2 py-1.5 text-2xs font-normal whitespace-nowrap text-ink-faint first:pl-3 last:pr-3 ${isFigure ? "text-right" : "text-left"} ${className}`}
    >
      {children}
    </th>
  );
}

export function Cell({ children, isFigure = false, className = "", title }: CellProps) {
  return (
    <td
      title={title}
      className={`px-2 py-1 first:pl-3 last:pr-3 ${isFigure ? "text-right whitespace-nowrap" : ""} ${className}`}
    >
      {children}
    </td>
  );
}

export function Row({ children, testId }: { children: ReactNode; testId?: string }) {
  return (
    <tr className="border-b border-line hover:bg-raised" data-testid={testId}>
      {children}
    </tr>
  );
}
