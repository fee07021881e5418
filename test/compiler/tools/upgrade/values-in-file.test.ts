import { expect, test } from "vitest";
import { DiagnosticCollector } from "../../../../compiler/base/diagnostics/diagnostic.js";
import { parse } from "../../../../compiler/language/syntax/parse.js";
import { expressionsOf, readBy } from "../../../../compiler/tools/upgrade/values-in-file.js";

const text = `two = one + one
one = 1
fn f(v: [n]): [n] { w = g(v) return w * two }
fn g(v: [n]): [n] { return v }
fn unread(v: [n]): [n] { return g(v) }
cell A(H = 2) { input x: [H] param W: [H, H] ~ uniform(0.5) a, b = (x, x) then (f(a), W @ b) for 2 output y = a + b }
`;
const file = parse(text, "a.cell", new DiagnosticCollector());

test("what a cell is made of, by names, also of names", () => {
  const found = [...readBy(file, text, new Set(["A"]))].map(({ name }) => name.text);
  expect(found.sort()).toEqual(["A", "f", "g", "one", "two"]);
});

test("every expression once, with the one around it", () => {
  const cell = file.declarations.find(({ kind }) => kind === "cell")!;
  const around = expressionsOf(cell);
  const texts = [...around].flatMap(([part, outer]) =>
    part.kind === "call" ? [[text.slice(part.span.start, part.span.end), outer?.kind]] : [],
  );
  expect(texts).toEqual([
    ["uniform(0.5)", undefined],
    ["f(a)", "rounds"],
  ]);
  const inFunction = expressionsOf(file.declarations.find(({ name }) => name.text === "f")!);
  expect([...inFunction.keys()].map(({ kind }) => kind).sort()).toEqual(["binary", "call", "reference", "reference", "reference"]); // prettier-ignore
});
