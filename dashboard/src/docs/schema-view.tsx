/** The fields of a schema in a table; names of other schemas lead to them. */

import { type Schema } from "./contract";
import { Line } from "./prose";
import { limitWords, typeWords } from "./words";

interface SchemaViewProps {
  schema: Schema;
  /** Names that have a place on this page. */
  known: ReadonlySet<string>;
}

export function SchemaView({ schema, known }: SchemaViewProps) {
  if (!schema.properties) return <TypeText text={typeWords(schema)} known={known} />;
  return (
    <div className="divide-y divide-line rounded-md border border-line">
      {Object.entries(schema.properties).map(([name, field]) => (
        <Field
          key={name}
          name={name}
          field={field}
          isRequired={schema.required?.includes(name) ?? false}
          known={known}
        />
      ))}
    </div>
  );
}

interface FieldProps {
  name: string;
  field: Schema;
  isRequired: boolean;
  known: ReadonlySet<string>;
}

export function Field({ name, field, isRequired, known }: FieldProps) {
  const limits = limitWords(field);
  return (
    <div className="grid gap-x-4 gap-y-0.5 px-3 py-2 md:grid-cols-[12rem_minmax(0,1fr)]">
      <p className="font-mono font-medium break-words">
        {name}
        {!isRequired && <span className="font-sans text-xs font-normal text-ink-faint"> optional</span>}
      </p>
      <div className="min-w-0">
        <TypeText text={typeWords(field)} known={known} />
        {limits && <span className="text-xs break-words text-ink-faint [overflow-wrap:anywhere]">{`, ${limits}`}</span>}
        {field.description && (
          <p className="text-ink-soft">
            <Line text={field.description} />
          </p>
        )}
      </div>
    </div>
  );
}

/** A type in words, with links to the schemas it names. */
export function TypeText({ text, known }: { text: string; known: ReadonlySet<string> }) {
  return (
    <span className="font-mono text-xs break-words text-ink-soft">
      {text.split(/\b([A-Z]\w+)\b/).map((part, index) =>
        known.has(part) ? (
          <a
            key={`${index} ${part}`}
            href={`#schema-${part}`}
            className="text-accent underline max-lg:inline-flex max-lg:min-h-10 max-lg:min-w-10 max-lg:items-center"
          >
            {part}
          </a>
        ) : (
          part
        ),
      )}
    </span>
  );
}
