/** One of a few: radio buttons drawn as one bar; arrow keys move as in any radio group. */

import { type ReactNode, useId } from "react";

export interface Option<T extends string> {
  value: T;
  label: ReactNode;
  /** What a screen reader says when the label is not a word. */
  name?: string;
}

interface ChoiceProps<T extends string> {
  legend: string;
  options: readonly Option<T>[];
  value: T;
  onChange: (value: T) => void;
  className?: string;
}

export function Choice<T extends string>({ legend, options, value, onChange, className = "" }: ChoiceProps<T>) {
  const group = useId();
  return (
    <fieldset className={`inline-flex rounded-md bg-hover p-0.5 ${className}`}>
      <legend className="sr-only">{legend}</legend>
      {options.map((option) => (
        <label
          key={option.value}
          title={option.name}
          className="target relative flex flex-auto items-center justify-center rounded px-2 text-xs font-medium whitespace-nowrap text-ink-soft hover:text-ink has-checked:bg-surface has-checked:text-ink has-checked:shadow-panel has-focus-visible:outline-2 has-focus-visible:outline-accent"
        >
          <input
            type="radio"
            name={group}
            className="absolute inset-0 size-full cursor-pointer opacity-0"
            aria-label={option.name}
            checked={option.value === value}
            onChange={() => onChange(option.value)}
          />
          {option.label}
        </label>
      ))}
    </fieldset>
  );
}
