/** Buttons: `plain` for ordinary actions, `strong` for the one thing to do, `bare` in bars, `buy` and `sell`, `danger`. */

import type { ButtonHTMLAttributes } from "react";

const LOOKS = {
  plain: "border border-line-strong bg-surface text-ink hover:bg-hover",
  strong: "bg-accent text-on-accent hover:opacity-90",
  buy: "bg-buy text-on-side hover:opacity-90",
  sell: "bg-sell text-on-side hover:opacity-90",
  danger: "border border-down bg-down-wash text-down hover:bg-sell hover:text-on-side",
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
