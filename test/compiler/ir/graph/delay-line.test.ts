/** Which carried values go on by one place in each step, and what lines that return look like. */
import { describe, expect, it } from "vitest";
import { delayLinesOf, linesOf } from "../../../../compiler/ir/graph/delay-line.js";
import type { Scan } from "../../../../compiler/ir/graph/scan.js";
import { functionOf } from "../../../support/graph-text.js";

/** A loop that carries `%l`, of which the body makes `%n`. */
function scanOf(lines: string, course = "", type = "real[4, 2]"): Scan {
  const fn = functionOf(`func f(%l0: ${type}, %xs: real[%T, 1, 2], %is: index[%T], %us: real[%T, 2]) -> (l: %last) {
    %last: ${type} = scan length %T carried 1 sequences 3${course} %l0, %xs, %is, %us body
      func step(%l: ${type}, %x: real[1, 2], %i: index[], %u: real[2]) -> (l: %n) {
        ${lines}
      }
  }`);
  const { operation } = fn.instructions[0]!;
  if (operation.kind !== "scan") throw new TypeError("no scan");
  return operation;
}

const kept = (start: number, length = 3): string => `%k: real[${length}, 2] = slice axis 0 start ${start} length ${length} %l`; // prettier-ignore

describe("a delay line", () => {
  it.each([
    ["front", `${kept(0)}\n%n: real[4, 2] = concat axis 0 %x, %k`],
    ["back", `${kept(1)}\n%n: real[4, 2] = concat axis 0 %k, %x`],
  ])("has new elements at its %s", (end, lines) => {
    const scan = scanOf(lines);
    const [line] = delayLinesOf(scan);
    const { names } = scan.body;
    expect(line).toMatchObject({ axis: 0, end });
    expect([line!.next, line!.entered, line!.kept].map((id) => names[id])).toEqual(["n", "x", "k"]);
  });

  it.each([
    ["whose elements stay", "%n: real[4, 2] = neg %l"],
    ["that turns round", `${kept(1)}\n%n: real[4, 2] = concat axis 0 %x, %k`],
    ["of another value", "%o: real[4, 2] = neg %l\n%k: real[3, 2] = slice axis 0 start 0 length 3 %o\n%n: real[4, 2] = concat axis 0 %x, %k"], // prettier-ignore
    ["that goes on by two places", `${kept(0, 2)}\n%n: real[4, 2] = concat axis 0 %x, %x, %k`],
  ])("is none %s", (_, lines) => {
    expect(delayLinesOf(scanOf(lines))).toEqual([undefined]);
  });
});

describe("a line that returns", () => {
  const lines = (start = 1, pad = "before 0 after 1"): string => `%s: real[4, 2] = scatter_add size 4 %i1, %u1
    %k: real[3, 2] = slice axis 0 start ${start} length 3 %l
    %p: real[4, 2] = pad axis 0 ${pad} %k
    %n: real[4, 2] = add %p, %s`;
  const scatter = "%i1: index[1] = reshape [1] %i\n%u1: real[1, 2] = reshape [1, 2] %u\n";
  const back = scatter + lines();

  it("has zeros for what comes in, and what is added anywhere", () => {
    const scan = scanOf(back, " reverse");
    const [line] = linesOf(scan);
    expect(line).toMatchObject({ axis: 0, end: "back" });
    expect(line).toHaveProperty("added", [scan.body.names.indexOf("s")]);
    expect(linesOf(scanOf(scatter + lines(0, "before 1 after 0"), " reverse"))).toMatchObject([{ end: "front" }]);
  });

  it.each([
    ["in a loop that runs ahead", back, ""],
    ["where zeros come in at the end that elements leave at", scatter + lines(1, "before 1 after 0"), " reverse"],
    ["where another element is read", `${back}\n%e: real[1, 2] = slice axis 0 start 2 length 1 %l`, " reverse"],
  ])("is none %s", (_, text, course) => {
    expect(linesOf(scanOf(text, course))).toEqual([undefined]);
  });

  it("may have the element read that leaves", () => {
    const [line] = linesOf(scanOf(`${back}\n%e: real[1, 2] = slice axis 0 start 0 length 1 %l`, " reverse"));
    expect(line).toMatchObject({ end: "back" });
  });
});
