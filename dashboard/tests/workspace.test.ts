import { describe, expect, it } from "vitest";
import { FIRST_LAYOUT, layoutText, paneOf, parseLayout, Workspace } from "../src/state/workspace";

describe("the workspace", () => {
  it("comes back as it was kept", () => {
    const workspace = new Workspace(null);
    workspace.show(4);
    workspace.activate(2);
    workspace.change(2, { instrumentId: "ETH-USDT.SIM", interval: "15m", indicators: ["EMA(20)"] });
    workspace.side(1, "trades");
    const layout = workspace.layout.get();
    expect(parseLayout(layoutText(layout))).toEqual(layout);
    expect(workspace.active).toMatchObject({ instrumentId: "ETH-USDT.SIM", indicators: ["EMA(20)"] });
  });

  it("begins anew when what was kept is of another shape", () => {
    for (const kept of [null, "", "{", "[]", "3", '{"version":0,"count":4}']) {
      expect(parseLayout(kept)).toEqual(FIRST_LAYOUT);
    }
    const broken = { version: 1, count: 2, active: 9, panes: [{ instrumentId: 5, indicators: [1, "RSI(14)"] }, null] };
    const layout = parseLayout(JSON.stringify(broken));
    expect(layout).toMatchObject({ count: 2, active: 0, sides: FIRST_LAYOUT.sides });
    expect(layout.panes[0]).toEqual({ instrumentId: null, interval: "1m", indicators: ["RSI(14)"] });
    expect(layout.panes).toHaveLength(4);
  });

  it("keeps an indicator of a chart once: two of one name could not be removed", () => {
    const panes = [{ instrumentId: null, interval: "1m", indicators: ["EMA(20)", "RSI(14)", "EMA(20)", ""] }];
    const layout = parseLayout(JSON.stringify({ version: 1, count: 1, active: 0, panes }));
    expect(layout.panes[0]?.indicators).toEqual(["EMA(20)", "RSI(14)"]);
  });

  it("shows the first chart's instrument where none was chosen", () => {
    const workspace = new Workspace(null);
    workspace.change(0, { instrumentId: "BTC-USDT.SIM" });
    workspace.change(3, { instrumentId: "ETH-USDT.SIM" });
    const shown = [0, 1, 2, 3].map((index) => paneOf(workspace.layout.get(), index).instrumentId);
    expect(shown).toEqual(["BTC-USDT.SIM", "BTC-USDT.SIM", "BTC-USDT.SIM", "ETH-USDT.SIM"]);
  });

  it("keeps the active chart among those that are shown", () => {
    const workspace = new Workspace(null);
    workspace.show(4);
    workspace.activate(3);
    workspace.turn(1);
    expect(workspace.layout.get().active).toBe(0);
    workspace.turn(-1);
    expect(workspace.layout.get().active).toBe(3);
    workspace.show(2);
    expect(workspace.layout.get().active).toBe(1);
  });

  it("tells nobody of a change that is none", () => {
    const workspace = new Workspace(null);
    let told = 0;
    workspace.layout.watch(() => (told += 1));
    workspace.change(0, { interval: "1m" });
    workspace.activate(0);
    expect(told).toBe(0);
  });
});
