/** A short word on a tinted ground; the word says it, the colour only helps. */

import type { ReactNode } from "react";

export type Tone = "plain" | "accent" | "up" | "down" | "warn";

const TONES: Record<Tone, string> = {
  plain: "bg-hover text-ink-soft",
  accent: "bg-accent-wash text-accent",
  up: "bg-up-wash text-up",
  down: "bg-down-wash text-down",
  warn: "bg-warn-wash text-warn",
};

export function Badge({ tone = "plain", title, children }: { tone?: Tone; title?: string; children: ReactNode }) {
  return (
    <span
      title={title}
      className={`inline-flex items-center gap-1 rounded px-1.5 text-2xs leading-5 font-medium whitespace-nowrap ${TONES[tone]}`}
    >
      {children}
    </span>
  );
}
