/** Words for what happens around signing in. */

import { ApiError } from "whisperer-client";
import type { Role } from "./person";

/** What a refusal of the issuer or of the node means to the person who has just pressed a button. */
const REFUSALS: Readonly<Record<string, string>> = {
  invalid_credentials: "Email or password is wrong.",
  user_banned: "This user is disabled. Ask an admin of this node.",
  forbidden: "This user may not sign in. Ask an admin of this node.",
  email_not_confirmed: "The email has not been confirmed yet. Follow the link that was sent to it.",
  signup_disabled: "This node takes no new users by itself. Ask an admin.",
  user_already_exists: "There is a user with this email already.",
  jwks_unavailable: "The service that signs people in cannot be reached. Try again in a moment.",
};

export function refusalText(error: unknown): string {
  if (!(error instanceof ApiError)) return error instanceof Error ? error.message : String(error);
  if (error.status === 0) return "The node does not answer. Try again in a moment.";
  if (error.status >= 500) return REFUSALS[error.code] ?? "The node could not do it. Try again in a moment.";
  const text = REFUSALS[error.code] ?? error.message;
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** `12 s`, `2 min 5 s` */
export function waitText(ms: number): string {
  const seconds = Math.max(1, Math.ceil(ms / 1_000));
  if (seconds < 60) return `${seconds} s`;
  const rest = seconds % 60;
  return `${Math.floor(seconds / 60)} min${rest ? ` ${rest} s` : ""}`;
}

export const ROLE_WORDS: Record<Role, { name: string; about: string }> = {
  viewer: { name: "Viewer", about: "sees the market and the signals" },
  trader: { name: "Trader", about: "has an account and trades" },
  admin: { name: "Admin", about: "manages users and the node" },
};

const RANK: readonly Role[] = ["admin", "trader", "viewer"];

/** `Admin, trader`; the roles that another one brings along are left out. */
export function rolesText(roles: readonly string[]): string {
  const held = RANK.filter((role) => roles.includes(role));
  const told = held.length > 1 ? held.filter((role) => role !== "viewer") : held;
  return told.length === 0 ? "No role" : told.map((role, at) => (at ? role : ROLE_WORDS[role].name)).join(", ");
}

const ACTIONS: Readonly<Record<string, string>> = {
  "auth.sign_in": "Signed in",
  "auth.refused": "Sign-in refused",
  "auth.sign_out": "Signed out",
  "auth.session_end": "Session ended",
  "auth.password": "Password changed",
  "auth.profile": "Profile changed",
  "auth.factor_add": "Second factor added",
  "auth.factor_given": "Second factor given",
  "auth.factor_remove": "Second factor removed",
  "auth.recovery_used": "Recovery code used",
  "auth.recovery_made": "Recovery codes made",
  "auth.key_add": "API key made",
  "auth.key_end": "API key ended",
  "auth.sign_up": "Signed up",
  "user.add": "User added",
  "user.roles": "Roles changed",
  "user.disable": "User disabled",
  "user.enable": "User enabled",
  "user.password": "Password reset",
  "user.email": "Email changed",
  "user.remove": "User removed",
  "limits.ceilings": "Ceilings of limits changed",
  "order.submit": "Order sent",
  "order.skipped": "Order held back by the signals",
  "order.modify": "Order changed",
  "order.cancel": "Order cancelled",
  "order.cancel_all": "All orders cancelled",
  "position.close": "Position closed",
  "trader.open": "Trader opened",
  "trader.handover": "Trader handed over",
  "trader.trading_state": "Trading state changed",
  "trader.limits": "Limits changed",
  "trader.screening": "Screening changed",
  "trader.kill": "Trading stopped",
  "strategy.start": "Strategy started",
  "strategy.stop": "Strategy stopped",
  "strategy.resume": "Strategy resumed",
  "strategy.configure": "Strategy configured",
  "strategy.remove": "Strategy removed",
  "strategy.retired": "Strategy retired",
  "node.trading_state": "Trading state of the node changed",
  "settings.change": "Settings changed",
  "node.kill": "Trading of the node stopped",
  "books.repair": "Books repaired",
  "books.close": "Books closed",
};

/** What an entry of the audit trail is about; unknown actions stand for themselves. */
export function actionText(action: string): string {
  return ACTIONS[action] ?? action;
}

export const ACTION_CHOICES: readonly { value: string; label: string }[] = Object.entries(ACTIONS).map(
  ([value, label]) => ({ value, label }),
);

/** `reason: disabled · address: 10.0.0.7`; what is nested is JSON. */
export function detailText(detail: Readonly<Record<string, unknown>>): string {
  return Object.entries(detail)
    .filter(([, value]) => value !== null && value !== "" && value !== undefined)
    .map(([name, value]) => `${name.replaceAll("_", " ")}: ${plain(value)}`)
    .join(" · ");
}

/** Of an id the first part is enough to tell it from others. */
const UUID = /^([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

function plain(value: unknown): string {
  if (Array.isArray(value) && value.every((one) => typeof one !== "object")) return value.join(", ") || "none";
  if (typeof value === "object") return JSON.stringify(value);
  return String(value).replace(UUID, "$1…");
}
