/** Files of comma separated values, for spreadsheets. */

/** Return rows as text; values with commas, quotes or line ends are quoted. */
export function csvText<T extends object>(columns: readonly (keyof T & string)[], rows: readonly T[]): string {
  const lines = rows.map((row) => columns.map((name) => cell(row[name])).join(","));
  return `${[columns.join(","), ...lines].join("\n")}\n`;
}

function cell(value: unknown): string {
  const text = value === null || value === undefined ? "" : String(value);
  // a spreadsheet takes a text that begins so for a formula
  const safe = typeof value === "string" && /^[=+@\t]/.test(text) ? `'${text}` : text;
  return /[",\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Have the browser save a text as a file. */
export function save(name: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: name.endsWith(".csv") ? "text/csv" : "text/plain" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
