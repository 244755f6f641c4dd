/** One entry of a list that shows more of itself when it is picked. */

import type { ReactNode } from "react";

interface FoldableProps {
  isPicked: boolean;
  onPick: () => void;
  /** What is always there, within the button. */
  head: ReactNode;
  /** Of the button. */
  className: string;
  /** What is there while it is picked. */
  children: ReactNode;
}

export function Foldable({ isPicked, onPick, head, className, children }: FoldableProps) {
  return (
    // bars above and below lie over the edges of a phone
    <li className={`scroll-mb-16 lg:scroll-m-0 ${isPicked ? "bg-accent-wash" : ""}`}>
      <button
        type="button"
        aria-expanded={isPicked}
        onClick={onPick}
        className={`flex min-h-11 scroll-mt-26 lg:scroll-m-0 w-full flex-col px-3 text-left focus-visible:-outline-offset-2 ${className} ${isPicked ? "" : "hover:bg-hover"}`}
      >
        {head}
      </button>
      {isPicked && children}
    </li>
  );
}
