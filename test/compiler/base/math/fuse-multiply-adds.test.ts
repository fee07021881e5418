/** Which multiplications and additions of a function may be one operation. */
import { describe, expect, it } from "vitest";
import { evaluateFunction } from "../../../../compiler/base/math/evaluate.js";
import {
  add,
  countUses,
  isPrimitive,
  lt,
  mul,
  neg,
  type ScalarExpr,
  type ScalarFunction,
  scalarFunction,
  select,
  sub,
} from "../../../../compiler/base/math/expr.js";
import { fuseMultiplyAdds } from "../../../../compiler/base/math/fuse-multiply-adds.js";
import { mathFunctions, mathNames } from "../../../../compiler/base/math/functions.js";
import { argumentRows } from "./support.js";

/** `madd` and `nmadd` where a product is marked to be added to the other operand, or subtracted from it. */
function shown(e: ScalarExpr): string {
  if (!isPrimitive(e)) return e.op === "constant" ? String(e.value) : e.name;
  if (e.fused === undefined) return `${e.op}(${e.operands.map(shown).join(", ")})`;
  const [product, rest] = [e.operands[e.fused]!, e.operands[1 - e.fused]!];
  return `${e.op === "add" ? "madd" : "nmadd"}(${shown(product)}, ${shown(rest)})`;
}

type Rule = (x: ScalarExpr, y: ScalarExpr, z: ScalarExpr) => ScalarExpr;

const of = (rule: Rule): ScalarFunction => scalarFunction("f", "f64", ["x", "y", "z"], (x, y, z) => rule(x!, y!, z!));
const fused = (rule: Rule): string => shown(fuseMultiplyAdds(of(rule)).body);

it("sums with a product, whichever side that is on, and differences that it is taken from", () => {
  expect(fused((x, y, z) => add(mul(x, y), z))).toBe("madd(mul(x, y), z)");
  expect(fused((x, y, z) => add(z, mul(x, y)))).toBe("madd(mul(x, y), z)");
  expect(fused((x, y, z) => sub(z, mul(x, y)))).toBe("nmadd(mul(x, y), z)");
  // Of two products one is rounded by itself: the first.
  expect(fused((x, y, z) => add(mul(x, y), mul(y, z)))).toBe("madd(mul(y, z), mul(x, y))");
  expect(fused((x, y, z) => add(mul(add(mul(x, y), z), y), x))).toBe("madd(mul(madd(mul(x, y), z), y), x)");
});

it("of what is subtracted from a product only a constant, whose sign it changes", () => {
  expect(fused((x, y) => sub(mul(x, y), 3))).toBe("madd(mul(x, y), -3)");
  const text = shown(of((x, y, z) => sub(mul(x, y), z)).body);
  expect(fused((x, y, z) => sub(mul(x, y), z))).toBe(text);
});

describe("left as it is, the same object,", () => {
  it.each<[string, Rule]>([
    ["a product that something else needs", (x, y, z) => select(lt(mul(x, y), z), add(mul(x, y), z), z)],
    ["a product added to itself", (x, y) => add(mul(x, y), mul(x, y))],
    ["a product that is negated in between", (x, y, z) => add(neg(mul(x, y)), z)],
    ["no product", (x, y, z) => add(sub(x, y), z)],
  ])("%s", (_, rule) => {
    const fn = of(rule);
    expect(fuseMultiplyAdds(fn)).toBe(fn);
  });

  it.each(["sign", "clamp"] as const)("%s", (name) => {
    for (const type of ["f32", "f64"] as const)
      expect(fuseMultiplyAdds(mathFunctions[name][type])).toBe(mathFunctions[name][type]);
  });
});

it.each(mathNames)("%s rounded twice keeps its bits, and computes nothing more than once", (name) => {
  for (const type of ["f32", "f64"] as const) {
    const fn = mathFunctions[name][type];
    const marked = fuseMultiplyAdds(fn);
    const rows = argumentRows(name, type, 40);
    const step = Math.ceil(rows.length / 200);
    for (const row of rows.filter((_, i) => i % step === 0))
      expect(evaluateFunction(marked, ...row), row.join()).toBe(evaluateFunction(fn, ...row));
    const count = ({ body }: ScalarFunction): number => [...countUses(body).keys()].filter(isPrimitive).length;
    expect(count(marked)).toBe(count(fn));
  }
});
