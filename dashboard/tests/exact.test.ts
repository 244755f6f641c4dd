import { describe, expect, it } from "vitest";
import { Exact } from "../src/market/exact";

const of = Exact.of;

describe("exact decimals", () => {
  it("adds, takes away and multiplies without losing a digit", () => {
    expect(of("0.1").plus(of("0.2")).text).toBe("0.3");
    expect(of("1000000000000.000000000001").minus(of("0.000000000001")).short).toBe("1000000000000");
    expect(of("64123.50").times(of("0.05000")).short).toBe("3206.175");
    expect(of("-0.05").times(of("3")).text).toBe("-0.15");
  });

  it("divides and cuts off, and takes nothing by zero for nothing", () => {
    expect(of("1").over(of("3"), 4).text).toBe("0.3333");
    expect(of("100000").over(of("64000.10"), 6).text).toBe("1.562497");
    expect(of("0.123456789").over(of("1"), 2).text).toBe("0.12");
    expect(of("5").over(Exact.zero).text).toBe("0");
  });

  it("goes down to a step and to the nearest one", () => {
    expect(of("0.0512399").floor(of("0.00010")).text).toBe("0.05120");
    expect(of("7").floor(of("5")).text).toBe("5");
    expect(of("64000.07").round(of("0.10")).short).toBe("64000.1");
    expect(of("64000.04").round(of("0.10")).short).toBe("64000");
    expect(of("64003").round(of("5")).text).toBe("64005");
  });

  it("rounds halves away from zero", () => {
    expect(of("1.005").to(2).text).toBe("1.01");
    expect(of("-1.005").to(2).text).toBe("-1.01");
    expect(of("2").to(2).text).toBe("2.00");
  });

  it("compares and writes", () => {
    expect(of("0.10").compare(of("0.1"))).toBe(0);
    expect(of("-1").compare(of("0"))).toBe(-1);
    expect(of("0.0500").short).toBe("0.05");
    expect(of("100").short).toBe("100");
    expect(of("-0.50").text).toBe("-0.50");
  });

  it("reads what people type and refuses what is no amount", () => {
    expect(Exact.typed(" 1,250.5 ")?.text).toBe("1250.5");
    expect(Exact.typed(".5")?.text).toBe("0.5");
    expect(Exact.typed("3.")?.text).toBe("3");
    for (const text of ["", "-1", "1e5", "abc", "1.2.3", "1,2", "0x10"]) expect(Exact.typed(text)).toBeNull();
  });
});
