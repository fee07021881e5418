import { describe, expect, it } from "vitest";
import { printFunction } from "../../../../compiler/ir/graph/print.js";
import { parseProgram } from "../../../../compiler/ir/graph/parse.js";
import { buildEntries } from "../../../../compiler/driver/entries.js";
import { checkSequenceProgram } from "../../../support/check-sequence-program.js";
import { cellFromStep, handBuiltLstm } from "../../../support/hand-built-cells.js";
import { programOfCell } from "../../../../compiler/program/cell-program.js";
import type { GraphFunction } from "../../../../compiler/ir/graph/graph-function.js";
import type { EntryProgram } from "../../../../compiler/program/entry.js";

const functionsOf = ({ entries }: EntryProgram): ReadonlyMap<string, GraphFunction> =>
  new Map([...entries.values()].map(({ name, fn }) => [name, fn]));

const sizes = [5, 2, 0, 3].map(
  (steps) =>
    new Map([
      ["%T", steps],
      ["I", 3],
      ["H", 4],
      ["S", steps + 1],
    ]),
);

describe("entries of a cell", () => {
  it("an LSTM's forward, backward, jvp and hvp agree with its equations", () => {
    const errors = checkSequenceProgram(handBuiltLstm(), sizes, 1);
    expect(errors.invalid).toEqual([]);
    expect(errors.forward).toBeLessThan(1e-13);
    expect(errors.transpose).toBeLessThan(1e-13);
    expect(errors.differences).toBeLessThan(1e-9);
    expect(errors.second).toBeLessThan(1e-8);
  });

  it("so do those of a cell with attention over a context of run-time size", () => {
    const cell = cellFromStep(
      "Attend",
      `func step(%h: real[H], %x: real[H], %m: real[S, H], %W: shared real[H, H], %v: shared real[H]) -> (h: %hn, alpha: %alpha) {
        %keys: real[S, H] = contract [0 1] [2 1] -> [0 2] %m, %W
        %q: real[S, H] = broadcast [S, H] axes [1] %h
        %s: real[S, H] = add %keys, %q
        %t: real[S, H] = tanh %s
        %scores: real[S] = contract [0 1] [1] -> [0] %t, %v
        %top: real[] = reduce max axes [0] %scores
        %topS: real[S] = broadcast [S] axes [] %top
        %d: real[S] = sub %scores, %topS
        %e: real[S] = exp %d
        %z: real[] = reduce sum axes [0] %e
        %zS: real[S] = broadcast [S] axes [] %z
        %alpha: real[S] = div %e, %zS
        %ctx: real[H] = contract [0] [0 1] -> [1] %alpha, %m
        %mix: real[H] = add %ctx, %x
        %sum: real[H] = add %mix, %h
        %hn: real[H] = tanh %sum
      }`,
      { states: ["h"], inputs: ["x"], contexts: ["m"], params: ["W", "v"], runtime: ["S"] },
    );
    const errors = checkSequenceProgram(cell, sizes, 2);
    expect(errors.invalid).toEqual([]);
    expect(errors.forward).toBeLessThan(1e-13);
    expect(errors.transpose).toBeLessThan(1e-13);
    expect(errors.differences).toBeLessThan(1e-8);
    expect(errors.second).toBeLessThan(1e-7);
  });

  it("dot products stay what they are over time and in derivatives, and matrix products too", () => {
    const cell = cellFromStep(
      "Dots",
      `func step(%h: real[H], %x: real[H], %W: shared real[H, H], %w: shared real[H]) -> (h: %hn, y: %y) {
        %wx: real[] = contract [0] [0] -> [] parts 4 %w, %x
        %wh: real[] = contract [0] [0] -> [] parts 4 %w, %h
        %y: real[] = add %wx, %wh
        %ys: real[H] = broadcast [H] axes [] %y
        %Wx: real[H] = contract [0 1] [1] -> [0] %W, %x
        %sum: real[H] = add %ys, %Wx
        %hn: real[H] = tanh %sum
      }`,
      { states: ["h"], inputs: ["x"], params: ["W", "w"] },
    );
    const errors = checkSequenceProgram(cell, sizes, 3);
    expect(errors.invalid).toEqual([]);
    expect(errors.second).toBeLessThan(1e-7);
    const functions = functionsOf(buildEntries(programOfCell(cell), { gradient: true, jvp: true, hvp: false }));
    const products = (entry: "forward" | "backward" | "jvp"): string[] =>
      [...printFunction(functions.get(entry)!).matchAll(/: (\S+\[.*\]) = contract .*?( parts 4)? %/gu)]
        .map(([, type, parts = ""]) => `${type!}${parts}`)
        .sort();
    expect(products("forward")).toEqual(["real[%T, H]", "real[%T] parts 4", "real[] parts 4"]);
    // Every value again, and its tangents by both of its sides.
    const forward = products("forward");
    expect(products("jvp")).toEqual([...forward, ...forward, ...forward].sort());
    expect(products("backward").filter((product) => product.endsWith("parts 4"))).toEqual([]);
  });

  it("an LSTM has one product before the loop and one in it, and its weight gradients after it", () => {
    const functions = functionsOf(
      buildEntries(programOfCell(handBuiltLstm()), { gradient: true, jvp: false, hvp: false }),
    );
    const count = (name: "forward" | "backward"): { outside: number; inside: number } => {
      const fn = functions.get(name);
      const contracts = (list: readonly { operation: { kind: string } }[] = []): number =>
        list.filter(({ operation }) => operation.kind === "contract").length;
      const scan = fn?.instructions.find(({ operation }) => operation.kind === "scan")?.operation;
      return {
        outside: contracts(fn?.instructions),
        inside: scan?.kind === "scan" ? contracts(scan.body.instructions) : -1,
      };
    };
    expect(count("forward")).toEqual({ outside: 1, inside: 1 });
    expect(count("backward")).toEqual({ outside: 3, inside: 1 });
  });

  it("prints every entry as text that reads back to the same text", () => {
    const functions = functionsOf(
      buildEntries(programOfCell(handBuiltLstm()), { gradient: true, jvp: true, hvp: true }),
    );
    for (const fn of functions.values()) {
      const text = printFunction(fn);
      const [parsed] = parseProgram(text).functions;
      expect(parsed && printFunction(parsed)).toBe(text);
    }
  });
});
