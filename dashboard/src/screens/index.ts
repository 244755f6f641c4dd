/** Every screen: a new one is a folder and a line here. */

import { type ComponentType, lazy } from "react";
import { has, type Presence, type Role } from "../people/person";
import { usePeople } from "../state/node";
import { useStore } from "../state/store";
import type { IconName } from "../ui/icon";

export interface Screen {
  /** First part of its address, `#/path/…`. */
  path: string;
  title: string;
  icon: IconName;
  /** Who may see it; everybody when nothing is said. */
  role?: Role;
  /** Only on nodes with users, reached by the account's menu. */
  isOfPeople?: boolean;
  /** Given the rest of the address. */
  Component: ComponentType<{ params: readonly string[] }>;
}

export const SCREENS: readonly Screen[] = [
  { path: "chart", title: "Chart", icon: "chart", Component: lazy(() => import("./chart/chart-screen")) },
  { path: "signals", title: "Signals", icon: "signals", Component: lazy(() => import("./signals/signals-screen")) },
  {
    path: "account",
    title: "Account",
    icon: "account",
    role: "trader",
    Component: lazy(() => import("./account/account-screen")),
  },
  {
    path: "strategies",
    title: "Strategies",
    icon: "strategy",
    role: "trader",
    Component: lazy(() => import("./strategies/strategies-screen")),
  },
  { path: "models", title: "Models", icon: "model", Component: lazy(() => import("./models/models-screen")) },
  {
    path: "settings",
    title: "Settings",
    icon: "settings",
    Component: lazy(() => import("./settings/settings-screen")),
  },
  { path: "node", title: "Node", icon: "node", Component: lazy(() => import("./node/node-screen")) },
  {
    path: "users",
    title: "Users",
    icon: "people",
    role: "admin",
    isOfPeople: true,
    Component: lazy(() => import("./users/users-screen")),
  },
  {
    path: "security",
    title: "Security",
    icon: "lock",
    isOfPeople: true,
    Component: lazy(() => import("./security/security-screen")),
  },
];

/** Whether somebody may see a screen. */
export function isFor({ role, isOfPeople }: Screen, presence: Presence): boolean {
  if (isOfPeople && presence.phase !== "person") return false;
  return role === undefined || has(presence, role);
}

/** The screens that the navigation leads to. */
export function useScreens(): readonly Screen[] {
  const presence = useStore(usePeople().person.presence);
  return SCREENS.filter((screen) => screen.path !== "security" && isFor(screen, presence));
}

/** Return the screen of a path; the empty path is the first one's. */
export function screenOf(path: string): Screen | null {
  return path === "" ? (SCREENS[0] ?? null) : (SCREENS.find((screen) => screen.path === path) ?? null);
}
