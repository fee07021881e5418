/** Which products are joined, which sums go with them, and in which order all of it is computed. */
import { describe, expect, it } from "vitest";
import type { GraphFunction, ValueId } from "../../../../compiler/ir/graph/graph-function.js";
import { joinProjections } from "../../../../compiler/passes/graph/projection-groups.js";
import { functionOf } from "../../../support/graph-text.js";

/** The units of `fn` by the names of their results: `Fa+y Ga` are products in a group, the first with its sum. */
function unitsOf(fn: GraphFunction): string[] {
  const name = (id: ValueId | undefined): string => fn.names[id ?? -1] ?? "?";
  return joinProjections(fn)
    .inDependencyOrder()
    .map((unit) =>
      "members" in unit
        ? unit.members
            .map(({ product, sum }) => name(product.results[0]) + (sum ? `+${name(sum.instruction.results[0])}` : ""))
            .join(" ")
        : name(unit.results[0]),
    );
}

const inputs =
  "%a: real[3], %b: real[3], %F: shared real[3, 3], %G: shared real[3, 3], %P: shared real[3, 3], %M: real[3, 3]";

/** A line `%Fa` stands for the product of F and a. */
function joined(lines: string, outputs: string): string[] {
  const text = lines.replace(/^%(\w)(\w)$/gmu, "%$1$2: real[3] = contract [0 1] [1] -> [0] %$1, %$2");
  return unitsOf(functionOf(`func f(${inputs}) -> (${outputs}) {\n${text}\n}`));
}

describe("products of one operand are joined", () => {
  it("with different weights", () => {
    expect(joined("%Fa\n%Ga\n%Pa", "f: %Fa, g: %Ga, p: %Pa")).toEqual(["Fa Ga Pa"]);
  });

  it("not with another operand", () => {
    expect(joined("%Fa\n%Gb", "f: %Fa, g: %Gb")).toEqual(["Fa", "Gb"]);
  });

  it("not with weights of the example, nor with two shared operands", () => {
    expect(joined("%Fa\n%Ma", "f: %Fa, m: %Ma")).toEqual(["Fa", "Ma"]);
    const both = `func f(%w: shared real[3], %F: shared real[3, 3], %G: shared real[3, 3]) -> (f: %p, g: %q) {
      %p: shared real[3] = contract [0 1] [1] -> [0] %F, %w
      %q: shared real[3] = contract [0 1] [1] -> [0] %G, %w
    }`;
    expect(unitsOf(functionOf(both))).toEqual(["p", "q"]);
  });

  it("not where one contracts another axis of the weights, though whatever the numbers of the labels", () => {
    const of = (second: string): string[] =>
      unitsOf(
        functionOf(`func f(${inputs}) -> (p: %p, q: %q) {
          %p: real[3] = contract [0 1] [1] -> [0] %F, %a
          %q: real[3] = contract ${second} %G, %a
        }`),
      );
    expect(of("[7 4] [4] -> [7]")).toEqual(["p q"]);
    expect(of("[0 1] [0] -> [1]")).toEqual(["p", "q"]);
  });

  it("not dot products, which are added whole", () => {
    const text = `func f(%a: real[3], %v: shared real[3], %w: shared real[3]) -> (p: %p, q: %q) {
      %p: real[] = contract [0] [0] -> [] parts 4 %v, %a
      %q: real[] = contract [0] [0] -> [] parts 4 %w, %a
    }`;
    expect(unitsOf(functionOf(text))).toEqual(["p", "q"]);
  });

  it("wherever the weights stand, first or second", () => {
    const text = `func f(%a: real[3], %F: shared real[3, 3], %G: shared real[3, 3]) -> (p: %p, q: %q, r: %r) {
      %p: real[3] = contract [0] [0 1] -> [1] %a, %F
      %q: real[3] = contract [0] [0 1] -> [1] %a, %G
      %r: real[3] = contract [0 1] [0] -> [1] %F, %a
    }`;
    expect(unitsOf(functionOf(text))).toEqual(["p q r"]);
  });

  it("not where the weights are made of what the group gives", () => {
    const text = `func f(%a: real[3], %F: shared real[3, 3], %G: shared real[3, 3]) -> (q: %q) {
      %p: real[3] = contract [0 1] [1] -> [0] %F, %a
      %s: shared real[3] = batch_sum %p
      %S: shared real[3, 3] = broadcast [3, 3] axes [1] %s
      %H: shared real[3, 3] = add %G, %S
      %q: real[3] = contract [0 1] [1] -> [0] %H, %a
    }`;
    expect(unitsOf(functionOf(text))).toEqual(["p", "s", "S", "H", "q"]);
  });
});

describe("sums", () => {
  it("go with the product that they start, the second term first", () => {
    expect(joined("%Fa\n%Ga\n%y: real[3] = add %b, %Fa", "y: %y, g: %Ga")).toEqual(["Fa+y Ga"]);
    expect(joined("%Fa\n%Ga\n%y: real[3] = add %Fa, %b", "y: %y, g: %Ga")).toEqual(["Fa+y Ga"]);
    expect(joined("%Fa\n%Ga\n%Pb\n%Fb\n%y: real[3] = add %Fa, %Fb", "y: %y, g: %Ga, p: %Pb")).toEqual([
      "Fa Ga",
      "Pb Fb+y",
    ]);
  });

  it("go with the first term where another use needs the second", () => {
    expect(joined("%Fa\n%Ga\n%Pb\n%Fb\n%y: real[3] = add %Fa, %Fb", "y: %y, g: %Ga, p: %Pb, z: %Fb")).toEqual([
      "Pb Fb",
      "Fa+y Ga",
    ]);
  });

  it("stay where the product is used besides, and where it is in no group", () => {
    expect(joined("%Fa\n%Ga\n%y: real[3] = add %b, %Fa", "y: %y, g: %Ga, z: %Fa")).toEqual(["Fa Ga", "y"]);
    expect(joined("%Fa\n%y: real[3] = add %b, %Fa", "y: %y")).toEqual(["Fa", "y"]);
  });

  it("stay where their other term needs the group", () => {
    expect(joined("%Fa\n%Ga\n%t: real[3] = tanh %Ga\n%y: real[3] = add %t, %Fa", "y: %y")).toEqual(["Fa Ga", "t", "y"]);
  });

  it("wait for their other term: the group is computed after it", () => {
    expect(joined("%Fa\n%Ga\n%t: real[3] = tanh %b\n%y: real[3] = add %t, %Fa", "y: %y, g: %Ga")).toEqual([
      "t",
      "Fa+y Ga",
    ]);
  });
});
