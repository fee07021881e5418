import { describe, expect, test } from "vitest";
import { printModule } from "../../../../compiler/emit/js/module.js";
import type { Manifest } from "../../../../runtime/module/manifest.js";
import { leakyManifest, leakyText } from "../../../support/leaky-module.js";

const load = async (text: string): Promise<Record<string, unknown>> =>
  (await import(`data:text/javascript,${encodeURIComponent(text)}`)) as Record<string, unknown>;

test("the manifest comes back as it went in", async () => {
  const { manifest } = await load(leakyText);
  expect(manifest).toEqual(leakyManifest);
});

test("the same arguments give the same text", () => {
  expect(printModule(leakyManifest, "")).toBe(printModule(structuredClone(leakyManifest), ""));
});

test("the header says what goes in and comes out", () => {
  expect(leakyText.slice(0, leakyText.indexOf("export const"))).toMatchInlineSnapshot(`
    "/**
     * Leaky with H = 2, V = 3, f64.
     * Compiled by recell 0.0.0 to plain JavaScript: no imports, no eval.
     *
     * Written by hand: *\\/ nothing to see <\\/script>.
     *
     * Tensors are row-major; B examples, T steps.
     * inputs: x [B, T, 2], k [B, T]
     * contexts: m [B, S, 2]
     * states: h [B, 2], c [B, 2]
     * params: decay [2], start [2], table [3, 2]
     * outputs: y [B, T, 2]
     * functions: forward, step, backward
     */

    "
  `);
});

test("instantiateAsync is instantiate, as a promise", async () => {
  const { instantiateAsync } = (await load(leakyText)) as { instantiateAsync(options: object): Promise<object> };
  expect(Object.keys(await instantiateAsync({ sizes: { S: 1 } }))).toContain("forward");
  await expect(instantiateAsync({})).rejects.toThrow(/sizes.S/u);
});

describe("only what is needed is there", () => {
  const has = (parts: Partial<Manifest["has"]>): string =>
    printModule({ ...leakyManifest, has: { step: true, gradient: false, jvp: false, hvp: false, ...parts } }, "");
  const functions = (text: string): string[] =>
    ["gradient", "jvp", "hvp", "orthogonalize"].filter((name) => text.includes(`function ${name}(`));

  test("by the parts that were compiled", () => {
    expect(functions(has({}))).toEqual(["orthogonalize"]);
    expect(functions(has({ gradient: true }))).toEqual(["gradient", "orthogonalize"]);
    expect(functions(has({ gradient: true, hvp: true }))).toEqual(["gradient", "jvp", "hvp", "orthogonalize"]);
  });

  test("by the initialisers", () => {
    expect(functions(printModule({ ...leakyManifest, params: [] }, ""))).toEqual(["gradient"]);
  });
});
