/** Which loops may run in the lanes of vectors. Each body that may not differs by one line from one that may. */
import { describe, expect, it } from "vitest";
import { parseKernelBody } from "../../../../compiler/ir/kernel/parse.js";
import { isVectorizable } from "../../../../compiler/passes/kernel/vectorizable.js";

describe("iterations of i run side by side", () => {
  it.each([
    ["an element each", "y[i] = x[i]"],
    ["an element each, in rows of another loop", "y[b * 8 + i] = x[b]"],
    ["what is read where it is stored", "y[i] = y[i]"],
    ["an address that another loop decides", "index k = rows[b]\ny[k * 8 + i] = x[i]"],
  ])("%s", (_, body) => {
    expect(isVectorizable(parseKernelBody(body), "i")).toBe(true);
  });
});

describe("iterations of i run one after the other", () => {
  it.each([
    ["one element for all", "y[b] = x[i]"],
    ["what another iteration stores", "y[i] = y[i + 1]"],
    ["what is stored at two places", "y[i] = x[i]\ny[i + 8] = y[i]"],
    ["an address that each looks up", "index k = rows[i]\ny[k * 8 + i] = x[i]"],
    ["a loop inside", "for j < 3\n  y[i] = x[i]"],
  ])("%s", (_, body) => {
    expect(isVectorizable(parseKernelBody(body), "i")).toBe(false);
  });
});
