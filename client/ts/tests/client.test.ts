import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ApiError, type Bar, Client } from "../src/index.ts";
import { type Asked, FakeNode, type Peer } from "./fake-node.ts";

const ID = "BTC-USDT.SIM";
const CH = `bars:${ID}:1m`;
const MINUTE = 60_000;

function bar(minute: number, closed = true): Bar {
  return { t: minute * MINUTE, o: "1", h: "1", l: "1", c: "1", v: "1", closed };
}

/** Has closed bars `first` to `head`; its ring reaches back to `ring`. */
class Market {
  epoch = "e1";
  first = 0;
  head = 10;
  ring = 0;

  readonly answer = (asked: Asked, peer: Peer): void => {
    if (asked.op !== "subscribe") return;
    peer.send({ type: "ack", id: asked.id });
    const [epoch, seq] = asked.since?.[CH] ?? ["", -1];
    if (epoch === this.epoch && seq >= this.ring) for (let at = seq + 1; at <= this.head; at++) this.row(peer, at);
    else this.snapshot(peer);
  };

  row(peer: Peer, seq: number, closed = true): void {
    peer.send({ type: "bar", ch: CH, seq: closed ? seq : seq - 1, ts: seq * MINUTE, data: bar(seq, closed) });
  }

  private snapshot(peer: Peer): void {
    const data = Array.from({ length: this.head - this.first + 1 }, (_, at) => bar(this.first + at));
    peer.send({ type: "snapshot", ch: CH, epoch: this.epoch, seq: this.head, part: [0, 1], data });
  }
}

let node: FakeNode;
let client: Client;
let market: Market;

beforeEach(async () => {
  node = await new FakeNode().start();
  client = new Client(node.url);
  market = new Market();
  node.onAsked = market.answer;
});

afterEach(() => {
  client.close();
  node.stop();
});

async function take(count: number, rows: AsyncIterator<Bar>): Promise<string[]> {
  const taken: string[] = [];
  while (taken.length < count) {
    const { value } = (await rows.next()) as { value: Bar };
    taken.push(`${value.t / MINUTE}${value.closed ? "" : "…"}`);
  }
  return taken;
}

describe("bars for a loop", () => {
  it("begin with the snapshot and go on with what happens", async () => {
    market.first = 9;
    const bars = client.bars(ID, "1m");
    expect(await take(2, bars)).toEqual(["9", "10"]);
    market.row(node.newest, 11, false);
    market.row(node.newest, 11);
    expect(await take(2, bars)).toEqual(["11…", "11"]);
    await bars.return();
    await node.until(() => node.newest.asked.at(-1)?.op === "unsubscribe");
  });

  it("go on where they stood after the wire broke", async () => {
    const bars = client.bars(ID, "1m");
    await take(11, bars);
    market.head = 13;
    node.newest.cut();
    expect(await take(3, bars)).toEqual(["11", "12", "13"]);
    expect(node.newest.asked[0]?.since).toEqual({ [CH]: ["e1", 10] });
    expect(node.peers).toHaveLength(2);
  });

  it("ask again for what a jump of the numbers shows to be missing", async () => {
    const bars = client.bars(ID, "1m");
    await take(11, bars);
    market.head = 13;
    market.row(node.newest, 13);
    expect(await take(3, bars)).toEqual(["11", "12", "13"]);
    expect(node.peers).toHaveLength(1);
  });

  it("read through REST what was missed for longer than the node keeps", async () => {
    node.onRequest = (url) => {
      const from = Number(url.searchParams.get("cursor") ?? url.searchParams.get("start")) / MINUTE;
      const minutes = Array.from({ length: 10 }, (_, at) => Math.ceil(from) + at).filter((at) => at <= market.head);
      const next = minutes.length === 10 ? String((minutes.at(-1)! + 1) * MINUTE) : null;
      return { body: { items: minutes.map((minute) => bar(minute)), next, holes: [] } };
    };
    const bars = client.bars(ID, "1m");
    await take(11, bars);
    Object.assign(market, { first: 35, head: 40, ring: 38 });
    node.newest.cut();
    expect(await take(30, bars)).toEqual(Array.from({ length: 30 }, (_, at) => String(11 + at)));
    expect(node.requests[0]?.url).toContain(`start=${10 * MINUTE + 1}`);
  });

  it("give no closed bar twice when the numbering starts anew, and all again when the market went back", async () => {
    const bars = client.bars(ID, "1m");
    await take(11, bars);
    Object.assign(market, { epoch: "e2", first: 5, head: 12 });
    node.newest.cut();
    expect(await take(2, bars)).toEqual(["11", "12"]);
    Object.assign(market, { epoch: "e3", first: 2, head: 3 });
    node.newest.cut();
    expect(await take(2, bars)).toEqual(["2", "3"]);
  });

  it("end with the reason when the channel is refused", async () => {
    node.onAsked = ({ id }, peer) =>
      peer.send({ type: "error", id, code: "unknown_instrument", message: "no such", retry: false });
    await expect(client.bars(ID, "1m").next()).rejects.toMatchObject({ code: "unknown_instrument" });
  });

  it("end with the reason when the node closes for good, and quietly when the program leaves", async () => {
    const refused = client.bars(ID, "1m");
    await take(11, refused);
    node.newest.close(4403, "forbidden");
    await expect(refused.next()).rejects.toThrow("forbidden");
    client.connection.hurry();
    const left = client.bars(ID, "1m");
    await take(11, left);
    client.close();
    expect((await left.next()).done).toBe(true);
  });
});

it("takes a node that wants a token for the last word where there is none", async () => {
  const bars = client.bars(ID, "1m");
  await take(11, bars);
  node.newest.close(4408, "auth_timeout");
  await expect(bars.next()).rejects.toThrow("auth_timeout");
});

describe("channels with handlers", () => {
  it("are asked for together, at the rate that is wanted", async () => {
    client.subscribe(["status", "signals", CH], {}, { maxHz: 5 });
    await node.until(() => node.newest?.asked.length > 0);
    expect(node.newest.asked[0]).toMatchObject({ op: "subscribe", ch: ["status", "signals", CH], max_hz: 5 });
  });

  it("are refused one by one when one of them is", async () => {
    node.onAsked = (asked, peer) => {
      if (asked.ch!.includes("signals:X")) {
        peer.send({ type: "error", id: asked.id, code: "unknown_channel", message: "no such", retry: false });
      } else market.answer(asked, peer);
    };
    const heard: string[] = [];
    await new Promise<void>((resolve) => {
      client.subscribe([CH, "signals:X"], {
        onSnapshot: (rows, channel) => heard.push(`${channel} ${rows.length}`) === 2 && resolve(),
        onRefused: (error, channel) => heard.push(`${channel} ${error.code}`) === 2 && resolve(),
      });
    });
    expect(heard.toSorted()).toEqual([`${CH} 11`, "signals:X unknown_channel"]);
  });

  it("may have several readers: a second one gets a snapshot, the first is not disturbed", async () => {
    const first: number[] = [];
    client.subscribe([CH], { onSnapshot: (rows) => first.push(rows.length), onRow: () => first.push(1) });
    await node.until(() => node.newest?.asked.length === 1);
    const second = client.bars(ID, "1m");
    await take(11, second);
    market.row(node.newest, 11);
    await take(1, second);
    expect(first).toEqual([11, 1]);
    await second.return();
    expect(node.newest.asked.map(({ op }) => op)).toEqual(["subscribe", "subscribe"]);
  });

  it("are heard under the name that the node gives them", async () => {
    const canonical = `indicators:${ID}:1m:SMA(20)`;
    node.onAsked = ({ id }, peer) => {
      peer.send({ type: "ack", id, position: { [canonical]: ["e", 0] } });
      peer.send({ type: "snapshot", ch: canonical, epoch: "e", seq: 0, part: [0, 1], data: [{ t: 1 }] });
      peer.send({ type: "indicator", ch: canonical, seq: 1, ts: 2, data: { t: 2, values: {}, closed: true } });
    };
    const rows = client.rows(`indicators:${ID}:1m:sma( 20.0 )`);
    expect([(await rows.next()).value, (await rows.next()).value]).toMatchObject([{ t: 1 }, { t: 2 }]);
  });

  describe("as rows of a log", () => {
    const TRADES = `trades:${ID}`;
    const trade = (id: number, ts = id) => ({ id: `${id}`, ts, price: "1", quantity: "1", side: "buy" });
    const whole = (epoch: string, ids: { id: string; ts: number }[]) => (asked: Asked, peer: Peer) => {
      peer.send({ type: "ack", id: asked.id });
      peer.send({ type: "snapshot", ch: TRADES, epoch, seq: 9, part: [0, 1], data: ids });
    };
    async function ids(count: number, rows: AsyncIterator<{ id: string }>): Promise<string[]> {
      const taken: string[] = [];
      while (taken.length < count) taken.push(((await rows.next()) as { value: { id: string } }).value.id);
      return taken;
    }

    it("come once, also from a node that has begun anew", async () => {
      node.onAsked = whole("e1", [trade(1), trade(2), trade(3)]);
      const rows = client.rows(TRADES);
      expect(await ids(3, rows)).toEqual(["1", "2", "3"]);
      node.onAsked = whole("e2", [trade(2), trade(3), trade(4)]);
      node.newest.cut();
      expect(await ids(1, rows)).toEqual(["4"]);
      node.newest.send({ type: "trade", ch: TRADES, seq: 10, ts: 5, data: trade(5) });
      expect(await ids(1, rows)).toEqual(["5"]);
    });

    it("come again when the market has gone back", async () => {
      node.onAsked = whole("e1", [trade(1), trade(2), trade(3)]);
      const rows = client.rows(TRADES);
      await ids(3, rows);
      node.onAsked = whole("e2", [trade(1), trade(2)]);
      node.newest.cut();
      expect(await ids(2, rows)).toEqual(["1", "2"]);
    });

    it("come again when it has gone back to its begin", async () => {
      node.onAsked = whole("e1", [trade(1), trade(2), trade(3)]);
      const rows = client.rows(TRADES);
      await ids(3, rows);
      node.onAsked = whole("e2", []);
      const before = node.newest;
      before.cut();
      await node.until(() => node.newest !== before && node.newest.asked.length === 1);
      node.newest.send({ type: "trade", ch: TRADES, seq: 10, ts: 1, data: trade(1) });
      expect(await ids(1, rows)).toEqual(["1"]);
    });
  });

  it("say when the market has nothing of that kind", async () => {
    const ch = `trades:${ID}`;
    node.onAsked = ({ id }, peer) => {
      peer.send({ type: "ack", id });
      peer.send({ type: "snapshot", ch, epoch: "e", seq: 0, part: [0, 1], data: [], source: "none" });
    };
    const hasSource = await new Promise((resolve) => {
      client.subscribe([ch], { onSnapshot: (_rows, _channel, about) => resolve(about.hasSource) });
    });
    expect(hasSource).toBe(false);
  });

  it("sign in first where a token is given", async () => {
    const signedIn = new Client(node.url, { token: "secret" });
    signedIn.subscribe(["status"], {});
    await node.until(() => node.newest?.asked.length === 2);
    expect(node.newest.asked).toMatchObject([{ op: "auth", token: "secret" }, { op: "subscribe" }]);
    signedIn.close();
  });
});

describe("REST", () => {
  it("fills addresses, sends bodies and the token", async () => {
    node.onRequest = () => ({ body: { instrument_id: ID } });
    const { rest } = new Client(node.url, { token: "secret" });
    await rest.get("/api/v1/instruments/{instrument_id}", { instrument_id: "A/B.SIM" });
    expect(node.requests[0]).toMatchObject({
      url: "/api/v1/instruments/A%2FB.SIM",
      method: "GET",
      authorization: "Bearer secret",
    });
  });

  it("gives what is no JSON as text, with the token", async () => {
    node.onRequest = () => ({ body: "a page" });
    const { rest } = new Client(node.url, { token: "secret" });
    const page = await rest.text("/api/v1/models/{model_id}/report", { model_id: "gbt-1" });
    expect(page).toBe(JSON.stringify("a page"));
    expect(node.requests[0]).toMatchObject({ url: "/api/v1/models/gbt-1/report", authorization: "Bearer secret" });
    node.onRequest = () => ({ status: 404, body: { code: "not_found", detail: "no" } });
    await expect(rest.text("/api/v1/models/{model_id}/report", { model_id: "x" })).rejects.toMatchObject({ status: 404 });
  });

  it("tells why it was refused", async () => {
    const refusal = client.rest.get("/api/v1/status");
    await expect(refusal).rejects.toBeInstanceOf(ApiError);
    await expect(refusal).rejects.toMatchObject({ status: 404, code: "not_found", message: "no" });
    node.stop();
    await expect(client.rest.get("/api/v1/status")).rejects.toMatchObject({ status: 0, code: "unreachable" });
  });

  it("tells of an answer that was cut off as of none", async () => {
    node.onRequest = () => ({ headers: { "content-length": "1000", connection: "close" }, body: { state: "run" } });
    const cut = client.rest.get("/api/v1/status");
    await expect(cut).rejects.toBeInstanceOf(ApiError);
    await expect(cut).rejects.toMatchObject({ status: 0, code: "unreachable" });
  });

  it("takes a node that goes on saying nothing for one that is away", async () => {
    const ended = new Promise<void>((resolve) => {
      node.onSilent = resolve;
    });
    const patient = new Client(node.url, { timeoutMs: 100 });
    await expect(patient.rest.get("/api/v1/status")).rejects.toMatchObject({ status: 0, code: "unreachable" });
    await ended; // it holds nothing open either
  });

  it("waits once when told how long", async () => {
    node.onRequest = () =>
      node.requests.length === 1
        ? { status: 429, headers: { "retry-after": "0.05" }, body: { code: "rate_limited", detail: "slower" } }
        : { body: { state: "running" } };
    expect(await client.rest.get("/api/v1/status")).toEqual({ state: "running" });
  });
});
