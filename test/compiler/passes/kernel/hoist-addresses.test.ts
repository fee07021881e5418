/** Parts of addresses that a loop does not change are computed once before it. */
import { describe, expect, it } from "vitest";
import { addAffine, affineConstant, affineVariable, scaleAffine } from "../../../../compiler/ir/kernel/affine.js";
import { printKernelFunction } from "../../../../compiler/ir/kernel/print.js";
import type { Affine, Statement } from "../../../../compiler/ir/kernel/types.js";
import { hoistAddresses, hoistAddressesPass } from "../../../../compiler/passes/kernel/hoist-addresses.js";
import { dimConstant, dimSymbol, multiplyDims } from "../../../../compiler/base/types/dim.js";
import { bodyOf, dedent, expectMeaning, kernelOf, planned } from "../../../support/kernel-text.js";

/** Σ of variables, each so many times, and numbers. */
const at = (...terms: readonly (string | readonly [string, number] | number | Affine)[]): Affine =>
  terms
    .map((term) => {
      if (typeof term === "number") return affineConstant(term);
      if (typeof term === "string") return affineVariable(term);
      return "terms" in term ? term : scaleAffine(affineVariable(term[0]), dimConstant(term[1]));
    })
    .reduce(addAffine, affineConstant(0));

const copy = (to: string, offset: Affine, from: string, source: Affine): Statement => ({
  kind: "store",
  access: { buffer: to, offset },
  value: { kind: "load", access: { buffer: from, offset: source }, dtype: "real" },
  mode: "set",
});
const loop = (variable: string, extent: number, ...body: Statement[]): Statement => ({
  kind: "for",
  variable,
  extent: { kind: "affine", value: affineConstant(extent) },
  step: 1,
  reverse: false,
  body,
});
const hoisted = (...body: Statement[]): string =>
  dedent(
    printKernelFunction({ name: "f", body: hoistAddresses(body) })
      .split("\n")
      .slice(1, -2)
      .join("\n"),
  );
const steps = affineConstant(multiplyDims(dimConstant(3), dimSymbol("%T")));

describe("hoist-addresses", () => {
  it("computes each part in front of the outermost loop that leaves it as it is", () => {
    const text = `func f(%input.x: real[%T, 4, 3], %param.W: shared real[4, 3]) -> (output.y: %y) {
      %W: real[%T, 4, 3] = broadcast [%T, 4, 3] axes [1 2] %param.W
      %y: real[%T, 4, 3] = mul %input.x, %W
    }`;
    const kernel = planned(kernelOf(text), hoistAddressesPass, undefined);
    expect(bodyOf(kernel)).toBe(
      dedent(`
      zero output.y of 12*%B*%T where an example is short in %T
      region forward y ; y elementwise
        for b < examples
          index xAt = b * (12*%T)
          for t < %T of b
            index xAt2 = t * 12 + xAt
            for i < 4
              index xAt3 = i * 3 + xAt2
              index WAt = i * 3
              for j < 3
                let v = mul(input.x[j + xAt3], param.W[WAt + j])
                output.y[j + xAt3] = v`),
    );
    expectMeaning(kernel, text);
  });

  it("leaves plain numbers where they are, so that neighbours share a base", () => {
    const row = ["r", 8] as const;
    expect(hoisted(loop("i", 4, copy("p.y", at(row, "i"), "p.y", at(row, "i", 128))))).toBe(
      dedent(`
      index yAt = r * 8
      for i < 4
        p.y[i + yAt] = p.y[i + yAt + 128]`),
    );
  });

  it("computes dimensions of the call, too", () => {
    expect(hoisted(loop("i", 4, copy("y", at("i"), "x", at("i", steps))))).toBe(
      dedent(`
      index xAt = 3*%T
      for i < 4
        y[i] = x[i + xAt]`),
    );
  });

  it("names a base after what is read, by no name that is taken", () => {
    const taken: Statement = { kind: "let_index", name: "xAt", value: { kind: "affine", value: affineConstant(1) } };
    const body = loop("i", 4, copy("step.y.next", at(["r", 8], "i"), "a.7", at(["q", 8], "i")));
    expect(hoisted(taken, body, loop("k", 2, copy("y", at("k"), "x", at(["r", 4], "k"))))).toBe(
      dedent(`
      index xAt = 1
      index yAt = r * 8
      index aAt = q * 8
      for i < 4
        step.y.next[i + yAt] = a.7[aAt + i]
      index xAt2 = r * 4
      for k < 2
        y[k] = x[k + xAt2]`),
    );
  });

  it("leaves alone what changes with the loop or something that it defines, and a base that is one variable", () => {
    const inside: Statement = { kind: "let_index", name: "n", value: { kind: "load", access: { buffer: "list", offset: at("i") } } }; // prettier-ignore
    expect(hoisted(loop("i", 4, inside, copy("y", at("r", "i"), "x", at(["n", 4], ["i", 2]))))).toBe(
      dedent(`
      for i < 4
        index n = list[i]
        y[i + r] = x[i * 2 + n * 4]`),
    );
  });

  it("leaves statements outside of loops alone, and goes into the parts of pieces", () => {
    const body = loop("i", 4, copy("y", at("i"), "x", at(["s", 8], "i")));
    const pieces: Statement = {
      kind: "pieces",
      steps: { from: "s", dim: dimSymbol("%T"), example: undefined, reverse: false },
      done: "done",
      carried: "carried",
      body: [body],
      carry: [copy("z", at(["r", 8]), "y", at(0))],
      finish: [body],
    };
    const base = ["index xAt = s * 8", "index xAt2 = s * 8"];
    const text = hoisted(pieces);
    expect(text.match(/index .*/gu)).toEqual(base);
    expect(text).toContain("z[r * 8] = y[0]");
  });
});
