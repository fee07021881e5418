/** A scan whose operands become known in any order. */
import { expect, it } from "vitest";
import { dimSymbol, TIME_SYMBOL } from "../../../../compiler/base/types/dim.js";
import { GraphBuilder } from "../../../../compiler/ir/graph/build.js";
import { ScanBuilder } from "../../../../compiler/ir/graph/build-scan.js";
import { printFunction } from "../../../../compiler/ir/graph/print.js";
import { verifyFunction } from "../../../../compiler/ir/graph/verify.js";
import { shapeContext } from "../../../../compiler/ir/graph/shape-rules.js";

it("puts carried values first, then sequences, then invariants, each in the order in which they came", () => {
  const b = new GraphBuilder("f");
  const scalar = { dtype: "real", shape: [], shared: false } as const;
  const length = dimSymbol(TIME_SYMBOL);
  const [w, x, z] = [b.input("w", scalar), b.input("x", { ...scalar, shape: [length] }), b.input("z", scalar)];
  const loop = new ScanBuilder(b, "step");
  const weight = loop.input("invariant", "weight", scalar, w);
  const element = loop.input("sequence", "element", scalar, x);
  const other = loop.input("sequence", "other", scalar, x);
  const state = loop.input("carried", "state", scalar, z);
  const product = loop.inner.map("mul", weight, element);
  const sum = loop.inner.map("add", loop.inner.map("add", product, other), state);
  const [last, all] = loop.emit({ length, reverse: true, rounds: false, states: [] }, [
    { name: "next", value: sum },
    { name: "product", value: product },
  ]);
  const fn = b.finish([
    { name: "last", value: last! },
    { name: "all", value: all! },
  ]);
  expect(verifyFunction(fn, shapeContext([]))).toEqual([]);
  expect(printFunction(fn)).toBe(`func f(%w: real[], %x: real[%T], %z: real[]) -> (last: %3, all: %4) {
  %3: real[], %4: real[%T] = scan length %T carried 1 sequences 2 reverse %z, %x, %x, %w body
    func step(%state: real[], %element: real[], %other: real[], %weight: real[]) -> (next: %6, product: %4) {
      %4: real[] = mul %weight, %element
      %5: real[] = add %4, %other
      %6: real[] = add %5, %state
    }
}
`);
});
