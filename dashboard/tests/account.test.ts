import { describe, expect, it } from "vitest";
import type { Rest } from "whisperer-client";
import { ActedLog } from "../src/account/acted-log";
import { Alarms, alarmsText, parseAlarms } from "../src/account/alarms";
import { OrderBooks, withBalance, withPosition } from "../src/account/books";
import { csvText } from "../src/account/csv";
import { FillLog } from "../src/account/fill-log";
import { History } from "../src/account/history";
import { fillMarksOn, levelsOf } from "../src/account/levels";
import { filledIn, parametersOf } from "../src/account/parameters";
import { signedText, unrealized } from "../src/account/pnl";
import { Exact } from "../src/market/exact";
import { balance, fill, order, perpetual, position } from "./make-trading";

describe("the books of the page", () => {
  it("hold the newest revision and let go what has ended", () => {
    const books = new OrderBooks();
    expect(books.put(order({ revision: 2 }))).toBe(true);
    expect(books.put(order({ revision: 1, price: "1.00" }))).toBe(false);
    expect(books.all).toHaveLength(1);
    books.put(order({ revision: 3, status: "filled" }));
    expect(books.all).toEqual([]);
    expect(books.put(order({ revision: 2 }))).toBe(false);
    expect(books.find("mine")?.status).toBe("filled");
  });

  it("tell which orders are gone when they begin anew", () => {
    const books = new OrderBooks();
    for (const id of ["a", "b"]) books.put(order({ order_id: id }));
    expect(books.replace([order({ order_id: "b" }), order({ order_id: "c" })]).map((one) => one.order_id)).toEqual(["a"]);
    expect(books.all.map(({ order_id }) => order_id).sort()).toEqual(["b", "c"]);
  });

  it("replace one position or balance at a time", () => {
    const held = withPosition([position({})], position({ quantity: "2.000" }));
    expect(held.map(({ quantity }) => quantity)).toEqual(["2.000"]);
    expect(withPosition(held, position({ side: "flat", quantity: "0" }))).toEqual([]);
    expect(withBalance([balance("USDT", "1")], balance("BTC", "2"))).toHaveLength(2);
    expect(withBalance([balance("USDT", "1")], balance("USDT", "2"))).toEqual([balance("USDT", "2")]);
  });

  it("reckon a gain exactly, of long and short", () => {
    const held = position({ quantity: "0.300", cost: "15000.03" });
    expect(unrealized(held, perpetual, "50000.2")!.text).toBe("0.0300");
    const short = position({ side: "short", quantity: "0.300", cost: "-15000.03" });
    expect(unrealized(short, perpetual, "50000.2")!.short).toBe("-0.03");
    expect(signedText(Exact.of("1234567.891"), 2)).toBe("+1,234,567.89");
    expect(signedText(Exact.of("-0.001"), 2)).toBe("0.00");
  });
});

describe("fills", () => {
  it("are held once each, and summed by order", () => {
    const log = new FillLog({} as Rest);
    expect(log.add([fill({ fill_id: "1" }), fill({ fill_id: "2", price: "50002" })])).toHaveLength(2);
    expect(log.add([fill({ fill_id: "2" })])).toEqual([]);
    const { quantity, price, fee } = log.totalOf("O1");
    expect([quantity.short, price.short, fee.short]).toEqual(["0.2", "50001", "10"]);
  });

  it("are held up to a number, the newest of them", () => {
    const log = new FillLog({} as Rest);
    const told = Array.from({ length: 12_000 }, (_, at) => fill({ fill_id: String(at), ts: at }));
    for (let at = 0; at < told.length; at += 100) log.add(told.slice(at, at + 100));
    expect(log.all.length).toBeGreaterThanOrEqual(5_000);
    expect(log.all.length).toBeLessThanOrEqual(5_500);
    expect(log.all).toEqual(told.slice(-log.all.length));
    expect(log.add(told.slice(-1))).toEqual([]);
    expect(log.add(told.slice(0, 1))).toHaveLength(1); // nothing is remembered of what is forgotten
  });

  it("stand on their bars, those of a side together", () => {
    const bars = { at: (t: number) => (t < 60 ? undefined : ({ t: t - (t % 60) } as never)) };
    const fills = [fill({ ts: 61 }), fill({ fill_id: "2", ts: 100, price: "50002" }), fill({ fill_id: "3", ts: 125, side: "sell" }), fill({ ts: 10 })];
    expect(fillMarksOn(bars, fills, "BTC-USDT-SWAP.SIM")).toEqual([
      { t: 60, side: "buy", price: 50001, quantity: "0.2" },
      { t: 120, side: "sell", price: 50000, quantity: "0.1" },
    ]);
  });
});

describe("signals that were acted on", () => {
  const acted = (strategy: string, ts_bar = 60_000) =>
    ({ kind: "row", row: { bar_type: "X-1-MINUTE", ts_bar, strategy } }) as never;

  it("name each strategy once, and begin anew with a snapshot", () => {
    const log = new ActedLog();
    for (const event of [acted("bot"), acted("bot"), acted("other"), acted("bot", 120_000)]) log.read(event);
    expect([...log.strategies.get()]).toEqual([
      ["X-1-MINUTE@60000", ["bot", "other"]],
      ["X-1-MINUTE@120000", ["bot"]],
    ]);
    log.read({ kind: "snapshot", rows: [] } as never);
    expect(log.strategies.get().size).toBe(0);
  });

  it("are forgotten when there are too many", () => {
    const log = new ActedLog();
    for (let bar = 0; bar < 1_200; bar += 1) log.read(acted("bot", bar));
    expect(log.strategies.get().size).toBe(1_000);
    expect(log.strategies.get().has("X-1-MINUTE@199")).toBe(false);
  });
});

describe("lines on a chart", () => {
  it("are those of working orders, of the position's average and of alarms of the instrument", () => {
    const orders = [
      order({ order_id: "a", price: "49000.0" }),
      order({ order_id: "b", price: "48000.0", trigger_price: "49500.0", type: "stop_limit" }),
      order({ order_id: "c", price: null, type: "market" }),
      order({ order_id: "d", instrument_id: "ETH-USDT.SIM" }),
    ];
    const alarm = { id: "1", instrumentId: perpetual.instrument_id, price: "51000.0", from: "below" as const };
    const levels = levelsOf(perpetual, orders, [position({ avg_price: "50000.123456" })], [alarm]);
    expect(levels.map(({ key, price, moves }) => [key, price, moves])).toEqual([
      ["a", "49000.0", "price"],
      ["b", "49500.0", "trigger_price"],
      ["held", "50000.1", null],
      ["alarm 1", "51000.0", "alarm"],
    ]);
  });
});

describe("alarms", () => {
  it("ring once, when the price has come to them from where it was", () => {
    const alarms = new Alarms(null);
    alarms.add("X", "100", "99");
    alarms.add("X", "90", "99");
    expect(alarms.hear("Y", "200")).toEqual([]);
    expect(alarms.hear("X", "99.99")).toEqual([]);
    expect(alarms.hear("X", "101").map(({ price }) => price)).toEqual(["100"]);
    expect(alarms.hear("X", "101")).toEqual([]);
    expect(alarms.hear("X", "90").map(({ price }) => price)).toEqual(["90"]);
    expect(alarms.all.get()).toEqual([]);
  });

  it("cannot be set where the price is, and come back as they were kept", () => {
    const alarms = new Alarms(null);
    expect(alarms.add("X", "100.00", "100")).toBe(false);
    alarms.add("X", "101", "100");
    alarms.move(alarms.all.get()[0]!.id, "98", "100");
    expect(alarms.all.get()).toMatchObject([{ price: "98", from: "above" }]);
    expect(parseAlarms(alarmsText(alarms.all.get()))).toEqual(alarms.all.get());
    for (const text of [null, "", "{", '{"version":1,"alarms":[{"id":1},null]}']) expect(parseAlarms(text)).toEqual([]);
  });
});

describe("history", () => {
  it("is read page by page, with what is new in front and nothing twice", async () => {
    let rows = Array.from({ length: 120 }, (_, at) => 120 - at);
    const read = async ({ cursor, limit }: { cursor?: string; limit: number }) => {
      const from = cursor ? rows.indexOf(Number(cursor)) : 0;
      const items = rows.slice(from, from + limit);
      const next = rows[from + limit];
      return { items, next: next === undefined ? null : String(next) };
    };
    const history = new History<number>(read, String);
    await history.refresh();
    await Promise.all([history.older(), history.older()]);
    rows = [121, ...rows];
    await history.refresh();
    expect(history.state.get().items).toEqual(Array.from({ length: 101 }, (_, at) => 121 - at));
    await history.older();
    expect(history.state.get()).toMatchObject({ hasOlder: false });
    expect(history.state.get().items).toHaveLength(121);
    expect((await history.all())[0]).toBe(1);
  });

  it("begins anew once far more has come in front than was read", async () => {
    let newest = 100;
    const read = async ({ cursor, limit }: { cursor?: string; limit: number }) => {
      const first = cursor ? Number(cursor) : newest;
      const items = Array.from({ length: Math.min(limit, first) }, (_, at) => first - at);
      return { items, next: first > limit ? String(first - limit) : null };
    };
    const history = new History<number>(read, String);
    await history.refresh();
    await history.older();
    let most = 0;
    for (; newest < 10_000; newest += 10) {
      await history.refresh();
      most = Math.max(most, history.state.get().items.length);
    }
    expect(most).toBeGreaterThan(1_000);
    expect(most).toBeLessThanOrEqual(1_100);
    await history.refresh();
    await history.older();
    const { items } = history.state.get();
    expect(items).toEqual(Array.from({ length: items.length }, (_, at) => newest - at));
  });

  it("becomes a file that a spreadsheet reads as it is", () => {
    const rows = [{ a: "1.50", b: 'say "hi", twice', c: null }, { a: "-2", b: "=SUM(A1)", c: 3 }];
    expect(csvText(["a", "b", "c"], rows)).toBe('a,b,c\n1.50,"say ""hi"", twice",\n-2,\'=SUM(A1),3\n');
  });
});

describe("the parameters of a strategy", () => {
  const schema = {
    $ref: "#/$defs/Config",
    $defs: {
      Config: {
        type: "object",
        properties: {
          interval: { enum: ["1m", "5m"], default: "1m" },
          instrument_id: { type: "string" },
          share: { type: "number", default: 0.65 },
          count: { anyOf: [{ type: "integer" }, { type: "null" }], default: null },
          allow_short: { type: "boolean", default: false },
          extra: { type: "object", default: {} },
        },
        required: ["instrument_id"],
      },
    },
  };

  it("are fields of a form, what is needed first", () => {
    const fields = parametersOf(schema);
    expect(fields.map(({ name, kind, initial }) => [name, kind, initial])).toEqual([
      ["instrument_id", "instrument", ""],
      ["interval", "choice", "1m"],
      ["share", "number", "0.65"],
      ["count", "number", ""],
      ["allow_short", "switch", "false"],
      ["extra", "json", "{}"],
    ]);
  });

  it("are read back as what they are, and what is empty is left out", () => {
    const fields = parametersOf(schema);
    const texts = { instrument_id: "X.SIM", interval: "5m", share: "0.7", count: "", allow_short: "true", extra: '{"a":1}' };
    expect(filledIn(fields, texts)).toEqual({
      params: { instrument_id: "X.SIM", interval: "5m", share: 0.7, allow_short: true, extra: { a: 1 } },
      faults: {},
    });
    expect(filledIn(fields, { share: "x", count: "1.5", extra: "{" }).faults).toEqual({
      instrument_id: "Needed",
      share: "Not understood",
      count: "Not understood",
      extra: "Not understood",
    });
  });
});
