/** One line to type in: its name, its unit, and what is wrong with it, told in the line of the name. */

import { type InputHTMLAttributes, type ReactNode, useId } from "react";

interface FieldProps extends InputHTMLAttributes<HTMLInputElement> {
  label: string;
  /** What the value is counted in. */
  unit?: string | undefined;
  /** What is wrong; it takes no room of its own. */
  fault?: string | undefined;
  /** Beside the name while nothing is wrong. */
  hint?: ReactNode;
}

const INPUT =
  "target w-full rounded-md border bg-surface px-2.5 text-ink placeholder:text-ink-faint disabled:opacity-60 lg:min-h-9";

export function Field({ label, unit, fault, hint, className = "", ...rest }: FieldProps) {
  const id = useId();
  const about = `${id}-about`;
  return (
    <div className={`min-w-0 ${className}`}>
      <div className="mb-0.5 flex h-4.5 items-baseline justify-between gap-2 text-xs">
        <label htmlFor={id} className="shrink-0 text-ink-faint">
          {label}
        </label>
        <span
          id={about}
          title={fault}
          className={`truncate ${fault ? "font-medium text-down" : "text-ink-faint"}`}
          role={fault ? "alert" : undefined}
        >
          {fault ?? hint}
        </span>
      </div>
      <div className="relative">
        <input
          id={id}
          autoComplete="off"
          spellCheck={false}
          aria-invalid={fault ? true : undefined}
          aria-describedby={about}
          className={`${INPUT} ${unit ? "pr-14" : ""} ${fault ? "border-down" : "border-line-strong"}`}
          {...rest}
        />
        {unit && (
          <span className="pointer-events-none absolute inset-y-0 right-2.5 flex items-center text-xs text-ink-faint">
            {unit}
          </span>
        )}
      </div>
    </div>
  );
}

interface CheckProps {
  label: string;
  isChecked: boolean;
  onChange: (isChecked: boolean) => void;
  isOff?: boolean;
  title?: string;
}

/** Yes or no, with its words to press on. */
export function Check({ label, isChecked, onChange, isOff = false, title }: CheckProps) {
  return (
    <label
      title={title}
      className={`target relative inline-flex items-center gap-2 text-xs ${isOff ? "text-ink-faint" : "cursor-pointer text-ink-soft hover:text-ink"}`}
    >
      <input
        type="checkbox"
        className="peer absolute inset-0 size-full cursor-pointer opacity-0 disabled:cursor-default"
        checked={isChecked}
        disabled={isOff}
        onChange={(event) => onChange(event.target.checked)}
      />
      <span
        aria-hidden="true"
        className="flex size-4.5 shrink-0 items-center justify-center rounded border border-line-strong text-transparent peer-checked:border-accent peer-checked:bg-accent peer-checked:text-on-accent peer-focus-visible:outline-2 peer-focus-visible:outline-offset-2 peer-focus-visible:outline-accent peer-disabled:opacity-50"
      >
        <svg viewBox="0 0 24 24" className="size-3.5" fill="none" stroke="currentColor" strokeWidth={3.4}>
          <path d="M5 12l5 5L19 7" />
        </svg>
      </span>
      {label}
    </label>
  );
}
