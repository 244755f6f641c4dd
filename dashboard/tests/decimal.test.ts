import { expect, it } from "vitest";
import { compact, difference, direction, grouped, percent, percentText } from "../src/market/decimal";

it("groups digits and keeps every place", () => {
  expect(["64123.50", "999", "-1234567.1", "0.00012345"].map(grouped)).toEqual([
    "64,123.50",
    "999",
    "-1,234,567.1",
    "0.00012345",
  ]);
});

it("subtracts exactly where floats would not", () => {
  expect(difference("0.1", "0.3")).toBe("+0.2");
  expect(difference("9007199254740993.01", "9007199254740995.02")).toBe("+2.01");
  expect(difference("100.5", "100.25")).toBe("-0.25");
  expect(difference("7", "7.00")).toBe("0.00");
  expect(difference("1", "1235")).toBe("+1,234");
});

it("tells a change in per cent with its sign", () => {
  expect(percent("100", "101.234")).toBe("+1.23 %");
  expect(percent("100", "99")).toBe("-1.00 %");
  expect(percent("100", "100.001")).toBe("0.00 %");
  expect(percent("0", "5")).toBe("");
});

it("knows up from down", () => {
  expect([direction("1", "2"), direction("2", "1"), direction("2.0", "2")]).toEqual(["up", "down", "flat"]);
  expect(compact(12_345)).toBe("12.35K");
});

it("tells a share with one place at most", () => {
  expect([0, 0.65, 0.654, 0.6549, 1].map(percentText)).toEqual(["0 %", "65 %", "65.4 %", "65.5 %", "100 %"]);
});
