/** Parameters of a strategy as fields of a form, from the JSON schema that the catalogue gives. */

import type { Strategy } from "whisperer-client";

export type FieldKind = "instrument" | "choice" | "switch" | "number" | "text" | "json";

export interface Parameter {
  name: string;
  kind: FieldKind;
  isRequired: boolean;
  description: string;
  /** What the field begins with. */
  initial: string;
  choices: readonly string[];
  /** Whether nothing at all may stand for it. */
  isNullable: boolean;
  isWhole: boolean;
}

type Schema = Record<string, unknown>;

/** Return the fields of a schema, required ones first. */
export function parametersOf(schema: Schema): readonly Parameter[] {
  const root = resolved(schema, schema);
  const properties = (root.properties ?? {}) as Record<string, Schema>;
  const required = new Set(Array.isArray(root.required) ? (root.required as string[]) : []);
  const all = Object.entries(properties).map(([name, one]) => parameterOf(name, one, schema, required.has(name)));
  return [...all.filter(({ isRequired }) => isRequired), ...all.filter(({ isRequired }) => !isRequired)];
}

function parameterOf(name: string, written: Schema, root: Schema, isRequired: boolean): Parameter {
  const options = Array.isArray(written.anyOf) ? (written.anyOf as Schema[]) : [written];
  const isNullable = options.some(({ type }) => type === "null");
  const main = resolved(options.find(({ type }) => type !== "null") ?? written, root);
  const schema = { ...main, ...written };
  const choices = Array.isArray(main.enum) ? main.enum.map(String) : [];
  return {
    name,
    kind: kindOf(name, main, choices),
    isRequired,
    description: typeof schema.description === "string" ? schema.description : "",
    initial: textOf(schema.default),
    choices,
    isNullable,
    isWhole: main.type === "integer",
  };
}

function kindOf(name: string, { type }: Schema, choices: readonly string[]): FieldKind {
  if (name === "instrument_id") return "instrument";
  if (choices.length > 0) return "choice";
  if (type === "boolean") return "switch";
  if (type === "number" || type === "integer") return "number";
  return type === "object" || type === "array" ? "json" : "text";
}

function resolved(schema: Schema, root: Schema): Schema {
  const { $ref: reference } = schema;
  if (typeof reference !== "string") return schema;
  const found = reference
    .replace(/^#\//, "")
    .split("/")
    .reduce<unknown>((at, key) => (at as Schema | undefined)?.[key], root);
  return (found as Schema | undefined) ?? {};
}

/** Return a value as the text of its field. */
export function textOf(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

export interface Filled {
  params: Strategy["params"];
  faults: Record<string, string>;
}

/** Return the parameters that a form stands for; what is empty is left out, so that its default is taken. */
export function filledIn(parameters: readonly Parameter[], texts: Readonly<Record<string, string>>): Filled {
  const params: Record<string, unknown> = {};
  const faults: Record<string, string> = {};
  for (const parameter of parameters) {
    const { name, isRequired } = parameter;
    const text = (texts[name] ?? "").trim();
    if (text === "") {
      if (isRequired) faults[name] = "Needed";
      continue;
    }
    const value = valueOf(parameter, text);
    if (value === undefined) faults[name] = "Not understood";
    else params[name] = value;
  }
  return { params: params as Strategy["params"], faults };
}

function valueOf({ kind, isWhole }: Parameter, text: string): unknown {
  if (kind === "switch") return text === "true";
  if (kind === "number") {
    const value = Number(text);
    return Number.isFinite(value) && (!isWhole || Number.isInteger(value)) ? value : undefined;
  }
  if (kind !== "json") return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
