/** Along which axis operations go place by place, and where they do not. */
import { expect, test } from "vitest";
import { placeByPlace } from "../../../../compiler/ir/graph/place-by-place.js";
import { typeOf } from "../../../../compiler/ir/graph/values.js";
import { dim } from "../../../support/dims.js";
import { functionOf } from "../../../support/graph-text.js";

/** The first operand of the line along `axis`, and the others along theirs where they have some. */
function along(line: string, ...axes: readonly (number | undefined)[]): unknown {
  const fn = functionOf(
    `func f(%x: real[S, H], %w: real[H, H], %t: real[H, S], %b: real[4, S, H], %i: index[S], %h: index[H], %j: index[2]) -> (r: %r) {\n${line}\n}`,
  );
  const { operation, operands } = fn.instructions.at(-1)!;
  const placed = operands.map((id, i) => ({ shape: typeOf(fn, id).shape, axis: axes[i] }));
  const found = placeByPlace(operation, placed, dim("S"));
  return found && [found.result, ...found.along];
}

test.each([
  ["a function of each number", "%r: real[S, H] = tanh %x", [0], [0, 0]],
  ["two values at the same place", "%r: real[S, H] = add %x, %x", [0, 0], [0, 0, 0]],
  ["a product along what it keeps", "%r: real[S, H] = contract [0 1] [2 1] -> [0 2] %x, %w", [0], [0, 0, undefined]],
  ["not along what it sums", "%r: real[S, H] = contract [0 1] [2 1] -> [0 2] %x, %w", [1], undefined],
  ["a sum over another axis, which moves it", "%r: real[S] = reduce sum axes [0] %t", [1], [0, 1]],
  ["not a sum over it", "%r: real[S] = reduce sum axes [0] %t", [0], undefined],
  ["turned round", "%r: real[H, S] = transpose [1 0] %x", [0], [1, 0]],
  ["a part of another axis", "%r: real[S, 1] = slice axis 1 start 0 length 1 %x", [0], [0, 0]],
  ["not a part of it", "%r: real[1, H] = slice axis 0 start 0 length 1 %x", [0], undefined],
  ["a row for each place of an index", "%r: real[S, H] = gather %w, %i", [undefined, 0], [0, undefined, 0]],
  ["columns of a table", "%r: real[2, S] = gather %t, %j", [1, undefined], [1, 1, undefined]],
  ["not rows of a table that it is along", "%r: real[2, H] = gather %x, %j", [0, undefined], undefined],
  ["an element at each place, which both have", "%r: real[S] = gather along 1 %t, %i", [1, 0], [0, 1, 0]],
  ["an element at each place, which one has", "%r: real[S] = gather along 1 %t, %i", [1, undefined], [0, 1, 0]],
  ["what is beside such a place", "%r: real[S, H] = gather along 1 %b, %i", [2, undefined], [1, 2, undefined]],
  ["elements scattered to their places", "%r: real[4, S, H] = scatter_add along 1 size 4 %i, %x", [0, 0], [1, 0, 0]],
  ["rows scattered for each place", "%r: real[4, S] = scatter_add size 4 %h, %t", [undefined, 1], [1, undefined, 1]],
  ["not scattered to places of others", "%r: real[4, H] = scatter_add size 4 %i, %x", [0, 0], undefined],
  ["not backwards", "%r: real[S, H] = reverse axis 0 %x", [0], undefined],
])("%s", (_, line, axes, found) => {
  expect(along(line, ...axes)).toEqual(found);
});
