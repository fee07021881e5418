/** Which values cross through memory into a later part, and what that part computes again. */
import { describe, expect, it } from "vitest";
import { chooseCrossingValues } from "../../../../compiler/passes/minimum-cut/choose-crossing-values.js";
import { context, functionOf } from "../../../support/graph-text.js";

interface Options {
  /** Inputs that cost nothing; all of them where left out. */
  readonly free?: readonly string[];
  readonly keepViews?: boolean;
}

/** What is kept and what is repeated, by name, where a later part reads `needed`. */
function choose(inputs: string, lines: string, needed: string, { free, keepViews }: Options = {}) {
  const fn = functionOf(`func f(${inputs}) -> () {\n${lines}\n}`);
  const idOf = (name: string): number => fn.names.indexOf(name);
  const isFree = (id: number): boolean => free?.includes(fn.names[id]!) ?? true;
  const { kept, recomputed } = chooseCrossingValues(fn, new Set(needed.split(" ").map(idOf)), context, {
    isFree,
    ...(keepViews !== undefined && { keepViews }),
  });
  return [kept.map((id) => fn.names[id]).join(" "), recomputed.map(({ results }) => fn.names[results[0]!]).join(" ")];
}

const x = "%x: real[4]";

describe("chooseCrossingValues", () => {
  it("keeps what is never repeated, and repeats what is cheap", () => {
    const lines = "%a: real[4] = tanh %x\n%b: real[4] = mul %a, %a\n%c: real[4] = neg %b";
    expect(choose(x, lines, "a c")).toEqual(["a", "b c"]);
    // Of two choices that cost the same, that with less to repeat.
    expect(choose(x, lines, "c")).toEqual(["c", ""]);
  });

  it("reads free inputs where they are, and keeps those that are not", () => {
    const lines = "%a: real[8, 4] = broadcast [8, 4] axes [1] %x";
    expect(choose(x, lines, "a")).toEqual(["", "a"]);
    expect(choose(x, lines, "a", { free: [] })).toEqual(["x", "a"]);
  });

  it.each([
    ["a function", "%a: real[4] = exp %x", "a", "r"],
    ["a product", "%a: real[4] = contract [0] [0] -> [0] %x, %x", "a", "r"],
    ["a reduction", "%s: real[] = reduce max axes [0] %x\n%a: real[4] = broadcast [4] axes [] %s", "s", "a r"],
    ["a gather", "%a: real[4] = gather %E, %i", "a", "r"],
  ])("never repeats %s", (_, lines, kept, recomputed) => {
    const inputs = `${x}, %E: shared real[5, 4], %i: index[]`;
    expect(choose(inputs, `${lines}\n%r: real[4] = neg %a`, "a r")).toEqual([kept, recomputed]);
  });

  it("keeps one narrow value rather than what is made of it", () => {
    const lines = "%e: real[4] = exp %x\n%w: real[8, 4] = broadcast [8, 4] axes [1] %e\n%n: real[8, 4] = neg %w";
    expect(choose(x, lines, "w n")).toEqual(["e", "w n"]);
  });

  it("keeps one sum rather than the two values that it is made of", () => {
    const lines = "%a: real[4] = exp %x\n%b: real[4] = sin %x\n%s: real[4] = add %a, %b\n%n: real[4] = neg %s";
    expect(choose(x, lines, "n")).toEqual(["n", ""]);
    // Needed anyway, they cost nothing more.
    expect(choose(x, lines, "a b n")).toEqual(["a b", "s n"]);
  });

  it("takes a long axis over time for larger than a cell", () => {
    const lines = "%e: real[%T, 4] = exp %t\n%s: real[4] = reduce sum axes [0] %e\n%r: real[%T, 4] = broadcast [%T, 4] axes [1] %s";
    expect(choose("%t: real[%T, 4]", lines, "r")).toEqual(["s", "r"]);
  }); // prettier-ignore

  it("never keeps constants and dimensions", () => {
    const lines = `%c: shared real[] = constant real 2
      %d: shared real[] = dimension H
      %p: shared real[] = mul %c, %d
      %r: shared real[4] = broadcast [4] axes [] %p`;
    expect(choose(x, lines, "r")).toEqual(["", "c d p r"]);
    expect(choose(x, lines, "c")).toEqual(["", "c"]);
  });

  it("never keeps a product that is only added to something, but the sum", () => {
    const lines = `%p: real[2] = contract [0 1] [1] -> [0] %W, %x
      %P: real[2, 4] = broadcast [2, 4] axes [0] %p
      %B: real[2, 4] = broadcast [2, 4] axes [] %b
      %Q: real[2, 4] = contract [0 1] [1] -> [0 1] %W, %x
      %s: real[2, 4] = add %B, %Q
      %n: real[2, 4] = neg %s`;
    const inputs = "%x: real[4], %W: shared real[2, 4], %b: real[]";
    expect(choose(inputs, lines, "n")).toEqual(["n", ""]);
    expect(choose(inputs, lines, "s n")).toEqual(["s", "n"]);
    // Read by itself it may be.
    expect(choose(inputs, lines, "Q n")).toEqual(["Q", "B s n"]);
  });

  it("looks through views where these cost nothing beside what they look at", () => {
    const lines = "%e: real[4] = exp %x\n%v: real[2] = slice axis 0 start 0 length 2 %e";
    expect(choose(x, lines, "v")).toEqual(["v", ""]);
    expect(choose(x, lines, "v", { keepViews: false })).toEqual(["e", "v"]);
  });

  it("does not keep or repeat what nothing needs", () => {
    expect(choose(x, "%a: real[4] = exp %x\n%b: real[4] = sin %x", "b")).toEqual(["b", ""]);
  });
});
