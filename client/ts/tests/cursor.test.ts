import { describe, expect, it } from "vitest";
import { backoff, isFinal } from "whisperer-client";
import { kindOf } from "../src/channels.ts";
import { Cursor } from "../src/cursor.ts";

function at(kind: "log" | "latest", seq: number): Cursor {
  const cursor = new Cursor(kind);
  cursor.reset("e", seq);
  return cursor;
}

describe("a cursor", () => {
  it("has nothing to go on before a snapshot", () => {
    const cursor = new Cursor("log");
    expect(cursor.since).toBeNull();
    expect(cursor.step(1, false)).toBe("drop");
    expect(cursor.isBehind(5)).toBe(false);
  });

  it("steps one by one in a log", () => {
    const cursor = at("log", 7);
    expect(cursor.step(8, false)).toBe("apply");
    expect(cursor.step(8, false)).toBe("drop");
    expect(cursor.step(10, false)).toBe("gap");
    expect(cursor.since).toEqual(["e", 8]);
  });

  it("takes an open row only at its head", () => {
    const cursor = at("log", 7);
    expect([6, 7, 8].map((seq) => cursor.step(seq, true))).toEqual(["drop", "apply", "gap"]);
    expect(cursor.seq).toBe(7);
  });

  it("only grows in a latest channel", () => {
    const cursor = at("latest", 7);
    expect([12, 9, 12].map((seq) => cursor.step(seq, false))).toEqual(["apply", "drop", "apply"]);
    expect(cursor.isBehind(99)).toBe(false);
  });
});

it("knows latest channels by their names", () => {
  expect(["status", "quotes:X.Y", "book:X.Y:20"].map(kindOf)).toEqual(["latest", "latest", "latest"]);
  expect(["bars:X.Y:1m", "signals", "trades:X.Y"].map(kindOf)).toEqual(["log", "log", "log"]);
});

describe("after a loss", () => {
  it("waits longer each time, up to a limit, spread by chance", () => {
    expect([1, 2, 3].map((attempt) => backoff(attempt, 1))).toEqual([400, 680, 1156]);
    expect(backoff(1, 0)).toBe(200);
    expect(backoff(50, 1)).toBe(15_000);
  });

  it("takes 44xx and the like for the last word, the rest for a pause", () => {
    expect([4400, 4401, 4429, 1000, 1002, 1009].every(isFinal)).toBe(true);
    expect([1001, 1006, 1011, 1012, 4500, 4508, 4510].some(isFinal)).toBe(false);
  });
});
