/** What a user may set for this device. */

import { type MarkChoice, type Theme, type Zone, theme as themeSetting, zone as zoneSetting } from "../state/settings";
import { useStore } from "../state/store";
import { Choice, type Option } from "../ui/choice";
import { Icon } from "../ui/icon";

const ZONES: readonly Option<Zone>[] = [
  { value: "local", label: "Local" },
  { value: "utc", label: "UTC" },
];
const THEMES: readonly Option<Theme>[] = [
  { value: "system", label: <Icon name="system" />, name: "As the system" },
  { value: "light", label: <Icon name="sun" />, name: "Light" },
  { value: "dark", label: <Icon name="moon" />, name: "Dark" },
];

export const MARK_CHOICES: readonly Option<MarkChoice>[] = [
  { value: "all", label: "All" },
  { value: "turns", label: "Turns", name: "Only where the opinion changes" },
  { value: "off", label: "Off" },
];

export function ZoneChoice({ className }: { className?: string }) {
  const zone = useStore(zoneSetting);
  return (
    <Choice
      legend="Show times in"
      options={ZONES}
      value={zone}
      onChange={zoneSetting.set.bind(zoneSetting)}
      className={className}
    />
  );
}

export function ThemeChoice({ className }: { className?: string }) {
  const theme = useStore(themeSetting);
  return (
    <Choice
      legend="Colours"
      options={THEMES}
      value={theme}
      onChange={themeSetting.set.bind(themeSetting)}
      className={className}
    />
  );
}
