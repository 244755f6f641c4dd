import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Auth, Client, MemoryShelf, type SignInShelf } from "../src/index.ts";
import { FakeIssuer } from "./fake-issuer.ts";
import { FakeNode } from "./fake-node.ts";

/** One shelf of a browser, as each of its tabs sees it. */
class SharedShelf {
  text: string | null = null;
  private readonly tabs = new Set<() => void>();
  private turn: Promise<unknown> = Promise.resolve();

  tab(): SignInShelf {
    let heard = () => {};
    return {
      load: () => this.text,
      save: (text) => {
        this.text = text;
        for (const other of this.tabs) if (other !== heard) queueMicrotask(other);
      },
      watch: (changed) => {
        heard = changed;
        this.tabs.add(changed);
        return () => this.tabs.delete(changed);
      },
      alone: (work) => {
        const mine = this.turn.then(work);
        this.turn = mine.catch(() => {});
        return mine;
      },
    };
  }
}

let node: FakeNode;
let issuer: FakeIssuer;
const opened: Auth[] = [];
const clients: Client[] = [];

function auth(shelf: SignInShelf = new MemoryShelf()): Auth {
  const made = new Auth(node.url, { shelf, now: () => issuer.now });
  opened.push(made);
  return made;
}

function client(token: Auth): Client {
  const made = new Client(node.url, { token });
  clients.push(made);
  return made;
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 2));
}

beforeEach(async () => {
  node = await new FakeNode().start();
  issuer = new FakeIssuer(node);
});

afterEach(() => {
  opened.splice(0).forEach((one) => one.close());
  clients.splice(0).forEach((one) => one.close());
  node.stop();
});

describe("a sign-in", () => {
  it("gives requests their token and never puts it into an address", async () => {
    const signed = auth();
    await signed.signIn("ada@x", "right");
    await client(signed).rest.get("/api/v1/status");
    expect(node.requests.at(-1)).toMatchObject({ url: "/api/v1/status", authorization: `Bearer ${issuer.newest}` });
    expect(node.requests.filter(({ url }) => url.includes(issuer.newest))).toEqual([]);
  });

  it("tells in the issuer's code why it was refused, and after how long to try again", async () => {
    const signed = auth();
    await expect(signed.signIn("ada@x", "wrong")).rejects.toMatchObject({ status: 400, code: "invalid_credentials" });
    issuer.refuseWith = { status: 429, body: { code: "over_request_rate_limit" }, headers: { "retry-after": "8" } };
    await expect(signed.signIn("ada@x", "wrong")).rejects.toMatchObject({ status: 429, retryAfterMs: 8_000 });
    expect(signed.state.get().phase).toBe("unknown");
  });

  it("renews a token that is near its end before it is used, once for all that wait", async () => {
    const signed = auth();
    await signed.signIn("ada@x", "right");
    issuer.now += 899_000;
    const { rest } = client(signed);
    await Promise.all([rest.get("/api/v1/status"), rest.get("/api/v1/status"), rest.get("/api/v1/status")]);
    expect(issuer.renewals).toBe(1);
    expect(node.requests.slice(-3).map(({ authorization }) => authorization)).toEqual(
      Array(3).fill(`Bearer ${issuer.newest}`),
    );
  });

  it("sends what was refused as expired again with another token, also what changes something", async () => {
    const signed = auth();
    await signed.signIn("ada@x", "right");
    issuer.expire();
    await client(signed).rest.send("post", "/api/v1/deadman", { timeout_s: 60 });
    const sent = node.requests.filter(({ url }) => url === "/api/v1/deadman");
    expect(sent.map(({ body }) => body)).toEqual([sent[0]!.body, sent[0]!.body]);
    expect(issuer.renewals).toBe(1);
  });

  it("ends when a used token can be renewed no more, and asks nothing from then on", async () => {
    const signed = auth();
    await signed.signIn("ada@x", "right");
    issuer.revoke();
    const { rest } = client(signed);
    await expect(rest.get("/api/v1/status")).rejects.toMatchObject({ status: 401 });
    expect(signed.state.get()).toMatchObject({ phase: "ended", email: "ada@x" });
    const asked = node.requests.length;
    await expect(rest.get("/api/v1/status")).rejects.toMatchObject({ status: 401, code: "unauthorized" });
    expect(node.requests).toHaveLength(asked);
  });

  it("is not over because the node is away", async () => {
    const signed = auth();
    await signed.signIn("ada@x", "right");
    issuer.now += 901_000;
    node.stop();
    expect(await signed.renew()).toBe(false);
    expect(signed.state.get()).toMatchObject({ phase: "in", trouble: "unreachable" });
  });

  it("warns minutes before the end when a renewal in time is refused", async () => {
    issuer.lifetimeS = 0.5;
    const signed = auth();
    issuer.refuseRenewal = true;
    await signed.signIn("ada@x", "right");
    await until(() => (signed.state.get() as { trouble?: unknown }).trouble === "refused");
    const state = signed.state.get() as { expiresMs: number };
    expect(state.expiresMs).toBeGreaterThan(issuer.now);
    issuer.now = state.expiresMs;
    await until(() => signed.state.get().phase === "ended");
  });

  it("is forgotten by signing out, also at the node and also when that is away", async () => {
    const shelf = new MemoryShelf();
    const signed = auth(shelf);
    await signed.signIn("ada@x", "right");
    const token = issuer.newest;
    await signed.signOut();
    expect(node.requests.at(-1)).toMatchObject({ url: "/api/v1/session/end", authorization: `Bearer ${token}` });
    await signed.signIn("ada@x", "right").catch(() => {});
    node.stop();
    await signed.signOut();
    expect([shelf.load(), signed.state.get().phase]).toEqual([null, "out"]);
  });

  it("signs nobody in on a node without users, whatever is kept", async () => {
    const signed = auth();
    await signed.signIn("ada@x", "right");
    const talking = client(signed);
    talking.subscribe(["status"], {});
    await node.until(() => node.newest?.asked.length === 1);
    expect(node.newest.asked[0]?.op).toBe("subscribe");
    await talking.rest.get("/api/v1/status");
    expect(node.requests.at(-1)?.authorization).toBeUndefined();
  });
});

it("keeps nobody waiting for ever for a node that says nothing", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  try {
    const signed = auth();
    const { watchers } = signed.state as unknown as { watchers: Set<unknown> };
    const ends: Promise<unknown>[] = [];
    for (let turn = 0; turn < 100; turn += 1) {
      ends.push(signed.current().catch((error: unknown) => error));
      await vi.advanceTimersByTimeAsync(2_000);
      expect(watchers.size).toBeLessThanOrEqual(6);
    }
    await vi.advanceTimersByTimeAsync(10_000);
    for (const end of await Promise.all(ends)) expect(end).toMatchObject({ status: 0, code: "unreachable" });
    const waiting = signed.current();
    signed.greeted("local");
    expect(await waiting).toBeNull();
    expect([watchers.size, vi.getTimerCount()]).toEqual([0, 0]);
  } finally {
    vi.useRealTimers();
  }
});

describe("tabs that share a sign-in", () => {
  it("renew it once, by one of them", async () => {
    const shelf = new SharedShelf();
    const one = auth(shelf.tab());
    await one.signIn("ada@x", "right");
    const other = auth(shelf.tab());
    issuer.expire();
    await Promise.all([client(one).rest.get("/api/v1/status"), client(other).rest.get("/api/v1/status")]);
    expect(issuer.renewals).toBe(1);
    expect(await other.current()).toBe(issuer.newest);
  });

  it("sign in and out together", async () => {
    const shelf = new SharedShelf();
    const [one, other] = [auth(shelf.tab()), auth(shelf.tab())];
    await one.signIn("ada@x", "right");
    await until(() => other.state.get().phase === "in");
    await other.signOut();
    await until(() => one.state.get().phase === "out");
  });
});

describe("a connection of a signed-in person", () => {
  beforeEach(() => {
    node.hello = { ...node.hello, auth: "required" };
  });

  it("waits for the sign-in, and asks for nothing before", async () => {
    const signed = auth();
    const talking = client(signed);
    talking.subscribe(["status"], {});
    await until(() => talking.link.phase === "refused");
    expect(signed.state.get().phase).toBe("out");
    expect(node.newest.asked).toEqual([]);
    await signed.signIn("ada@x", "right");
    talking.connection.hurry();
    await node.until(() => node.newest.asked.length === 2);
    expect(node.newest.asked).toMatchObject([{ op: "auth", token: issuer.newest }, { op: "subscribe" }]);
  });

  it("takes a renewed token while it stands", async () => {
    const signed = auth();
    await signed.signIn("ada@x", "right");
    client(signed).subscribe(["status"], {});
    await node.until(() => node.newest?.asked.length === 2);
    await signed.renew();
    await node.until(() => node.newest.asked.length === 3);
    expect(node.newest.asked[2]).toMatchObject({ op: "auth", token: issuer.newest });
    expect(node.peers).toHaveLength(1);
  });

  it("comes back with another token when the node closes it as expired", async () => {
    const signed = auth();
    await signed.signIn("ada@x", "right");
    client(signed).subscribe(["status"], {});
    await node.until(() => node.newest?.asked.length === 2);
    issuer.expire();
    node.newest.close(4401, "token expired");
    await node.until(() => node.peers.length === 2 && node.newest.asked.length === 2);
    expect(node.newest.asked[0]).toMatchObject({ op: "auth", token: issuer.newest });
  });

  it("comes back when its token was too late, with the same one", async () => {
    const signed = auth();
    await signed.signIn("ada@x", "right");
    client(signed).subscribe(["status"], {});
    await node.until(() => node.newest?.asked.length === 2);
    node.newest.close(4408, "auth_timeout");
    await node.until(() => node.peers.length === 2 && node.newest.asked.length === 2);
    expect(node.newest.asked).toMatchObject([{ op: "auth", token: issuer.newest }, { op: "subscribe" }]);
    expect(issuer.renewals).toBe(0);
  });

  it("is refused when the session has ended", async () => {
    const signed = auth();
    await signed.signIn("ada@x", "right");
    const talking = client(signed);
    talking.subscribe(["status"], {});
    await node.until(() => node.newest?.asked.length === 2);
    issuer.revoke();
    node.newest.close(4401, "session revoked");
    await until(() => talking.link.phase === "refused");
    expect(signed.state.get().phase).toBe("ended");
  });
});
