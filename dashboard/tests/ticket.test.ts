import { beforeEach, describe, expect, it } from "vitest";
import { ApiError, type OrderTicket, type Rest } from "whisperer-client";
import { refusedOf } from "../src/account/outcome";
import { Sender, type Shelf } from "../src/account/sender";
import { affordable, partOf } from "../src/account/sizing";
import { type Draft, faultsOf, forAnother, NEW_DRAFT, newIds, ofType, onGrid, ticketsOf } from "../src/account/ticket";
import { Exact } from "../src/market/exact";
import { balance, order, perpetual, position, spot, trader } from "./make-trading";

const draft = (part: Partial<Draft>): Draft => ({ ...NEW_DRAFT, quantity: "0.05", ...part });

describe("a ticket", () => {
  it("says what is missing, what is no number and what is off the grid", () => {
    expect(faultsOf(draft({ quantity: "" }), spot)).toEqual({ quantity: "Enter an amount" });
    expect(faultsOf(draft({ quantity: "a lot" }), spot)).toEqual({ quantity: "Not a number" });
    expect(faultsOf(draft({ quantity: "0.123456789123456" }), spot)).toEqual({ quantity: "Steps of 0.00001" });
    expect(faultsOf(draft({ quantity: "0" }), spot)).toEqual({ quantity: "Must be above 0" });
    expect(faultsOf(draft({ quantity: "0.000005" }), spot)).toEqual({ quantity: "Steps of 0.00001" });
    expect(faultsOf(draft({ type: "limit", price: "64000.123" }), spot)).toEqual({ price: "Steps of 0.01" });
    expect(Object.keys(faultsOf(draft({ type: "trailing_stop_limit" }), spot))).toEqual(["trailing_offset", "limit_offset"]);
    expect(faultsOf(draft({ type: "limit", price: "64000", timeInForce: "gtd" }), spot)).toHaveProperty("expire_time");
    expect(faultsOf(draft({ quantity: "1,000.5" }), spot)).toEqual({});
  });

  it("goes to another instrument without the amounts and prices of the one before", () => {
    const numbers = { price: "64000", trigger: "63000", trailing: "5", limitOffset: "1", takeProfit: "70000", stopLoss: "60000" };
    const kept = { side: "sell", type: "stop_limit", timeInForce: "day", isReduceOnly: true, hasExits: true } as const;
    expect(forAnother(draft({ ...numbers, ...kept }))).toEqual({ ...NEW_DRAFT, ...kept });
  });

  it("wants exits on the right sides of each other", () => {
    const exits = { hasExits: true, takeProfit: "63000", stopLoss: "64000" };
    expect(faultsOf(draft(exits), spot)).toEqual({ stop_loss: "Must be below the take-profit" });
    expect(faultsOf(draft({ ...exits, side: "sell" }), spot)).toEqual({});
    expect(faultsOf(draft({ hasExits: true }), spot)).toEqual({ take_profit: "Enter one of the two, or both" });
  });

  it("sends the fields of its type alone", () => {
    const [market] = ticketsOf(draft({ price: "64000", trigger: "63000", isPostOnly: true }), "BTC-USDT.SIM", newIds());
    expect(market).toMatchObject({ type: "market", quantity: "0.05", post_only: false, time_in_force: "gtc" });
    expect(market).not.toHaveProperty("price");
    const stop = draft({ type: "stop_limit", price: "64,000.5", trigger: "63000" });
    expect(ticketsOf(stop, "BTC-USDT.SIM", newIds())[0]).toMatchObject({ price: "64000.5", trigger_price: "63000" });
  });

  it("puts two exits behind its entry: they wait for it, and one cancels the other", () => {
    const ids = newIds();
    const sent = ticketsOf(draft({ hasExits: true, takeProfit: "66000", stopLoss: "63000" }), "BTC-USDT.SIM", ids);
    expect(sent).toMatchObject([
      { client_order_id: ids.entry, side: "buy", type: "market" },
      { side: "sell", type: "limit", price: "66000", reduce_only: true, parent_client_order_id: ids.entry },
      { side: "sell", type: "stop_market", trigger_price: "63000", linked_client_order_ids: [ids.takeProfit] },
    ]);
    const one = ticketsOf(draft({ hasExits: true, stopLoss: "63000" }), "BTC-USDT.SIM", ids);
    expect(one).toHaveLength(2);
    expect(one[1]).not.toHaveProperty("linked_client_order_ids");
  });

  it("makes ids that the node takes and that never repeat", () => {
    const made = Array.from({ length: 100 }, newIds);
    expect(new Set(made.map(({ entry }) => entry)).size).toBe(100);
    for (const ids of made) for (const id of Object.values(ids)) expect(id).toMatch(/^[A-Za-z0-9_-]{1,36}$/);
  });

  it("gives up what another type cannot have", () => {
    const changed = ofType(draft({ type: "limit", timeInForce: "gtd", isPostOnly: true }), "market");
    expect(changed).toMatchObject({ timeInForce: "gtc", isPostOnly: false });
    expect(ofType(draft({ type: "limit", timeInForce: "day" }), "stop_market").timeInForce).toBe("day");
  });

  it("puts a height of the chart on the grid of prices", () => {
    expect(onGrid(64000.1249, spot)).toBe("64000.12");
    expect(onGrid(64000.07, perpetual)).toBe("64000.1");
  });
});

describe("what is affordable", () => {
  const means = { trader: trader(), balances: [balance("USDT", "10000"), balance("BTC", "0.5")], positions: [], last: "50000" };
  const limit = draft({ type: "limit", price: "50000" });

  it("is, of spot, what the money pays for with the fee, and what there is to sell", () => {
    const most = affordable(limit, spot, means)!;
    const cost = most.times(Exact.of("50000")).times(Exact.of("1.001"));
    expect(cost.compare(Exact.of("10000"))).toBe(-1);
    expect(cost.plus(Exact.of("0.6")).compare(Exact.of("10000"))).toBe(1);
    expect(affordable({ ...limit, side: "sell" }, spot, means)!.short).toBe("0.5");
  });

  it("keeps some for a worse price of a market order", () => {
    const market = affordable(draft({}), spot, means)!;
    expect(market.compare(affordable(limit, spot, means)!)).toBe(-1);
  });

  it("is, of a perpetual, what the margin carries, and besides what closes the position", () => {
    const open = affordable(limit, perpetual, means)!;
    const bound = open.times(Exact.of("50000")).times(Exact.of("0.1005"));
    expect(bound.compare(Exact.of("10000"))).toBeLessThanOrEqual(0);
    expect(open.compare(Exact.of("1.9"))).toBe(1);
    const held = { ...means, positions: [position({ side: "short", quantity: "1.000" })] };
    expect(affordable(limit, perpetual, held)!.minus(open).short).toBe("1");
    expect(affordable({ ...limit, isReduceOnly: true }, perpetual, held)!.short).toBe("1");
    expect(affordable({ ...limit, isReduceOnly: true, side: "sell" }, perpetual, held)!.short).toBe("0");
  });

  it("does not pass the limit of one order, and is unknown without a price", () => {
    const strict = { ...means, trader: trader({ max_order_notional: "1000" }) };
    expect(affordable(limit, perpetual, strict)!.short).toBe("0.02");
    expect(affordable(draft({}), spot, { ...means, last: null })).toBeNull();
  });

  it("is parted on the grid of quantities", () => {
    expect(partOf(Exact.of("0.33333"), 25, spot).text).toBe("0.08333");
    expect(partOf(Exact.of("0.00001"), 50, spot).sign).toBe(0);
  });
});

describe("the sender", () => {
  let answers: ((path: string, body: unknown) => unknown)[];
  let asked: [string, string, unknown][];
  let kept: string | null;
  const ticket: OrderTicket = { client_order_id: "a", instrument_id: "BTC-USDT.SIM", side: "buy", type: "market", quantity: "1" };
  const shelf: Shelf = { recall: () => kept, remember: (text) => (kept = text) };
  const answer = async (method: string, path: string, body: unknown) => {
    asked.push([method, path, body]);
    return answers.shift()!(path, body);
  };
  const rest = {
    send: (method: string, path: string, body: unknown) => answer(method, path, body),
    get: (path: string, question: unknown) => answer("get", path, question),
  } as unknown as Rest;
  const lost = () => {
    throw new ApiError(0, "unreachable", "The node does not answer.");
  };
  const unknown = () => {
    throw new ApiError(404, "order_unknown", "no such order");
  };

  beforeEach(() => {
    answers = [];
    asked = [];
    kept = null;
  });

  it("is done when the node has the order, and keeps nothing", async () => {
    const sender = new Sender(rest, shelf, () => {});
    answers = [() => order({ client_order_id: "a" })];
    await sender.send([ticket]);
    expect(sender.state.get()).toMatchObject({ phase: "taken", clientOrderId: "a" });
    expect(kept).toBeNull();
  });

  it("looks for an order whose answer was lost, and never orders it twice", async () => {
    const sender = new Sender(rest, shelf, () => {});
    answers = [lost, lost, () => order({ client_order_id: "a" })];
    await sender.send([ticket]);
    expect(sender.state.get().phase).toBe("lost");
    expect(kept).toContain('"client_order_id":"a"');
    await sender.look();
    expect(sender.state.get().phase).toBe("lost");
    await sender.look();
    expect(sender.state.get()).toMatchObject({ phase: "taken", clientOrderId: "a" });
    expect(asked.filter(([method]) => method === "post")).toHaveLength(1);
  });

  it("asks before it sends again what never arrived, under the same id", async () => {
    const sender = new Sender(rest, shelf, () => {});
    answers = [lost, unknown, () => order({ client_order_id: "a" })];
    await sender.send([ticket]);
    await sender.look();
    expect(sender.state.get().phase).toBe("absent");
    await sender.again();
    expect(asked.at(-1)).toEqual(["post", "/api/v1/orders", ticket]);
    expect(sender.state.get().phase).toBe("taken");
  });

  it("remembers over a reload of the page what it does not know", async () => {
    kept = JSON.stringify([ticket]);
    const sender = new Sender(rest, shelf, () => {});
    expect(sender.state.get().phase).toBe("lost");
    answers = [() => order({ client_order_id: "a" })];
    await sender.look();
    expect(sender.state.get().phase).toBe("taken");
  });

  it("takes a refusal for an answer and names the field", async () => {
    const sender = new Sender(rest, shelf, () => {});
    const errors = [{ path: "$.price", code: "validation" as const, message: "price: expected a multiple of 0.10" }];
    answers = [
      () => {
        throw new ApiError(422, "validation", "price: expected a multiple of 0.10", null, null, errors);
      },
    ];
    await sender.send([ticket]);
    expect(sender.state.get()).toMatchObject({ phase: "refused", faults: { price: "Expected a multiple of 0.10" } });
    expect(kept).toBeNull();
  });

  it("tells of exits that were refused while the entry was taken", async () => {
    const sender = new Sender(rest, shelf, () => {});
    const error = { code: "validation" as const, message: "price: too far", retry: false, errors: [] };
    const exit = { ...ticket, client_order_id: "b", type: "limit" as const, parent_client_order_id: "a" };
    answers = [
      () => ({
        items: [
          { client_order_id: "a", order: order({ client_order_id: "a" }), error: null },
          { client_order_id: "b", order: null, error },
        ],
      }),
    ];
    await sender.send([ticket, exit]);
    expect(sender.state.get()).toMatchObject({ phase: "taken", refused: { message: "Too far" } });
  });

  it("names the exit that is at fault", () => {
    const errors = [{ path: "$.trigger_price", code: "validation" as const, message: "trigger_price: expected more" }];
    const exit: OrderTicket = { ...ticket, type: "stop_market", parent_client_order_id: "a" };
    expect(refusedOf({ message: "x", errors }, exit).faults).toEqual({ stop_loss: "Expected more" });
  });
});
