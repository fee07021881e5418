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
    ["a side of a choice by another loop", "y[i] = (b < 3 ? x[i] : 0)"],
    ["two extremes", "m = max(m, x[i])\nn = min(n, x[i])"],
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
    ["a side of a choice by the lane", "y[i] = (i < 3 ? x[i] : 0)"],
    ["a choice in an operation by what the lane is compared to", "let v = exp((k < i ? x[i] : 0))\ny[i] = v"],
    ["the largest so far, which is stored", "m = max(m, x[i])\ny[i] = m"],
    ["what is made of a sum so far", "let v = exp(s)\ns = sum(s, v)"],
    ["a loop inside", "for j < 3\n  y[i] = x[i]"],
  ])("%s", (_, body) => {
    expect(isVectorizable(parseKernelBody(body), { variable: "i", rounds: 8 }, placeOf)).toBe(false);
  });
});

describe("examples run side by side", () => {
  it.each([
    ["with loops of their own steps", "var s = h[b]\nfor t < %T of b\n  set s = add(s, x[b * 8 + t])\nh[b] = s"],
    ["with what a step of the same one stores", "for t < 4\n  y[b * 8 + t] = y[b * 8 + t]"],
    [
      "with all that lies between it and the next one",
      "for t < %T of b\n  for i < 3\n    y[b * (3*%T) + t * 3 + i] = 1",
    ],
    ["from the end", "for t < 4\n  y[b * 4 + t * -1 + 3] = y[b * 4 + t]"],
    ["with steps that another step begins", "for s < 4\n  for t < s + 2 from s\n    y[b * 5 + t] = 1"],
    ["with what lies as far from all of them", "for t < 4\n  y[b * 4 + t + k] = y[b * 4 + k]"],
    ["with two parts of a buffer, one after the other", "for t < 4\n  part[b * 8 + t] = joined[b * 8 + t + 9]"],
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
    ["where one goes on where the next one begins", "for t < 5\n  y[b * 4 + t] = 1"],
    ["where one reads where the next one begins", "for t < 4\n  y[b * 4 + t] = y[b * 4 + t + 1]"],
    ["where one reads where the last one ends", "for t < 4\n  y[b * 4 + t] = y[b * 4 + t - 1]"],
    ["where one stores what the next one has in another part", "for t < 4\n  part[b * 8 + t] = joined[b * 8 + t + 16]"],
    ["where only the last step of the longest goes on", "for t < %T of b\n  y[b * %T + t + 1] = y[b * %T]"],
    ["where a step begins further on", "for s < 4\n  for t < s + 3 from s\n    y[b * 5 + t] = 1"],
    ["where a step looks up an address", "for t < 4\n  index k = rows[t]\n  y[b * 4 + k] = 1"],
    ["where nobody knows how far one goes", "for t < 4\n  y[b * %T + t] = 1"],
    ["where they share a state", "set a = add(a, x[b])\ny[b] = a"],
    ["where each looks up an address", "for t < 4\n  index k = rows[b]\n  y[b * 8 + k] = 1"],
  ])("%s", (_, body) => {
    expect(runSideBySide(parseKernelBody(body), "b", placeOf)).toBe(false);
  });
});
