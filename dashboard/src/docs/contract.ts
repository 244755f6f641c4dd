/** The OpenAPI document as this page reads it: only what our own contract uses. */

export interface Schema {
  $ref?: string;
  type?: string;
  title?: string;
  description?: string;
  enum?: readonly unknown[];
  const?: unknown;
  default?: unknown;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  pattern?: string;
  items?: Schema | boolean;
  prefixItems?: readonly Schema[];
  anyOf?: readonly Schema[];
  properties?: Record<string, Schema>;
  additionalProperties?: Schema | boolean;
  required?: readonly string[];
  examples?: readonly unknown[];
}

export interface Parameter {
  name: string;
  in: "query" | "path";
  required?: boolean;
  description?: string;
  schema: Schema;
}

export interface Reply {
  $ref?: string;
  description?: string;
  content?: Record<string, { schema?: Schema }>;
}

export interface Operation {
  operationId: string;
  summary: string;
  description?: string;
  tags: readonly string[];
  "x-role"?: string;
  parameters?: readonly Parameter[];
  requestBody?: { content: Record<string, { schema?: Schema }> };
  responses: Record<string, Reply>;
}

export interface Contract {
  info: { title: string; version: string; description?: string };
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

/** An operation with where it is. */
export interface Endpoint {
  id: string;
  method: string;
  path: string;
  operation: Operation;
}

/** What most readers come for stands first; other tags follow as the document has them. */
const FIRST_TAGS = ["market data", "operations"];

/** Return the endpoints by tag. */
export function endpointsByTag(contract: Contract): Map<string, Endpoint[]> {
  const found = new Map<string, Endpoint[]>(FIRST_TAGS.map((tag) => [tag, []]));
  for (const [path, methods] of Object.entries(contract.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const tag = operation.tags[0] ?? "other";
      const endpoint = { id: operation.operationId, method: method.toUpperCase(), path, operation };
      found.set(tag, [...(found.get(tag) ?? []), endpoint]);
    }
  }
  return new Map([...found].filter(([, endpoints]) => endpoints.length > 0));
}

/** Return the name that a reference leads to: `#/components/schemas/Bar` -> `Bar`. */
export function refName(ref: string): string {
  return ref.slice(ref.lastIndexOf("/") + 1);
}

/** Return the names of the alternatives of a union of references. */
export function members(schema: Schema | undefined): string[] {
  return (schema?.anyOf ?? []).flatMap((one) => (one.$ref ? [refName(one.$ref)] : []));
}
