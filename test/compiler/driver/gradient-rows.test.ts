/** Which params have gradients by rows, and that it can be looked at. */
import { expect, test } from "vitest";
import { printShape } from "../../../compiler/base/types/shape.js";
import { buildEntries } from "../../../compiler/driver/entries.js";
import { lowerSource } from "../../../compiler/driver/pipeline.js";
import { stages, textsAfter } from "../../../compiler/driver/stages.js";

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
  const { rows = new Map() } = buildEntries(staged(body).program, options);
  expect(Object.fromEntries([...rows].map(([name, places]) => [name, printShape(places)]))).toEqual(expected);
});

test("none without a gradient", () => {
  expect(buildEntries(staged(once).program, { ...options, gradient: false }).rows).toBeUndefined();
});

test("as a stage of backward", () => {
  const stage = stages.find(({ name }) => name === "gradient-rows")!;
  const texts = textsAfter(staged(once), stage, { ...options, target: "js", dtype: "f32" });
  expect([...texts.keys()]).toEqual(["backward"]);
  expect(texts.get("backward")).toMatch(/^; grad\.param\.E: only rows, at places \[%T\]\nfunc backward\(/u);
});
