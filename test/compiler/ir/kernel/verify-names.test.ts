/** Two scalars of one name in a region, which the checks of a whole program let through where each stands in a loop of its own. */
import { describe, expect, it } from "vitest";
import { parseKernelBody } from "../../../../compiler/ir/kernel/parse.js";
import { verifyNames } from "../../../../compiler/ir/kernel/verify-names.js";
import { problemsOf } from "../../../support/kernel-problems.js";

const problems = (text: string): string[] => verifyNames({ functions: [{ name: "f", body: parseKernelBody(text) }] });
const loop = (variable: string, statement: string): string =>
  `  for ${variable} < 3\n    ${statement}\n    x[${variable}] = v\n`;

describe("scalars of one name", () => {
  it.each([
    ["of two loops of a region", `region r\n${loop("i", "let v = 1")}${loop("j", "let v = 2")}`],
    ["a value and a variable", `region r\n${loop("i", "let v = 1")}${loop("j", "var v = 2")}`],
    ["in the tail of a product, too", `region r\n${loop("i", "let v = 1")}  product s = sum x[k] * y[k]\n    columns i < 3\n    contracted k < 3\n    then for u < 3\n      let v = s\n      x[u] = v\n`],
    ["in loops around the region", `for a < 3\n${`region r\n${loop("i", "let v = 1")}${loop("j", "let v = 2")}`.replace(/^/gmu, "  ").trimEnd()}`],
  ])("%s", (_, text) => {
    expect(problems(text)).toEqual(["f: v is bound twice in a region"]);
  }); // prettier-ignore

  it("are others in two regions, and where one of them is only added to", () => {
    const one = `region r\n${loop("i", "let v = 1")}`;
    expect(problems(`${one}${one}`)).toEqual([]);
    expect(problems("region r\n  var v = 0\n  for i < 3\n    v = sum(v, x[i])\n  x[0] = v")).toEqual([]);
  });

  it("are in order for all that a program is asked for besides", () => {
    expect(problemsOf(`region r\n${loop("i", "let v = 1")}${loop("j", "let v = 2")}`)).toEqual([]);
  });
});
