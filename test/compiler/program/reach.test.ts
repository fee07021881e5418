/** What values are made of, through loops and the steps before. */
import { expect, test } from "vitest";
import { inputsReaching } from "../../../compiler/program/reach.js";
import { functionOf } from "../../support/graph-text.js";

const loop =
  functionOf(`func f(%h0: real[H], %g0: real[H], %x: real[%T, H], %w: real[H], %u: real[H]) -> (y: %y, g: %g) {
  %h: real[H], %g: real[H], %y: real[%T, H] = scan length %T carried 2 sequences 1 %h0, %g0, %x, %w, %u body
    func step(%a: real[H], %b: real[H], %s: real[H], %w: real[H], %u: real[H]) -> (a: %c, b: %d, y: %c) {
      %c: real[H] = add %b, %s
      %d: real[H] = mul %b, %w
      %e: real[H] = mul %a, %u
    }
}`);
const all = { through: ({ operands }: { readonly operands: readonly number[] }) => operands };

test("what is carried is reached a step later", () => {
  // y is of b, and that of w; a and u come to nothing of it.
  expect([...inputsReaching(loop, [loop.outputs[0]!], all)].sort()).toEqual(["g0", "w", "x"]);
  expect([...inputsReaching(loop, [loop.outputs[1]!], all)].sort()).toEqual(["g0", "w"]);
});

test("rules say what goes through, and where the search starts besides", () => {
  const onlyFirst = { through: ({ operands }: { readonly operands: readonly number[] }) => operands.slice(0, 1) };
  expect([...inputsReaching(loop, [loop.outputs[0]!], onlyFirst)]).toEqual(["g0"]);
  const fn = functionOf(
    "func f(%x: real[H], %y: real[H]) -> (r: %r) {\n%z: real[H] = tanh %y\n%r: real[H] = neg %x\n}",
  );
  const found = inputsReaching(fn, [], { ...all, from: ({ operation, operands }) => (operation.kind === "map" && operation.op === "tanh" ? operands : []) }); // prettier-ignore
  expect([...found]).toEqual(["y"]);
});
