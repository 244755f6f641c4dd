/** A field for a password: hidden until it is asked to be shown, filled in by password managers. */

import { type InputHTMLAttributes, type ReactNode, useState } from "react";
import { Field } from "./field";

interface SecretProps extends InputHTMLAttributes<HTMLInputElement> {
  label: string;
  fault?: string | undefined;
  hint?: ReactNode;
}

export function Secret({ label, ...rest }: SecretProps) {
  const [isShown, setShown] = useState(false);
  return (
    <div className="flex items-end gap-2">
      <Field className="flex-1" label={label} type={isShown ? "text" : "password"} {...rest} />
      <button
        type="button"
        aria-pressed={isShown}
        aria-label={`Show: ${label}`}
        onClick={() => setShown(!isShown)}
        className="target rounded-md border border-line-strong px-2.5 text-xs font-medium text-ink-soft hover:bg-hover lg:min-h-9"
      >
        {isShown ? "Hide" : "Show"}
      </button>
    </div>
  );
}
