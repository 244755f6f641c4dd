import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clock, moment, offsetMs, shortDay, span, zoneName } from "../src/market/time";

declare const process: { env: Record<string, string | undefined> };

const T = Date.UTC(2026, 10, 21, 23, 8, 12);

describe("in Kolkata", () => {
  const before = process.env.TZ;
  beforeAll(() => {
    process.env.TZ = "Asia/Kolkata";
  });
  afterAll(() => {
    process.env.TZ = before;
  });

  it("local times are ahead by half an hour more than five", () => {
    expect(moment(T, "local")).toBe("22 Nov 2026 04:38");
    expect(zoneName(T, "local")).toBe("UTC+5:30");
    expect(offsetMs(T, "local")).toBe(5.5 * 3_600_000);
  });

  it("UTC stays UTC", () => {
    expect(moment(T, "utc", true)).toBe("21 Nov 2026 23:08:12");
    expect(clock(T, "utc")).toBe("23:08:12");
    expect(shortDay(T, "utc")).toBe("21 Nov");
    expect(zoneName(T, "utc")).toBe("UTC");
  });
});

it("tells spans in at most two units", () => {
  const spans = [0, 42_000, 3_600_000, 90_061_000, 5_400_000].map(span);
  expect(spans).toEqual(["0 s", "42 s", "1 h", "1 d 1 h", "1 h 30 min"]);
});
