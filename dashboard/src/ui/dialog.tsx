/**
 * A question over the page: the rest of it waits. Escape and a click beside it leave everything as it is; what carries
 * `data-first` has the keyboard.
 */

import { type MouseEvent, type ReactNode, useEffect, useId, useRef } from "react";

interface DialogProps {
  title: string;
  isOpen: boolean;
  onClose: () => void;
  /** As large as the window allows, for what is read in it. */
  isWide?: boolean;
  children: ReactNode;
}

const SETTLED_MS = 600;

export function Dialog({ title, isOpen, onClose, isWide = false, children }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const heading = useId();
  const openedAt = useRef(0);
  useEffect(() => {
    const dialog = ref.current!;
    if (isOpen && !dialog.open) {
      dialog.showModal();
      openedAt.current = performance.now();
      dialog.querySelector<HTMLElement>("[data-first]")?.focus();
    }
    if (!isOpen && dialog.open) dialog.close();
  }, [isOpen]);
  const pressed = (event: MouseEvent) => {
    // the second half of a double click on what has opened it
    const isMeant = performance.now() - openedAt.current > SETTLED_MS;
    if (event.target === event.currentTarget && isMeant) onClose();
  };
  return (
    <dialog
      ref={ref}
      aria-labelledby={heading}
      onClose={onClose}
      onClick={pressed}
      className={`m-auto ${isWide ? "h-[calc(100dvh-3rem)] max-h-none w-[72rem]" : "w-[26rem]"} max-w-[calc(100vw-1.5rem)] rounded-lg border border-line bg-surface p-0 text-left text-sm whitespace-normal text-ink shadow-lg backdrop:bg-black/50`}
    >
      {isOpen && (
        <div className={`flex flex-col gap-3 p-4 ${isWide ? "h-full" : ""}`}>
          <h2 id={heading} className="text-base font-semibold">
            {title}
          </h2>
          {children}
        </div>
      )}
    </dialog>
  );
}

/** The row of buttons at the end of a dialog; what leaves things as they are comes first. */
export function DialogActions({ children }: { children: ReactNode }) {
  return <div className="mt-1 flex flex-wrap justify-end gap-2">{children}</div>;
}
