/** Schemas in few words: `list of Bar`, `text, at most 64 characters`. */

import { refName, type Schema } from "./contract";

/** Return the type of a schema in words; names of schemas stay as they are. */
export function typeWords(schema: Schema): string {
  if (schema.$ref) return refName(schema.$ref);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.anyOf) return schema.anyOf.map(typeWords).join(" | ");
  if (schema.prefixItems) return `[${schema.prefixItems.map(typeWords).join(", ")}]`;
  if (schema.type === "array")
    return `list of ${typeof schema.items === "object" ? typeWords(schema.items) : "anything"}`;
  if (schema.type === "object") return objectWords(schema);
  if (schema.type === "string") return "text";
  if (schema.type === "boolean") return "true | false";
  return schema.type ?? "anything";
}

function objectWords({ additionalProperties: values }: Schema): string {
  return typeof values === "object" ? `map of text to ${typeWords(values)}` : "object";
}

/** Return what a value must keep to, or empty. */
export function limitWords(schema: Schema): string {
  const words: string[] = [];
  const say = (value: number | undefined, text: (value: string) => string) => {
    if (value !== undefined && Math.abs(value) < 2 ** 53 - 1) words.push(text(value.toLocaleString("en")));
  };
  say(schema.minimum, (value) => `at least ${value}`);
  say(schema.exclusiveMinimum, (value) => `above ${value}`);
  say(schema.maximum, (value) => `at most ${value}`);
  say(schema.exclusiveMaximum, (value) => `below ${value}`);
  say(schema.maxLength, (value) => `at most ${value} characters`);
  say(schema.prefixItems ? undefined : schema.maxItems, (value) => `at most ${value} items`);
  if (schema.default !== undefined && schema.default !== null) words.push(`default ${JSON.stringify(schema.default)}`);
  return words.join(", ");
}
