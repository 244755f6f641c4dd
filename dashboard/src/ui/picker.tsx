/** One of many: the browser's own list, which every keyboard and phone knows how to handle. */

import { Icon } from "./icon";

interface PickerProps {
  label: string;
  options: readonly { value: string; label: string }[];
  value: string;
  onChange: (value: string) => void;
  className?: string;
}

export function Picker({ label, options, value, onChange, className = "" }: PickerProps) {
  return (
    <span className={`relative inline-flex items-center ${className}`}>
      <select
        aria-label={label}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        className="target w-full appearance-none truncate rounded-md border border-line-strong bg-surface py-1 pr-8 pl-2.5 text-sm font-semibold text-ink hover:bg-hover"
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
      <Icon name="chevron" className="pointer-events-none absolute right-2.5 size-4 text-ink-faint" />
    </span>
  );
}
