/** Which loops may run in the lanes of vectors. Each body that may not differs by one line from one that may. */
import { describe, expect, it } from "vitest";
import { dimConstant } from "../../../../compiler/base/types/dim.js";
import { parseKernelBody } from "../../../../compiler/ir/kernel/parse.js";
import { isVectorizable, type PlaceInWhole, runSideBySide } from "../../../../compiler/ir/kernel/vectorizable.js";

/** The second half of `joined` is the buffer `part`; all others are their own. */
const placeOf: PlaceInWhole = (name) =>
  name === "part" ? { whole: "joined", offset: dimConstant(8) } : { whole: name, offset: dimConstant(0) };

describe("iterations of i run side by side", () => {
  it.each([
    ["an element each", "y[i] = x[i]"],
    ["an element each, in rows of another loop", "y[b * 8 + i] = x[b]"],
    ["what is read where it is stored", "y[i] = y[i]"],
    ["an address that another loop decides", "index k = rows[b]\ny[k * 8 + i] = x[i]"],
    ["two stores of one element", "y[i] = x[i]\ny[i] = add(y[i], 1)"],
    ["two stores further apart than there are rounds", "y[i] = x[i]\ny[i + 8] = 2"],
    ["two stores between each other", "y[i * 2] = x[i]\ny[i * 2 + 1] = 2"],
    ["what is read under another name where it is stored", "part[i] = joined[i + 8]"],
    ["stores in parts of one buffer", "part[i] = x[i]\njoined[i] = 2"],
  ])("%s", (_, body) => {
    expect(isVectorizable(parseKernelBody(body), { variable: "i", rounds: 8 }, placeOf)).toBe(true);
  });
});

describe("iterations of i run one after the other", () => {
  it.each([
    ["one element for all", "y[b] = x[i]"],
    ["what another iteration stores", "y[i] = y[i + 1]"],
    ["what is stored at two places", "y[i] = x[i]\ny[i + 8] = y[i]"],
    ["where another iteration stores", "y[i] = x[i]\ny[i + 1] = 2"],
    ["where nobody knows that no other stores", "y[i] = x[i]\ny[i + k] = 2"],
    ["what another iteration stores under another name", "part[i] = joined[i + 9]"],
    ["where another iteration stores under another name", "part[i] = x[i]\njoined[i + 1] = 2"],
    ["an address that each looks up", "index k = rows[i]\ny[k * 8 + i] = x[i]"],
    ["a loop inside", "for j < 3\n  y[i] = x[i]"],
  ])("%s", (_, body) => {
    expect(isVectorizable(parseKernelBody(body), { variable: "i", rounds: 8 }, placeOf)).toBe(false);
  });
});

describe("examples run side by side", () => {
  it.each([
    ["with loops of their own steps", "var s = h[b]\nfor t < %T of b\n  set s = add(s, x[b * 8 + t])\nh[b] = s"],
    ["with what a step of the same one stores", "for t < 4\n  y[b * 8 + t] = y[b * 8 + t + 1]"],
  ])("%s", (_, body) => {
    expect(runSideBySide(parseKernelBody(body), "b", placeOf)).toBe(true);
  });
});

describe("examples run one after the other", () => {
  it.each([
    ["with a loop that is as long as their number", "for t < b\n  y[b * 8 + t] = 1"],
    ["with sums", "var s = 0\nfor t < %T of b\n  s = sum(s, x[b * 8 + t])\nh[b] = s"],
    ["where all store one element", "for t < 4\n  y[t] = x[b * 8 + t]"],
    ["where one reads what another stores", "for t < 4\n  y[b * 8 + t] = y[t]"],
    ["where each looks up an address", "for t < 4\n  index k = rows[b]\n  y[b * 8 + k] = 1"],
  ])("%s", (_, body) => {
    expect(runSideBySide(parseKernelBody(body), "b", placeOf)).toBe(false);
  });
});
