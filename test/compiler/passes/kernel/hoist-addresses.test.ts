/** Parts of addresses that a loop does not change are computed once before it. */
import { describe, expect, it } from "vitest";
import { collectNames } from "../../../../compiler/ir/kernel/bound-names.js";
import { parseKernelBody } from "../../../../compiler/ir/kernel/parse.js";
import type { Statement } from "../../../../compiler/ir/kernel/kernel-program.js";
import { hoistAddresses, hoistAddressesPass } from "../../../../compiler/passes/kernel/hoist-addresses.js";
import {
  bodyOf,
  dedent,
  expectMeaning,
  expectStatements,
  kernelOf,
  planned,
  rewritten,
} from "../../../support/kernel-text.js";

function expectHoisted(before: string, after: string): void {
  const hoisted = (statements: readonly Statement[]): Statement[] => {
    const bound = new Set<string>();
    collectNames(statements, bound);
    return hoistAddresses(statements, bound);
  };
  expect(rewritten(dedent(before), hoisted)).toBe(dedent(after));
}

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
          index row = b * (12*%T)
          for t < %T of b
            index row2 = row + t * 12
            for i < 4
              index row3 = i * 3 + row2
              index row4 = i * 3
              for j < 3
                let v = mul(input.x[j + row3], param.W[j + row4])
                output.y[j + row3] = v`),
    );
    expectMeaning(kernel, text);
  });

  it("gives the same numbers, with a base of each row", () => {
    expectStatements(
      hoistAddressesPass,
      undefined,
      `
      buffer x: real[8] external persistent
      buffer y: real[8] external persistent`,
      `
      for i < 2
        for j < 4
          y[i * 4 + j] = x[j * 2 + i]`,
      `
      for i < 2
        index row = i * 4
        for j < 4
          y[j + row] = x[i + j * 2]`,
    );
  });

  it("leaves plain numbers where they are, so that neighbours share a base", () => {
    expectHoisted(
      `
      for i < 4
        p.y[i + r * 8] = p.y[i + r * 8 + 128]`,
      `
      index row = r * 8
      for i < 4
        p.y[i + row] = p.y[i + row + 128]`,
    );
  });

  it("computes dimensions of the call, too", () => {
    expectHoisted(
      `
      for i < 4
        y[i] = x[i + 3*%T]`,
      `
      index row = 3*%T
      for i < 4
        y[i] = x[i + row]`,
    );
  });

  it("gives bases no name that is taken", () => {
    expectHoisted(
      `
      index row = 1
      for i < 4
        step.y.next[i + r * 8] = a.7[i + q * 8]
      for k < 2
        y[k] = x[k + r * 4]`,
      `
      index row = 1
      index row2 = r * 8
      index row3 = q * 8
      for i < 4
        step.y.next[i + row2] = a.7[i + row3]
      index row4 = r * 4
      for k < 2
        y[k] = x[k + row4]`,
    );
  });

  it("nor one that is taken around the region", () => {
    const region = (more: string): string => `
      for row < 2
        region r
${more}
          for i < 4
            y[i] = x[i + ROW]`;
    const made = hoistAddressesPass.run(
      {
        axes: [],
        buffers: [],
        slots: [],
        functions: [{ name: "f", body: parseKernelBody(dedent(region("").replace("ROW", "row * 4"))) }],
      },
      { dtype: "f32", machine: undefined },
    );
    const after = parseKernelBody(dedent(region("          index row2 = row * 4").replace("ROW", "row2")));
    expect(made.functions[0]!.body).toEqual(after);
  });

  it("leaves alone what changes with the loop or something that it defines, and a base that is one variable", () => {
    const text = `
      for i < 4
        index n = list[i]
        y[i + r] = x[i * 2 + n * 4]`;
    expectHoisted(text, text);
  });

  it("leaves statements outside of loops alone, and goes into the parts of pieces", () => {
    expectHoisted(
      `
      pieces of %T from s
        for i < 4
          y[i] = x[i + s * 8]
      where done is 64, into carried
        z[r * 8] = y[0]
      where carried
        for i < 4
          y[i] = x[i + s * 8]`,
      `
      pieces of %T from s
        index row = s * 8
        for i < 4
          y[i] = x[i + row]
      where done is 64, into carried
        z[r * 8] = y[0]
      where carried
        index row2 = s * 8
        for i < 4
          y[i] = x[i + row2]`,
    );
  });
});
