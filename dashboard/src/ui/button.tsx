/** Buttons: `plain` for ordinary actions, `strong` for the one thing to do, `bare` inside of bars. */

import type { ButtonHTMLAttributes } from "react";

const LOOKS = {
  plain: "border border-line-strong bg-surface text-ink hover:bg-hover",
  strong: "bg-accent text-on-accent hover:opacity-90",
  bare: "text-ink-soft hover:bg-hover hover:text-ink",
};

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: keyof typeof LOOKS;
}

export function Button({ look = "plain", className = "", ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      className={`target inline-flex items-center justify-center gap-1.5 rounded-md px-3 font-medium disabled:opacity-50 ${LOOKS[look]} ${className}`}
      {...rest}
    />
  );
}
