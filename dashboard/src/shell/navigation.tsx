/** The way to every screen: a column at the left; on a phone a bar below, with what has no room in it behind "More". */

import { type ReactNode, useId } from "react";
import logo from "../assets/logo.svg";
import { type Screen, useScreens } from "../screens";
import { Icon, type IconName } from "../ui/icon";
import { Popover } from "../ui/popover";
import { href } from "./route";

/** So many have room in the bar beside "More". */
const IN_BAR = 4;

interface Way {
  to: string;
  icon: IconName;
  title: string;
  isCurrent: boolean;
}

export function Navigation({ current }: { current: Screen | null }) {
  const ways: Way[] = useScreens().map((screen) => ({
    to: href(screen.path),
    icon: screen.icon,
    title: screen.title,
    isCurrent: screen === current,
  }));
  ways.push({ to: "/docs", icon: "docs", title: "API", isCurrent: false });
  return (
    <nav
      aria-label="Screens"
      className="fixed inset-x-0 bottom-0 z-20 flex h-14 border-t border-line bg-surface lg:static lg:h-auto lg:w-20 lg:flex-col lg:gap-1 lg:border-t-0 lg:border-r lg:p-2"
    >
      <img src={logo} alt="" className="mx-auto my-1.5 hidden size-9 lg:block" />
      {ways.map((way, index) => (
        <a
          key={way.to}
          href={way.to}
          aria-current={way.isCurrent ? "page" : undefined}
          className={`${index < IN_BAR ? "flex" : "hidden lg:flex"} ${IN_COLUMN} aria-[current]:text-accent lg:aria-[current]:bg-accent-wash`}
        >
          <Icon name={way.icon} className="size-5" />
          {way.title}
        </a>
      ))}
      <MoreScreens ways={ways.slice(IN_BAR)} />
    </nav>
  );
}

const IN_COLUMN =
  "min-w-0 flex-1 flex-col items-center justify-center gap-0.5 text-2xs font-medium text-ink-faint hover:text-ink lg:h-14 lg:flex-none lg:rounded-md lg:hover:bg-hover";

function MoreScreens({ ways }: { ways: readonly Way[] }) {
  const panel = useId();
  const here = ways.find(({ isCurrent }) => isCurrent);
  const close = () => document.getElementById(panel)?.hidePopover();
  return (
    <>
      <button
        type="button"
        popoverTarget={panel}
        aria-label={here ? `More screens, now ${here.title}` : "More screens"}
        className={`flex lg:hidden ${IN_COLUMN} ${here ? "text-accent" : ""}`}
      >
        <Icon name={here ? here.icon : "menu"} className="size-5" />
        <Label>{here ? here.title : "More"}</Label>
      </button>
      <Popover id={panel} className="fixed inset-auto right-2 bottom-16 w-56 p-1 lg:hidden">
        <ul aria-label="More screens">
          {ways.map(({ to, icon, title, isCurrent }) => (
            <li key={to}>
              <a
                href={to}
                onClick={close}
                aria-current={isCurrent ? "page" : undefined}
                className="flex min-h-12 items-center gap-3 rounded-md px-3 font-medium hover:bg-hover aria-[current]:bg-accent-wash aria-[current]:text-accent"
              >
                <Icon name={icon} className="size-5" />
                {title}
              </a>
            </li>
          ))}
        </ul>
      </Popover>
    </>
  );
}

/** With a sign that there is more of it. */
function Label({ children }: { children: ReactNode }) {
  return (
    <span className="flex items-center gap-0.5">
      {children}
      <Icon name="chevron" className="size-3 rotate-180" />
    </span>
  );
}
