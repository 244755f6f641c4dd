import { beforeEach, expect, it } from "vitest";
import { Vigil } from "../src/vigil.ts";

let now: number;
let alarms: string[];
let vigil: Vigil;

beforeEach(() => {
  now = 1_000_000;
  alarms = [];
  vigil = new Vigil({ onSilent: () => alarms.push("silent"), onAwake: () => alarms.push("awake") }, () => now);
  vigil.heard();
  vigil.look();
  alarms = [];
});

function pass(seconds: number): void {
  for (let second = 0; second < seconds; second++) {
    now += 1_000;
    vigil.look();
  }
}

it("gives a silent connection up after fifteen seconds", () => {
  pass(15);
  expect(alarms).toEqual([]);
  pass(1);
  expect(alarms).toEqual(["silent"]);
});

it("waits no longer after a sleep: what missed a heartbeat is dead", () => {
  pass(2);
  now += 60_000;
  vigil.look();
  expect(alarms).toEqual(["silent", "awake"]);
});

it("keeps a connection that spoke while only the timers slept", () => {
  now += 59_000;
  vigil.heard();
  now += 1_000;
  vigil.look();
  expect(alarms).toEqual(["awake"]);
});
