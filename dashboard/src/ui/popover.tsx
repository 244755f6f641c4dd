/** A box over the page: opened by a button with its id as `popoverTarget`, closed by Escape or a click elsewhere. */

import type { HTMLAttributes } from "react";

interface PopoverProps extends HTMLAttributes<HTMLDivElement> {
  id: string;
}

export function Popover({ className = "", ...rest }: PopoverProps) {
  return (
    <div
      popover="auto"
      className={`max-w-[calc(100vw-1.5rem)] rounded-lg border border-line bg-surface text-ink shadow-lg ${className}`}
      {...rest}
    />
  );
}
