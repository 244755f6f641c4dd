/** Long, short or neutral: a word, an arrow and a colour. */

import type { Signal } from "whisperer-client";
import { Badge, type Tone } from "./badge";
import { Icon, type IconName } from "./icon";

const LOOKS: Record<Signal["signal"], { tone: Tone; icon: IconName; word: string }> = {
  long: { tone: "up", icon: "up", word: "Long" },
  short: { tone: "down", icon: "down", word: "Short" },
  neutral: { tone: "plain", icon: "flat", word: "Neutral" },
};

export function SideBadge({ side }: { side: Signal["signal"] }) {
  const { tone, icon, word } = LOOKS[side];
  return (
    <Badge tone={tone}>
      <Icon name={icon} className="size-3" />
      {word}
    </Badge>
  );
}
