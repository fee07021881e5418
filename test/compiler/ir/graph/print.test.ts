/** Keys of operations are the same exactly where the operations are. That the whole text form is read back is in `parse.test.ts`. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { at } from "../../../../compiler/base/at.js";
import { isSameData } from "../../../../compiler/base/same-data.js";
import type { Operation } from "../../../../compiler/ir/graph/graph-function.js";
import { operationKey } from "../../../../compiler/ir/graph/print.js";
import { arbitraryGraph } from "../../../support/arbitrary-graph.js";
import { functionOf } from "../../../support/graph-text.js";

const operationsOf = (text: string): readonly Operation[] =>
  functionOf(text).instructions.map(({ operation }) => operation);

/** Two of them are the same by their keys where they are the same by their data, and nowhere else. */
function expectSameByKey(operations: readonly Operation[]): void {
  const keys = operations.map(operationKey);
  for (const [i, one] of operations.entries()) {
    for (const [j, other] of operations.entries())
      if (isSameData(one, other) !== (keys[i] === keys[j])) expect.fail(`${keys[i]!} and ${keys[j]!}`);
  }
}

test("of random graphs", () => {
  fc.assert(
    fc.property(arbitraryGraph(24, true), arbitraryGraph(24, true), (one, other) => {
      // Of the functions inside of operations the data has their origins, too.
      const plain = [...one.fn.instructions, ...other.fn.instructions].filter(
        ({ operation: { kind } }) => kind !== "scan" && kind !== "custom_derivative",
      );
      expectSameByKey(plain.map(({ operation }) => operation));
    }),
    { numRuns: 20, seed: 1 },
  );
});

test("of what is alike but for one field", () => {
  expectSameByKey([
    ...[0, -0, NaN, 1e21].map((value): Operation => ({ kind: "constant", dtype: "real", value })),
    { kind: "constant", dtype: "index", value: 0 },
    ...operationsOf(`func f(%x: real[2, 2], %y: real[2, 2], %a: real[S, 2]) -> (z: %x) {
      %s: real[2, 2] = stop_gradient %x
      %t: real[2, 2] = stop_gradient exact %x
      %c: real[2, 2] = contract [0 1] [1 2] -> [0 2] %x, %y
      %d: real[2, 2] = contract [0 1] [1 2] -> [0 2] parts 4 %x, %y
      %e: real[2, 2] = contract strong [0 1] [1 2] -> [0 2] %x, %y
      %i: shared real[2] = iota 2
      %j: shared real[2] = iota 2 places
      %k: real[4, 2] = concat axis 0 %x, %y
      %l: real[4, 2] = concat axis 0 state h %x, %y
      %m: real[4, 2] = concat axis 0 state h before %x, %y
      %n: real[S + 2, 2] = concat axis 0 state h "before" %x, %a
    }`),
  ]);
});

test("of operations with functions inside counts these, and not the places that they come from", () => {
  const declared = (strength: string): Operation =>
    at(
      operationsOf(`func f(%x: real[2]) -> (y: %y) {
        %y: real[2] = custom_derivative arguments 1 %x, %x tangent
          func y(%dy: real[2]) -> (y: %d) {
            %d: real[2] = ${strength} %dy
          }
      }`),
      0,
    );
  expect(operationKey(declared("neg"))).toBe(operationKey(declared("neg")));
  expect(operationKey(declared("neg"))).not.toBe(operationKey(declared("tanh")));
});
