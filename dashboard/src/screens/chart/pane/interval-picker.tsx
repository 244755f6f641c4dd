/** The intervals that the source has: a bar of buttons where there is room, a list on a phone. */

import type { IntervalName } from "whisperer-client";
import { intervalWords } from "../../../market/interval";
import { Choice } from "../../../ui/choice";
import { Picker } from "../../../ui/picker";

interface IntervalPickerProps {
  intervals: readonly IntervalName[];
  value: IntervalName;
  onChange: (interval: IntervalName) => void;
}

export function IntervalPicker(props: IntervalPickerProps) {
  const { intervals, value, onChange } = props;
  return (
    <>
      <div className="hidden xl:block">
        <Choice
          legend="Interval"
          options={intervals.map((name) => ({ value: name, label: name, name: intervalWords(name) }))}
          value={value}
          onChange={onChange}
        />
      </div>
      <IntervalList label="Interval" className="w-36 xl:hidden" {...props} />
    </>
  );
}

interface IntervalListProps extends IntervalPickerProps {
  label: string;
  className?: string;
}

export function IntervalList({ label, intervals, value, onChange, className = "w-32" }: IntervalListProps) {
  return (
    <Picker
      label={label}
      className={className}
      options={intervals.map((name) => ({ value: name, label: intervalWords(name) }))}
      value={value}
      onChange={(name) => onChange(name as IntervalName)}
    />
  );
}
