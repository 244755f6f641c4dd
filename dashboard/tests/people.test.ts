import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ApiError, Auth, Client } from "whisperer-client";
import { FakeIssuer } from "../../client/ts/tests/fake-issuer.ts";
import { FakeNode } from "../../client/ts/tests/fake-node.ts";
import { endsIn } from "../src/people/ending";
import { codesText, grouped } from "../src/people/factor";
import { judgePassword } from "../src/people/password";
import { has, Person, type Presence } from "../src/people/person";
import { actionText, detailText, refusalText, rolesText, waitText } from "../src/people/words";

const USER = { user_id: "u-ada", email: "ada@x", roles: ["trader"] };
const SESSION = { user: USER, pending: null, roles: ["viewer", "trader"], until_ms: 9e15, session_id: "s" };

describe("who sits before the page", () => {
  let node: FakeNode;
  let issuer: FakeIssuer;
  let auth: Auth;
  let person: Person;
  let said: object;
  let gone: number;

  beforeEach(async () => {
    node = await new FakeNode().start();
    issuer = new FakeIssuer(node);
    const answer = node.onRequest;
    said = SESSION;
    node.onRequest = (url, method) => {
      const given = answer(url, method);
      return url.pathname === "/api/v1/session" && !given.status ? { body: said } : given;
    };
    auth = new Auth(node.url, { now: () => issuer.now });
    gone = 0;
    person = new Person(new Client(node.url, { token: auth }).rest, auth, () => (gone += 1));
    person.start();
  });

  afterEach(() => {
    auth.close();
    node.stop();
  });

  async function until(isSo: (presence: Presence) => boolean): Promise<void> {
    while (!isSo(person.presence.get())) await new Promise((resolve) => setTimeout(resolve, 2));
  }

  it("is not asked for on a node without users", () => {
    expect(person.presence.get().phase).toBe("unknown");
    auth.greeted("local");
    expect(person.presence.get().phase).toBe("everybody");
    expect(node.requests).toEqual([]);
  });

  it("is a stranger until the sign-in, and then who the node says", async () => {
    auth.greeted("required");
    expect(person.presence.get().phase).toBe("stranger");
    await auth.signIn("ada@x", "right");
    await until(({ phase }) => phase === "person");
    expect(has(person.presence.get(), "trader")).toBe(true);
    expect(has(person.presence.get(), "admin")).toBe(false);
  });

  it("waits for what is missing before anything is shown", async () => {
    auth.greeted("required");
    said = { ...SESSION, pending: "password" };
    await auth.signIn("ada@x", "right");
    await until(({ phase }) => phase === "pending");
    expect(has(person.presence.get(), "viewer")).toBe(false);
    said = SESSION;
    await person.refresh();
    expect(person.presence.get().phase).toBe("person");
  });

  it("keeps the page when the session ends, and asks over it for what a new one is missing", async () => {
    auth.greeted("required");
    await auth.signIn("ada@x", "right");
    await until(({ phase }) => phase === "person");
    issuer.revoke();
    await auth.renew();
    expect([auth.state.get().phase, person.presence.get().phase, gone]).toEqual(["ended", "person", 0]);
    said = { ...SESSION, pending: "second_factor" };
    await auth.signIn("ada@x", "right");
    while (person.waiting.get() === null) await new Promise((resolve) => setTimeout(resolve, 2));
    expect(person.presence.get().phase).toBe("person");
  });

  it("is forgotten with everything when it signs out, or is somebody else", async () => {
    auth.greeted("required");
    await auth.signIn("ada@x", "right");
    await until(({ phase }) => phase === "person");
    said = { ...SESSION, user: { ...USER, user_id: "u-bob" } };
    await person.refresh();
    expect(gone).toBe(1);
    await auth.signOut();
    expect([person.presence.get().phase, gone]).toEqual(["stranger", 2]);
  });

  it("is asked for again while the node does not answer, and nobody is thrown out", async () => {
    auth.greeted("required");
    await auth.signIn("ada@x", "right");
    await until(({ phase }) => phase === "person");
    node.stop();
    await person.refresh();
    expect(person.fault.get()).toBe("The node does not answer.");
    expect(person.presence.get().phase).toBe("person");
  });
});

describe("the end of a sign-in", () => {
  const state = (trouble: "refused" | "unreachable" | null, left: number) =>
    ({ phase: "in", userId: "u", email: "e", expiresMs: 1_000_000 + left, trouble }) as const;

  it("is told as soon as a renewal was refused, minutes before", () => {
    expect(endsIn(state("refused", 290_000), null, 1_000_000)).toEqual({ leftMs: 290_000, why: "renewal" });
    expect(endsIn(state(null, 10_000), null, 1_000_000)).toBeNull();
  });

  it("is not told of a node that is away for a moment", () => {
    expect(endsIn(state("unreachable", 290_000), null, 1_000_000)).toBeNull();
    expect(endsIn(state("unreachable", 100_000), null, 1_000_000)).toMatchObject({ why: "renewal" });
  });

  it("is told of a session that has lasted as long as one may", () => {
    expect(endsIn(state(null, 800_000), 1_200_000, 1_000_000)).toEqual({ leftMs: 200_000, why: "session" });
    expect(endsIn({ phase: "out" }, 1_200_000, 1_000_000)).toBeNull();
  });
});

describe("a new password", () => {
  const of = (text: string, old = "") => judgePassword(text, "ada@example.org", old, 12);

  it("is told the rule, then how far it is from it", () => {
    expect(of("")).toMatchObject({ tone: "plain", text: "At least 12 characters", isRefused: true });
    expect(of("elevenchars")).toMatchObject({ text: "At least 12 characters, 1 more to go", isRefused: true });
    expect(of("äöüäöüäöüäöü").isRefused).toBe(false);
  });

  it("may not be what everybody knows of its owner, nor the one before", () => {
    expect(of("xx Ada@Example.org xx")).toMatchObject({ isRefused: true });
    expect(of("the one before it", "the one before it")).toMatchObject({ isRefused: true });
    expect(of("é".repeat(600))).toMatchObject({ text: "Too long", isRefused: true });
  });

  it("is called weak when it is easy to guess", () => {
    expect(of("aaaaaaaaaaaaaa").tone).toBe("warn");
    expect(of("123456789012").tone).toBe("warn");
    expect(of("correct horse battery staple").text).toBe("Strong");
  });
});

describe("words", () => {
  it("say what a refusal means, and not more than the node does", () => {
    expect(refusalText(new ApiError(400, "invalid_credentials", "Invalid login credentials"))).toBe(
      "Email or password is wrong.",
    );
    expect(refusalText(new ApiError(0, "unreachable", "x"))).toMatch(/does not answer/);
    expect(refusalText(new ApiError(503, "store_unavailable", "trace"))).toBe(
      "The node could not do it. Try again in a moment.",
    );
    expect(refusalText(new ApiError(422, "weak_password", "too short"))).toBe("Too short");
  });

  it("count time as people do", () => {
    expect([1, 12_000, 60_000, 125_000].map(waitText)).toEqual(["1 s", "12 s", "1 min", "2 min 5 s"]);
  });

  it("name roles without those that others bring along", () => {
    expect(rolesText(["viewer", "trader", "admin"])).toBe("Admin, trader");
    expect(rolesText(["viewer"])).toBe("Viewer");
    expect(rolesText([])).toBe("No role");
  });

  it("tell an entry of the audit log, also one of a newer node", () => {
    expect(actionText("auth.sign_in")).toBe("Signed in");
    expect(actionText("auth.something_new")).toBe("auth.something_new");
    const session = "2e2cff49-1be6-4eb2-9080-2118dfefb8f3";
    expect(detailText({ session, roles: ["trader", "admin"], count: 2, nothing: null, more: { a: 1 } })).toBe(
      'session: 2e2cff49… · roles: trader, admin · count: 2 · more: {"a":1}',
    );
  });

  it("group a secret for typing, and keep codes as a file", () => {
    expect(grouped("ABCDEFGHIJ")).toBe("ABCD EFGH IJ");
    expect(codesText(["a-b", "c-d"], "ada@x")).toMatch(/ada@x[\s\S]*\na-b\nc-d\n$/);
  });
});
