/** The rules that limit an account, in words. */

import type { Trader } from "whisperer-client";
import { Exact } from "../market/exact";
import { amountText } from "./words";

export type Rule = keyof Trader["limits"];

export const RULES: Record<Rule, { label: string; isCount?: boolean; unit?: string }> = {
  max_order_notional: { label: "Worth of one order" },
  max_position_notional: { label: "Worth of one position" },
  max_open_orders: { label: "Open orders", isCount: true, unit: "orders" },
  max_orders_per_s: { label: "Orders a second", isCount: true, unit: "a second" },
  price_collar: { label: "Price away from the market", unit: "of 1" },
  max_daily_loss: { label: "Loss of a day" },
  max_leverage: { label: "Leverage", unit: "times" },
};

/** `250,000 USDT`, `5 %`, `none`; `currency` is that of the account. */
export function ruleText(rule: Rule, value: string | number | null, currency: string): string {
  if (value === null) return "none";
  if (rule === "price_collar") return `${Exact.of(String(value)).times(Exact.of("100")).short} %`;
  return `${amountText(String(value))} ${RULES[rule].unit ?? currency}`.trimEnd();
}
