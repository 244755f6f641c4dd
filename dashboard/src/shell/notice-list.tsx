/** Fills, refusals, alerts: told over the page wherever it stands, and by the browser while nobody looks at it. */

import { useEffect } from "react";
import type { Notice, Tone } from "../account/notices";
import { useNode } from "../state/node";
import { notify as notifySetting } from "../state/settings";
import { useStore } from "../state/store";
import { Icon, type IconName } from "../ui/icon";

const LOOKS: Record<Tone, { icon: IconName; look: string }> = {
  up: { icon: "done", look: "text-up" },
  accent: { icon: "done", look: "text-accent" },
  warn: { icon: "alert", look: "text-warn" },
  down: { icon: "alert", look: "text-down" },
};

export function NoticeList() {
  const { notices } = useNode().account;
  const shown = useStore(notices.shown);
  useEffect(() => {
    notices.onNotice = tellOutside;
  }, [notices]);
  return (
    <div
      role="status"
      aria-label="Notifications"
      className="pointer-events-none fixed right-3 bottom-17 left-3 z-40 flex flex-col gap-2 max-lg:items-end lg:bottom-[calc(var(--dock,0rem)+0.75rem)] lg:left-21"
    >
      {shown.map((notice) => (
        <NoticeCard key={notice.key} notice={notice} onDismiss={() => notices.dismiss(notice.key)} />
      ))}
    </div>
  );
}

function NoticeCard({ notice, onDismiss }: { notice: Notice; onDismiss: () => void }) {
  const { icon, look } = LOOKS[notice.tone];
  return (
    <div
      data-testid="notice"
      className="pointer-events-auto flex w-full max-w-xs items-start gap-2.5 rounded-lg border border-line-strong bg-surface py-2 pr-1 pl-3 text-ink shadow-lg"
    >
      <Icon name={icon} className={`mt-1 size-4.5 ${look}`} />
      <div className="min-w-0 flex-1 py-0.5">
        <p className="font-semibold">{notice.title}</p>
        {notice.text && <p className="text-xs break-words text-ink-soft">{notice.text}</p>}
      </div>
      <button
        type="button"
        aria-label="Put away"
        onClick={onDismiss}
        className="target inline-flex items-center justify-center rounded-md text-ink-faint hover:bg-hover hover:text-ink"
      >
        <Icon name="close" />
      </button>
    </div>
  );
}

function tellOutside({ key, title, text }: Notice): void {
  if (notifySetting.get() !== "on" || !document.hidden || !("Notification" in window)) return;
  if (Notification.permission === "granted") new Notification(title, { body: text, tag: key });
}
