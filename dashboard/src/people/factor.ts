/** Codes of a second factor. */

export const CODE_PATTERN = /^\d{6}$/;

/** The secret in groups of four, as people type it. */
export function grouped(secret: string): string {
  return secret.replace(/(.{4})(?=.)/g, "$1 ");
}

/** What is kept of recovery codes, as a file. */
export function codesText(codes: readonly string[], email: string): string {
  return [`Recovery codes of ${email} for Whisperer. Each works once.`, "", ...codes, ""].join("\n");
}
