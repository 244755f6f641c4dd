/** Every screen: a new one is a folder and a line here. */

import { type ComponentType, lazy } from "react";
import type { IconName } from "../ui/icon";

export interface Screen {
  /** First part of its address, `#/path/…`. */
  path: string;
  title: string;
  icon: IconName;
  /** Given the rest of the address. */
  Component: ComponentType<{ params: readonly string[] }>;
}

export const SCREENS: readonly Screen[] = [
  { path: "chart", title: "Chart", icon: "chart", Component: lazy(() => import("./chart/chart-screen")) },
  { path: "signals", title: "Signals", icon: "signals", Component: lazy(() => import("./signals/signals-screen")) },
  { path: "account", title: "Account", icon: "account", Component: lazy(() => import("./account/account-screen")) },
  {
    path: "strategies",
    title: "Strategies",
    icon: "strategy",
    Component: lazy(() => import("./strategies/strategies-screen")),
  },
  { path: "node", title: "Node", icon: "node", Component: lazy(() => import("./node/node-screen")) },
];

/** Return the screen of a path; the empty path is the first one's. */
export function screenOf(path: string): Screen | null {
  return path === "" ? (SCREENS[0] ?? null) : (SCREENS.find((screen) => screen.path === path) ?? null);
}
