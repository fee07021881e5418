import { expect, test } from "vitest";
import type { GraphFunction } from "../../../../compiler/ir/graph/graph-function.js";
import { madeOf, type MadeOf } from "../../../../compiler/ir/graph/made-of.js";
import { functionOf } from "../../../support/graph-text.js";

/** Names of the values, those of bodies too. */
const names = (fn: GraphFunction, { values, bodies }: MadeOf): string[] => [
  ...[...values].flatMap((id) => fn.names[id] ?? []),
  ...[...bodies].flatMap(([{ operation }, own]) => (operation.kind === "scan" ? names(operation.body, own) : [])),
];

const namesOf = (fn: GraphFunction, input: string): string[] =>
  names(fn, madeOf(fn, fn.inputs.filter((id) => fn.names[id] === input))).sort(); // prettier-ignore

test("what reads an input is made of it, by way of others and of loops", () => {
  // `p` reads `q` of the step before, so that it is made of `v` from the second step on; `r` stays.
  const fn = functionOf(
    `func f(%a: real[3], %b: real[3], %c: real[3], %v: real[3]) -> (y: %y, z: %z) {
      %h: real[3], %k: real[3], %l: real[3], %s: real[%T, 3] = scan length %T carried 3 sequences 0 %a, %b, %c, %v body
        func step(%p: real[3], %q: real[3], %r: real[3], %w: real[3]) -> (p: %pn, q: %qn, r: %rn, s: %o) {
          %pn: real[3] = add %p, %q
          %qn: real[3] = mul %q, %w
          %rn: real[3] = tanh %r
          %o: real[3] = neg %p
        }
      %y: real[3] = exp %h
      %z: real[3] = add %l, %c
    }`,
  );
  expect(namesOf(fn, "v")).toEqual(["h", "k", "o", "p", "pn", "q", "qn", "s", "v", "w", "y"]);
  expect(namesOf(fn, "c")).toEqual(["c", "l", "r", "rn", "z"]);
  expect(namesOf(fn, "a")).toEqual(["a", "h", "o", "p", "pn", "s", "y"]);
});

test("what a loop carries is made of what it begins with, as there may be no step", () => {
  const fn = functionOf(
    `func f(%a: real[3], %b: real[3]) -> (y: %y) {
      %h: real[3] = scan length %T carried 1 sequences 0 %a, %b body
        func step(%p: real[3], %q: real[3]) -> (p: %q) {
        }
      %y: real[3] = exp %h
    }`,
  );
  expect(namesOf(fn, "a")).toEqual(["a", "h", "p", "y"]);
});
