import { describe, expect, it } from "vitest";
import { addressOf, type Hello, type Link, type Status } from "whisperer-client";
import { speedWords } from "../src/shell/market-clock";
import { href, parseRoute } from "../src/shell/route";
import { troublesIn } from "../src/shell/troubles";
import { judge } from "../src/shell/verdict";

const open: Link = { phase: "open", hello: {} as Hello, notice: null };

function status(part: Partial<Status> = {}): Status {
  const body = { state: "running", feed: "live", degraded: [], market: "sim", speed: 1 };
  return { ...body, ...part } as unknown as Status;
}

describe("the verdict", () => {
  const label = (link: Link, body: Status | null = status(), now = 0) => judge(link, body, now).label;

  it("is live when everything is", () => {
    expect(judge(open, status(), 0)).toMatchObject({ label: "Live", tone: "up" });
  });

  it("says what the feed or the node lacks", () => {
    expect(label(open, status({ feed: "stale" }))).toBe("Feed stale");
    expect(label(open, status({ feed: "waiting" }))).toBe("No ticks yet");
    expect(label(open, status({ feed: "ended" }))).toBe("Replay ended");
    expect(label(open, status({ state: "rebuilding" }))).toBe("Rebuilding");
    expect(label(open, status({ degraded: ["a plug-in"] }))).toBe("Degraded");
    expect(label(open, null)).toBe("Connected");
  });

  it("turns from reconnecting to down, also while it tries", () => {
    const waiting: Link = { phase: "waiting", attempt: 1, retryAt: 2_500, since: 1 };
    expect(judge(waiting, status(), 1_000)).toMatchObject({ label: "Reconnecting", tone: "warn" });
    expect(judge(waiting, status(), 1_000).detail).toContain("in 2 s");
    expect(label(waiting, status(), 60_000)).toBe("Node down");
    expect(label({ phase: "connecting", attempt: 4, since: 1 }, status(), 60_000)).toBe("Node down");
    expect(label({ phase: "connecting", attempt: 0, since: 0 }, null)).toBe("Connecting");
  });

  it("tells of a planned stop and of a refusal", () => {
    const leaving = { ...open, notice: { code: "shutdown", in_ms: 100 } } as unknown as Link;
    expect(label(leaving)).toBe("Stopping");
    expect(judge({ phase: "refused", code: 4403, reason: "forbidden" }, null, 0).detail).toContain("4403: forbidden");
  });
});

describe("an address", () => {
  it("leads to a screen and back", () => {
    expect(parseRoute(href("chart", "BTC/USDT.SIM", "1m"))).toEqual({
      screen: "chart",
      params: ["BTC/USDT.SIM", "1m"],
    });
    expect(parseRoute("")).toEqual({ screen: "", params: [] });
    expect(parseRoute("#/chart/%E0%A4%A")).toEqual({ screen: "chart", params: ["%E0%A4%A"] });
  });

  it("of the API leaves out what is not asked", () => {
    expect(addressOf("/api/v1/bars", { instrument_id: "A B", end: 5, cursor: undefined })).toBe(
      "/api/v1/bars?instrument_id=A+B&end=5",
    );
    expect(addressOf("/api/v1/status", null)).toBe("/api/v1/status");
  });
});

it("tells the speed of the market", () => {
  expect(speedWords(status({ speed: 100 }))).toBe("100x simulated");
  expect(speedWords(status({ speed: 0, market: "replay" }))).toBe("full speed replay");
});

it("tells of troubles, of a silent feed elsewhere", () => {
  const degraded = ["AI service llm is down: no connection", "no market data for more than 10 s"];
  expect(troublesIn(status({ degraded }))).toEqual(degraded);
  expect(troublesIn(status({ degraded, feed: "stale" }))).toEqual(degraded.slice(0, 1));
});
