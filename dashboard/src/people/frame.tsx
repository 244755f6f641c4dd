/** What stands alone on the page while nobody is signed in: one card with one thing to do. */

import type { ReactNode } from "react";
import logo from "../assets/logo.svg";
import { ThemeChoice } from "../shell/preferences";

export function Frame({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className="flex min-h-dvh flex-col items-center justify-center gap-4 p-3">
      <main className="w-full max-w-[25rem] rounded-lg border border-line bg-surface p-5 shadow-panel">
        <div className="mb-4 flex items-center gap-2.5">
          <img src={logo} alt="" className="size-8" />
          <div>
            <p className="text-xs text-ink-faint">Whisperer</p>
            <h1 className="text-base font-semibold">{title}</h1>
          </div>
        </div>
        {children}
      </main>
      <footer>
        <ThemeChoice />
      </footer>
    </div>
  );
}
