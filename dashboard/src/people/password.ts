/** What the node asks of a password, told while it is typed; the node has the last word. */

/** Where the node does not tell its rule. */
const MIN_LENGTH = 8;
const MOST_BYTES = 1_024;
const GOOD_BITS = 60;
const STRONG_BITS = 80;

export interface PasswordVerdict {
  tone: "plain" | "down" | "warn" | "up";
  text: string;
  /** Whether the node would refuse it for sure. */
  isRefused: boolean;
}

/** Judge a new password; `email` and `old` must not be in it. */
export function judgePassword(text: string, email: string, old = "", least = MIN_LENGTH): PasswordVerdict {
  const rule = `At least ${least} characters`;
  if (text === "") return { tone: "plain", text: rule, isRefused: true };
  const length = [...text].length;
  if (length < least) return bad(`${rule}, ${least - length} more to go`);
  if (new TextEncoder().encode(text).length > MOST_BYTES) return bad("Too long");
  if (email !== "" && text.toLowerCase().includes(email.toLowerCase())) return bad("Must not contain your email");
  if (text === old) return bad("Must not be the one you have");
  const bits = strength(text);
  if (bits < GOOD_BITS) return { tone: "warn", text: "Weak: easy to guess, make it longer", isRefused: false };
  if (bits < STRONG_BITS) return { tone: "up", text: "Good", isRefused: false };
  return { tone: "up", text: "Strong", isRefused: false };
}

function bad(text: string): PasswordVerdict {
  return { tone: "down", text, isRefused: true };
}

/** Bits of a guess: different characters count, repetitions and rows such as `1234` hardly. */
function strength(text: string): number {
  const classes: readonly [RegExp, number][] = [
    [/[a-z]/, 26],
    [/[A-Z]/, 26],
    [/[0-9]/, 10],
    [/[^a-zA-Z0-9]/, 32],
  ];
  const alphabet = classes.reduce((sum, [found, size]) => sum + (found.test(text) ? size : 0), 0);
  let counted = 0;
  for (let at = 0; at < text.length; at++) {
    const step = at === 0 ? NaN : text.charCodeAt(at) - text.charCodeAt(at - 1);
    counted += Math.abs(step) <= 1 || text.indexOf(text[at]!) < at ? 0.5 : 1;
  }
  return counted * Math.log2(Math.max(2, alphabet));
}
