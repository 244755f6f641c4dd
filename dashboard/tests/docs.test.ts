import { describe, expect, it } from "vitest";
import asyncDocument from "../asyncapi.json";
import document from "../openapi.json";
import { type AsyncContract, channelsOf } from "../src/docs/channels";
import { type Contract, endpointsByTag, members, type Parameter, refName } from "../src/docs/contract";
import { addressFor } from "../src/docs/try-it";
import { limitWords, typeWords } from "../src/docs/words";

const contract = document as unknown as Contract;

describe("a type in words", () => {
  it("names what a value is", () => {
    expect(typeWords({ $ref: "#/components/schemas/Bar" })).toBe("Bar");
    expect(typeWords({ type: "array", items: { $ref: "#/x/Bar" } })).toBe("list of Bar");
    expect(typeWords({ anyOf: [{ type: "string" }, { type: "null" }] })).toBe("text | null");
    expect(typeWords({ type: "object", additionalProperties: { type: "integer" } })).toBe("map of text to integer");
    expect(typeWords({ enum: ["long", "short"] })).toBe('"long" | "short"');
    expect(typeWords({ prefixItems: [{ type: "string" }, { type: "integer" }] })).toBe("[text, integer]");
  });

  it("names its limits, but not the widest number there is", () => {
    expect(limitWords({ minimum: 1, maximum: 10_000, default: 100 })).toBe("at least 1, at most 10,000, default 100");
    expect(limitWords({ minimum: 0, maximum: 2 ** 53 - 1 })).toBe("at least 0");
    expect(limitWords({ type: "string", maxLength: 64 })).toBe("at most 64 characters");
  });
});

describe("the contract of this node", () => {
  it("leads from every reference to a schema", () => {
    const { schemas } = contract.components;
    const named = [...JSON.stringify(document).matchAll(/"(#\/components\/schemas\/\w+)"/g)].map(([, ref]) =>
      refName(ref!),
    );
    expect(named.length).toBeGreaterThan(50);
    expect(named.filter((name) => !(name in schemas))).toEqual([]);
  });

  it("has all endpoints under tags, and the messages of the WebSocket", () => {
    const paths = [...endpointsByTag(contract).values()].flat().map(({ path }) => path);
    expect([...new Set(paths)].toSorted()).toEqual(Object.keys(contract.paths).toSorted());
    expect(members(contract.components.schemas.ClientMessage)).toContain("Subscribe");
    expect(members(contract.components.schemas.ServerMessage)).toContain("BarUpdate");
  });
});

it("has a channel for all that is told row by row, each with its parameters and an example", () => {
  const channels = channelsOf(asyncDocument as unknown as AsyncContract);
  const addresses = channels.map(({ address }) => address);
  expect(addresses).toContain("bars:{instrument_id}:{interval}");
  expect(addresses).not.toContain("/ws");
  for (const { address, parameters, messages, example } of channels) {
    expect([...address.matchAll(/{(\w+)}/g)].map(([, name]) => name)).toEqual(parameters.map(({ name }) => name));
    expect(messages.length).toBeGreaterThan(1);
    expect(example).toContain('"seq"');
  }
});

it("fills an address from a form", () => {
  const parameters: Parameter[] = [
    { name: "instrument_id", in: "path", schema: {} },
    { name: "limit", in: "query", schema: {} },
    { name: "cursor", in: "query", schema: {} },
  ];
  const form = new FormData();
  form.set("instrument_id", "BTC/USDT.SIM");
  form.set("limit", " 5 ");
  expect(addressFor("/api/v1/instruments/{instrument_id}", parameters, form)).toBe(
    "/api/v1/instruments/BTC%2FUSDT.SIM?limit=5",
  );
});
