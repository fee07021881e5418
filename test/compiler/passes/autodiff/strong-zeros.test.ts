/** Which cotangents may hold zeros of what was not chosen, going backwards from the outputs. */
import { describe, expect, it } from "vitest";
import { type OutputZeros, strongZeros } from "../../../../compiler/passes/autodiff/strong-zeros.js";
import { functionOf } from "../../../support/graph-text.js";

const inputs = "%x: real[4], %z: real[4], %s: real[], %t: real[]";

/** The strengths of values with a cotangent, by name, where `%y` is the output. */
function strengths(lines: string, outputs: OutputZeros = ["none"]): Record<string, string> {
  const fn = functionOf(`func f(${inputs}) -> (y: %y) {\n${lines}\n}`);
  return Object.fromEntries([...strongZeros(fn, outputs).values].map(([id, own]) => [fn.names[id] ?? "", own]));
}

const mask = "%m: bool[] = lt %s, %t\n%M: bool[4] = broadcast [4] axes [] %m";

describe("strongZeros", () => {
  it("has none where nothing is chosen", () => {
    expect(strengths("%a: real[4] = mul %x, %z\n%y: real[4] = tanh %a")).toEqual({ y: "none", a: "none", x: "none", z: "none" });
  }); // prettier-ignore

  it("hands on those of an output", () => {
    expect(strengths("%y: real[4] = mul %x, %z", ["rows"])).toEqual({ y: "rows", x: "rows", z: "rows" });
    expect(strengths("%y: real[4] = mul %x, %z", ["elements"])).toEqual({
      y: "elements",
      x: "elements",
      z: "elements",
    });
    expect(strengths("%y: real[4] = mul %x, %z", [undefined])).toEqual({});
  });

  it("has rows of them behind a mask, and single elements where each decides by itself", () => {
    expect(strengths(`${mask}\n%y: real[4] = select %M, %x, %z`)).toMatchObject({ x: "rows", z: "rows" });
    const relu = "%c: shared real[] = constant real 0\n%C: shared real[4] = broadcast [4] axes [] %c\n%b: bool[4] = lt %C, %x";
    expect(strengths(`${relu}\n%y: real[4] = select %b, %x, %C`)).toMatchObject({ x: "elements" });
    expect(strengths("%y: real[4] = max %x, %z")).toMatchObject({ x: "elements", z: "elements" });
  }); // prettier-ignore

  it("has none where both sides of a choice come together again", () => {
    const both = `${mask}
      %a: real[4] = neg %x
      %y: real[4] = select %M, %x, %a`;
    expect(strengths(both)).toMatchObject({ a: "rows", x: "none" });
    const other = `${mask}
      %k: bool[] = lt %t, %s
      %K: bool[4] = broadcast [4] axes [] %k
      %a: real[4] = select %K, %z, %x
      %y: real[4] = select %M, %x, %a`;
    expect(strengths(other)).toMatchObject({ x: "rows" });
  });

  it("has none where another use has none", () => {
    expect(strengths(`${mask}\n%a: real[4] = select %M, %x, %z\n%y: real[4] = add %a, %x`)).toMatchObject({ x: "none", z: "rows" });
  }); // prettier-ignore

  it("has them where slices leave something out, and none where these are all of it", () => {
    const first = "%a: real[2] = slice axis 0 start 0 length 2 %x\n";
    const rest = (start: number): string => `${first}%b: real[2] = slice axis 0 start ${start} length 2 %x\n%y: real[2] = add %a, %b`;
    expect(strengths(`${first}%y: real[2] = neg %a`)).toMatchObject({ a: "none", x: "elements" });
    expect(strengths(rest(2))).toMatchObject({ x: "none" });
    expect(strengths(rest(1))).toMatchObject({ x: "elements" });
  }); // prettier-ignore

  it("gives nothing to what has no derivative", () => {
    expect(strengths("%a: real[4] = stop_gradient %x\n%y: real[4] = mul %a, %z")).toEqual({ y: "none", a: "none", z: "none" });
  }); // prettier-ignore

  it("goes round loops until nothing changes: a state has those of the step that follows", () => {
    const fn = functionOf(`func f(%h0: real[4], %xs: real[%T, 4]) -> (h: %l) {
      %l: real[4], %k: real[4] = scan length %T carried 2 sequences 1 %h0, %h0, %xs body
        func step(%h: real[4], %g: real[4], %x: real[4]) -> (h: %a, g: %b) {
          %a: real[4] = max %h, %x
          %b: real[4] = add %g, %a
        }
    }`);
    const { values, bodies } = strongZeros(fn, ["none"]);
    expect(bodies.get(fn.instructions[0]!)).toEqual(["elements", "none"]);
    expect(values.get(fn.inputs[1]!)).toBe("elements");
  });
});
