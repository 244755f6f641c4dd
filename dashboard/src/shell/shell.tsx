/** The frame of every screen: navigation, market time, connection, preferences. */

import { type ReactNode, Suspense, useId } from "react";
import logo from "../assets/logo.svg";
import { AccountMenu } from "../people/account-menu";
import { ExpiryStrip, SignInAgain } from "../people/expiry";
import type { Screen } from "../screens";
import { Icon } from "../ui/icon";
import { Waiting } from "../ui/message";
import { Popover } from "../ui/popover";
import { ConnectionBadge } from "./connection-badge";
import { Keepers } from "./keepers";
import { MarketClock } from "./market-clock";
import { Navigation } from "./navigation";
import { NoticeList } from "./notice-list";
import { ThemeChoice, ZoneChoice } from "./preferences";
import { ShortcutList } from "./shortcut-list";
import { Standstill } from "./standstill";
import { TradingStrip } from "./trading-strip";
import { TradingSwitch } from "./trading-switch";
import { TroubleStrip } from "./trouble-strip";

export function Shell({ current, children }: { current: Screen | null; children: ReactNode }) {
  return (
    <div className="flex min-h-dvh flex-col pb-14 lg:h-dvh lg:flex-row lg:pb-0">
      <a
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          document.getElementById("main")?.focus();
        }}
        className="target fixed top-2 left-2 z-30 -translate-y-20 rounded-md bg-accent px-4 py-2.5 font-medium text-on-accent focus:translate-y-0"
      >
        Skip to content
      </a>
      <Navigation current={current} />
      <div className="flex min-w-0 flex-1 flex-col lg:min-h-0">
        <TopBar title={current?.title ?? "Not found"} />
        <ExpiryStrip />
        <Standstill />
        <TradingStrip />
        <TroubleStrip />
        <main id="main" tabIndex={-1} className="flex min-h-0 min-w-0 flex-1 flex-col p-2 outline-none">
          <Suspense fallback={<Waiting label="Loading the screen" />}>{children}</Suspense>
        </main>
      </div>
      <NoticeList />
      <Keepers />
      <SignInAgain />
    </div>
  );
}

function TopBar({ title }: { title: string }) {
  return (
    <header className="sticky top-0 z-10 border-b border-line bg-surface px-3 lg:static">
      <Bar title={title} />
      <div className="flex h-8 items-start justify-end lg:hidden">
        <MarketClock />
      </div>
    </header>
  );
}

function Bar({ title }: { title: string }) {
  return (
    <div className="flex h-14 items-center gap-2">
      <img src={logo} alt="" className="size-7 shrink-0 lg:hidden" />
      <span className="hidden text-base font-semibold tracking-tight xl:inline">Whisperer</span>
      <span aria-hidden="true" className="hidden text-line-strong xl:inline">
        /
      </span>
      <h1 className="min-w-0 truncate text-base font-semibold lg:font-medium lg:text-ink-soft">{title}</h1>
      <div className="ml-auto flex shrink-0 items-center gap-2">
        <div className="hidden items-center gap-3 lg:flex">
          <MarketClock />
          <ZoneChoice />
          <ThemeChoice />
        </div>
        <TradingSwitch />
        <ConnectionBadge />
        <ShortcutList />
        <AccountMenu />
        <More />
      </div>
    </div>
  );
}

/** On a phone: what has no room in the bar. */
function More() {
  const panel = useId();
  return (
    <>
      <button
        type="button"
        popoverTarget={panel}
        aria-label="Preferences"
        className="target inline-flex items-center justify-center rounded-md border border-line text-ink-soft hover:bg-hover lg:hidden"
      >
        <Icon name="menu" className="size-5" />
      </button>
      <Popover id={panel} className="fixed inset-auto top-14 right-3 w-72 p-4">
        <h2 className="text-base font-semibold">Preferences</h2>
        <p className="mt-3 mb-1 text-xs text-ink-faint">Times</p>
        <ZoneChoice className="flex w-full" />
        <p className="mt-3 mb-1 text-xs text-ink-faint">Colours</p>
        <ThemeChoice className="flex w-full" />
      </Popover>
    </>
  );
}
