/** Which params have gradients by rows, and that it can be looked at. */
import { expect, test } from "vitest";
import { at } from "../../../compiler/base/at.js";
import { printShape } from "../../../compiler/base/types/shape.js";
import { buildEntries } from "../../../compiler/driver/entries.js";
import { lowerSource } from "../../../compiler/driver/pipeline.js";
import { stages, textsAfter } from "../../../compiler/driver/stages.js";
import { parseProgram } from "../../../compiler/ir/graph/parse.js";
import { printFunction } from "../../../compiler/ir/graph/print.js";
import { rowsOf } from "../../../compiler/program/entry.js";

const options = { gradient: true, jvp: false, hvp: false };

function staged(body: string) {
  const text = `cell Table(V, H) {
    input i: index(V)
    input j: index(V)[2]
    param E: [V, H]
    ${body}
  }`;
  const { program, cell, written } = lowerSource(text, {}, "symbolic");
  return { program: program!, cell, network: undefined, written };
}

const once = "state h: [H] h' = tanh(h + E[i]) output y = h'";

test.each([
  ["looked up in, once", once, { "grad.param.E": "[%T]" }],
  ["at several places of a step", "output y = sum(E[j], axis = 0)", { "grad.param.E": "[%T, 2]" }],
  ["twice", "output y = E[i] * sum(E[j], axis = 0)", {}],
  ["looked up in, and read whole", "output y = E[i] + sum(E, axis = 0)", {}],
  ["in front of the first step, too", "state h: [H] = E[0] h' = tanh(h + E[i]) output y = h'", {}],
])("%s", (_, body, expected) => {
  const rows = rowsOf(buildEntries(staged(body).program, options));
  expect(Object.fromEntries([...rows].map(([name, places]) => [name, printShape(places)]))).toEqual(expected);
});

test("none without a gradient", () => {
  expect(rowsOf(buildEntries(staged(once).program, { ...options, gradient: false })).size).toBe(0);
});

test("as a stage of backward, after which passes keep them", () => {
  for (const name of ["gradient-rows", "sum-dot-products", "name-sizes"]) {
    const stage = stages.find((own) => own.name === name)!;
    const text = textsAfter(staged(once), stage, { ...options, target: "js", dtype: "f32" }).get("backward")!;
    expect(text).toMatch(/^func backward\(.*\bgrad\.param\.E: %\S+ rows \[%T\]/u);
    expect(printFunction(at(parseProgram(text).functions, 0))).toBe(text);
  }
});
