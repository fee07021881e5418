/** Which states of a loop need each other: groups, each after those that it reads. */
import { expect, it } from "vitest";
import { stateComponents } from "../../../../compiler/passes/graph/state-components.js";
import type { Scan } from "../../../../compiler/ir/graph/scan.js";
import { functionOf } from "../../../support/graph-text.js";

/** A loop in which the next value of each state is made of the listed states and the input `x`. */
function loopOf(reads: readonly (readonly string[])[]): Scan {
  const states = reads.map((_, i) => String.fromCharCode(97 + i));
  const typed = (suffix: string): string => states.map((state) => `%${state}${suffix}: real[3]`).join(", ");
  const lines = reads.flatMap((read, i) => {
    const links = read.map((state, n) => `%${states[i]!}.${n + 1}: real[3] = add %${states[i]!}.${n}, %${state}`);
    return [`%${states[i]!}.0: real[3] = tanh %x`, ...links];
  });
  const outputs = reads.map((read, i) => `${states[i]!}: %${states[i]!}.${read.length}`);
  const fn = functionOf(`func f(${typed("0")}, %xs: real[%T, 3]) -> () {
    ${typed("T")} = scan length %T carried ${states.length} sequences 1 ${states.map((s) => `%${s}0`).join(", ")}, %xs body
      func step(${typed("")}, %x: real[3]) -> (${outputs.join(", ")}) {
        ${lines.join("\n")}
      }
  }`);
  return fn.instructions[0]!.operation as Scan;
}

it.each([
  ["one state that reads itself", [["a"]], [[0]]],
  ["states that read nothing", [[], []], [[0], [1]]],
  ["states by themselves, in their order", [["a"], ["b"], ["c"]], [[0], [1], [2]]],
  ["a layer above reads the layer below", [["a"], ["a", "b"]], [[0], [1]]],
  ["the layer below stands second", [["a", "b"], ["b"]], [[1], [0]]],
  ["a circle of two", [["b"], ["a"]], [[0, 1]]],
  ["a circle of three, whatever the order", [["c"], ["a"], ["b"]], [[0, 1, 2]]],
  ["a circle and what reads it", [["b"], ["c"], ["b"]], [[1, 2], [0]]],
  [
    "a circle that reads another",
    [["b", "c"], ["a"], ["d"], ["c"]],
    [
      [2, 3],
      [0, 1],
    ],
  ],
  ["two that both read one, which stands last", [["c"], ["c"], []], [[2], [0], [1]]],
  ["a chain in reverse", [["b"], ["c"], ["d"], []], [[3], [2], [1], [0]]],
] as const)("%s", (_, reads, groups) => {
  expect(stateComponents(loopOf(reads))).toEqual(groups);
});
