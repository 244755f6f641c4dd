/** A button that copies a text and says that it has. */

import { useEffect, useState } from "react";
import { Button } from "./button";
import { Icon } from "./icon";

const SAID_MS = 2_500;

export function CopyButton({ text, label = "Copy", name }: { text: string; label?: string; name?: string }) {
  const [said, setSaid] = useState<"done" | "failed" | null>(null);
  useEffect(() => {
    if (said === null) return;
    const timer = setTimeout(() => setSaid(null), SAID_MS);
    return () => clearTimeout(timer);
  }, [said]);
  const copy = () => void copied(text).then((isDone) => setSaid(isDone ? "done" : "failed"));
  return (
    <Button onClick={copy} aria-label={name}>
      <Icon name={said === "done" ? "done" : "copy"} />
      <span role="status">{said === "done" ? "Copied" : said === "failed" ? "Mark and copy it" : label}</span>
    </Button>
  );
}

/** Whether the browser took it; a page that is not served securely has no clipboard. */
async function copied(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

/** A text that is to be copied, shown in full. */
export function Once({ text, testId, name }: { text: string; testId: string; name: string }) {
  return (
    <div className="flex flex-wrap items-center gap-2">
      <code
        data-testid={testId}
        className="min-w-0 flex-1 rounded-md border border-line bg-raised px-2.5 py-2 font-mono text-xs break-all select-all"
      >
        {text}
      </code>
      <CopyButton text={text} name={name} />
    </div>
  );
}
