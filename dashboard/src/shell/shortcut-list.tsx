/** The list of keys: opened by `?` or by its button. Keys can be switched off there. */

import { useEffect, useMemo } from "react";
import { keys as keySetting, shade, theme, zone } from "../state/settings";
import { useStore } from "../state/store";
import { Choice, type Option } from "../ui/choice";
import { Icon } from "../ui/icon";
import { Popover } from "../ui/popover";
import { type Group, groups, listenToKeys, type Shortcut, useShortcuts } from "./shortcuts";

const PANEL = "shortcuts";
const SWITCH: readonly Option<"on" | "off">[] = [
  { value: "on", label: "On" },
  { value: "off", label: "Off" },
];

export function ShortcutList() {
  const isOn = useStore(keySetting);
  const all = useStore(groups);
  const own = useMemo(ownShortcuts, []);
  useShortcuts("Everywhere", own);
  useEffect(listenToKeys, []);
  return (
    <>
      <button
        type="button"
        popoverTarget={PANEL}
        aria-label="Keyboard shortcuts"
        title="Keyboard shortcuts (?)"
        className="target hidden items-center justify-center rounded-md text-ink-soft hover:bg-hover md:inline-flex"
      >
        <Icon name="keyboard" className="size-5" />
      </button>
      <Popover
        id={PANEL}
        role="dialog"
        aria-label="Keyboard shortcuts"
        className="m-auto max-h-[90dvh] w-[34rem] overflow-y-auto p-4"
      >
        <div className="flex items-center justify-between gap-3">
          <h2 className="text-base font-semibold">Keyboard shortcuts</h2>
          <Choice legend="Keyboard shortcuts" options={SWITCH} value={isOn} onChange={(next) => keySetting.set(next)} />
        </div>
        <div className="mt-3 gap-x-8 sm:columns-2">
          {all.map((group) => (
            <GroupView key={group.title} group={group} />
          ))}
        </div>
      </Popover>
    </>
  );
}

function GroupView({ group }: { group: Group }) {
  return (
    <section className="mb-4 break-inside-avoid">
      <h3 className="mb-1 text-xs font-medium text-ink-faint">{group.title}</h3>
      <dl className="flex flex-col gap-1.5">
        {group.shortcuts.map(({ key, does }) => (
          <div key={key} className="flex items-baseline justify-between gap-3">
            <dt>{does}</dt>
            <dd>
              <kbd className="inline-block min-w-7 rounded border border-line-strong bg-raised px-1.5 text-center font-sans text-xs leading-5">
                {key}
              </kbd>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function ownShortcuts(): readonly Shortcut[] {
  return [
    { key: "?", does: "Show these keys", run: () => document.getElementById(PANEL)?.togglePopover() },
    { key: "T", does: "Light or dark", run: () => theme.set(shade.get() === "light" ? "dark" : "light") },
    { key: "U", does: "Local time or UTC", run: () => zone.set(zone.get() === "utc" ? "local" : "utc") },
  ];
}
