/** The fields of a strategy's parameters. */

import { useId } from "react";
import type { Parameter } from "../../account/parameters";
import { useInstruments } from "../../state/instruments";
import { Check, Field } from "../../ui/field";
import { Picker } from "../../ui/picker";

interface ParameterFieldsProps {
  parameters: readonly Parameter[];
  texts: Readonly<Record<string, string>>;
  faults: Readonly<Record<string, string>>;
  onChange: (name: string, text: string) => void;
}

export function ParameterFields({ parameters, texts, faults, onChange }: ParameterFieldsProps) {
  return parameters.map((parameter) => (
    <ParameterField
      key={parameter.name}
      parameter={parameter}
      text={texts[parameter.name] ?? ""}
      fault={faults[parameter.name]}
      onChange={(text) => onChange(parameter.name, text)}
    />
  ));
}

/** `trade_confidence` -> `Trade confidence` */
function labelOf({ name }: Parameter): string {
  const words = name.replace(/_id$/, "").replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

interface ParameterFieldProps {
  parameter: Parameter;
  text: string;
  fault: string | undefined;
  onChange: (text: string) => void;
}

function ParameterField({ parameter, text, fault, onChange }: ParameterFieldProps) {
  const label = labelOf(parameter);
  const instruments = useInstruments();
  const { kind, description, initial, isRequired } = parameter;
  if (kind === "switch") {
    return (
      <Check
        label={label}
        title={description}
        isChecked={text === "true"}
        onChange={(isOn) => onChange(String(isOn))}
      />
    );
  }
  if (kind === "instrument" || kind === "choice") {
    const values = kind === "choice" ? parameter.choices : instruments.map(({ instrument_id }) => instrument_id);
    return <Listed label={label} description={description} values={values} text={text} fault={fault} onChange={onChange} />;
  }
  return (
    <Field
      label={label}
      title={description}
      hint={isRequired ? undefined : "optional"}
      placeholder={initial}
      inputMode={kind === "number" || parameter.name === "quantity" ? "decimal" : "text"}
      value={text}
      fault={fault}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}

interface ListedProps {
  label: string;
  description: string;
  values: readonly string[];
  text: string;
  fault: string | undefined;
  onChange: (text: string) => void;
}

function Listed({ label, description, values, text, fault, onChange }: ListedProps) {
  const about = useId();
  return (
    <div>
      <p id={about} className="mb-0.5 flex justify-between gap-2 text-xs text-ink-faint" title={description}>
        {label}
        {fault && <span className="font-medium text-down">{fault}</span>}
      </p>
      <Picker
        label={label}
        className="w-full"
        value={text}
        onChange={onChange}
        options={[...(text === "" ? [{ value: "", label: "–" }] : []), ...values.map((value) => ({ value, label: value }))]}
      />
    </div>
  );
}
