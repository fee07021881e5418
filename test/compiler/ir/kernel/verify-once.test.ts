/** Regions that run only where parameters have changed are told about where what they compute would be of something else. */
import { expect, test } from "vitest";
import { parseKernel } from "../../../../compiler/ir/kernel/parse.js";
import { verifyKernel } from "../../../../compiler/ir/kernel/verify.js";
import { dedent } from "../../../support/kernel-text.js";

const problems = (body: string, more = ""): readonly string[] =>
  verifyKernel(
    parseKernel(
      dedent(`
      axes %T steps T
      slot 0: real[2]
      slot 1: real[2]
      slot 2: real[2]
      slot 3: real[2]
      slot 4: real[2]
      buffer p: real[2] slot 0 external held
      buffer y: real[2] slot 1 external held
      buffer q: real[2] slot 2 persistent
      buffer s: real[2] slot 3
      buffer x: real[2] slot 4 external
      kernel f {
${body.replace(/^/gmu, "        ")}
      }
${more}`),
    ),
    new Map([["%B", 1], ["%T", 2]]), // prettier-ignore
  );

const told = (what: string): string => `f: r runs where parameters have changed, and ${what}`;

test.each([
  ["q[0] = p[0]\n  q[1] = q[0]", "", undefined],
  ["for t < %T\n    q[t] = p[0]", "", "goes by %T, which changes in other ways"],
  ["s[0] = p[0]", "", "s keeps nothing"],
  ["q[0] = x[0]", "", "x changes in other ways"],
  ["q[0] = y[0]\nregion w ; w\n  y[0] = 1", "", "y changes in other ways"],
  ["q[0] = p[0]\nregion w ; w\n  q[0] = 1", "", "q is written elsewhere too"],
] as const)("%s", (body, more, problem) => {
  const text = `region r where changed ; r\n  ${body}`;
  expect(problems(text, more)).toEqual(problem === undefined ? [] : [told(problem)]);
});

test.each([
  ["", " held", []],
  ["", "", ["joined changes in other ways"]],
  ["region w ; w\n  y[0] = 1", " held", ["joined changes in other ways"]],
])("what buffers of the caller are joined in, before %j, the last of them%s", (more, mark, expected) => {
  const text = dedent(`
      axes %T steps T
      slot 0: real[3]
      slot 1: real[2]
      buffer joined: real[3] slot 0 persistent
      buffer p: real[2] slot 0 within joined external held
      buffer q: real[2] slot 1 persistent
      buffer y: real[1] slot 0 + 2 within joined external${mark}
      kernel f {
        region r where changed ; r
          q[0] = joined[0]
          q[1] = joined[2]
${more.replace(/^/gmu, "        ")}
      }`);
  expect(verifyKernel(parseKernel(text), new Map([["%B", 1], ["%T", 2]]))).toEqual(expected.map(told)); // prettier-ignore
});

test.each([
  ["p", []],
  ["y", [told("y changes in other ways"), told("packed changes in other ways")]],
  [
    "x",
    [
      told("x changes in other ways"),
      told("packed changes in other ways"),
      "packed is packed where x has changed, which the caller does not hold",
    ],
  ],
])("products with panels that are packed where %s has changed", (matrix, expected) => {
  const text = dedent(`
      axes %T steps T
      slot 0: real[2]
      slot 1: real[2]
      slot 2: real[2]
      slot 3: real[3]
      slot 4: real[2]
      buffer p: real[2] slot 0 external held
      buffer packed: real[3] slot 3 persistent in panels of 4
      buffer q: real[2] slot 2 persistent
      buffer x: real[2] slot 4 external
      buffer y: real[2] slot 1 external held
      kernel f {
        region packed
          pack packed from ${matrix}[j] over j < 2, k < 1 as 1 strips of 2 where changed
        region r where changed
          product q[i * 2 + j] = sum p[i + k] * ${matrix}[j] packed in packed
            rows i < 1
            columns j < 2
            contracted k < 1
        region w
          y[0] = 1
      }`);
  const sizes = new Map([["%B", 1], ["%T", 2]]); // prettier-ignore
  expect(verifyKernel(parseKernel(text), sizes).toSorted()).toEqual(expected.toSorted());
});

const region = "region r where changed ; r\n  q[0] = p[0]";
const inside = (loop: string, body: string): string => `${loop}\n${body.replace(/^/gmu, "  ")}`;

test.each([
  ["a loop", inside("for t < %T", region)],
  ["two loops", inside("for t < %T", inside("for k < 2", region))],
  ["windows", inside("windows of n steps of %T from w on, 8 rows", region)],
  ["a loop in windows", inside("windows of n steps of %T from w on, 8 rows", inside("for k < 2", region))],
  ["pieces", `${inside("pieces of %T from s", region)}\nwhere d is 64, into c\nwhere c`],
  ["what moves the totals of pieces", `pieces of %T from s\n${inside("where d is 64, into c", region)}\nwhere c`],
  ["what ends pieces, in a loop", `pieces of %T from s\nwhere d is 64, into c\n${inside("where c", inside("for k < 2", region))}`],
])("in %s", (_, body) => {
  expect(problems(body)).toEqual([told("stands in a loop")]);
}); // prettier-ignore
