import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkManifest } from "../../../runtime/module/check-manifest.js";
import { asModule, loadModule } from "../../../runtime/module/load-js.js";
import { ModuleError, type ModuleErrorCode } from "../../../runtime/base/errors.js";
import { sumManifest, sumModuleText } from "../../support/sum-module.js";

async function codeOf(promise: Promise<unknown>): Promise<ModuleErrorCode> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ModuleError);
  return (error as ModuleError).code;
}

describe("loadModule", () => {
  it("loads a text, whatever characters it has", async () => {
    const module = await loadModule(`// ⊙ % # "quotes" \`\n${sumModuleText()}`);
    expect(module.manifest.cell).toBe("Sum");
    const result = module.instantiate({ batch: 1, steps: 2 }).forward({ x: new Float64Array([1, 2, 3, 4]) });
    expect([...result["y"]!]).toEqual([1, 2, 4, 6]);
  });

  it("loads from a URL", async () => {
    const folder = await mkdtemp(join(tmpdir(), "recell-load-"));
    try {
      const file = join(folder, "cell.mjs");
      await writeFile(file, sumModuleText());
      expect((await loadModule(pathToFileURL(file))).manifest.cell).toBe("Sum");
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("says what is wrong with other things", async () => {
    expect(await codeOf(loadModule("export const manifest = {};\n"))).toBe("not-a-cell");
    expect(await codeOf(loadModule("export default 1;\n"))).toBe("not-a-cell");
    expect(await codeOf(loadModule(`export const manifest = ${JSON.stringify(sumManifest)};\n`))).toBe("not-a-cell");
    expect(await codeOf(loadModule("export const = 1;\n"))).toBe("not-loadable");
    expect(await codeOf(loadModule('export {};\nthrow new Error("no");\n'))).toBe("not-loadable");
    expect(await codeOf(loadModule(new URL("file:///nowhere/at/all.js")))).toBe("not-loadable");
    expect(await codeOf(loadModule(sumModuleText({ ...sumManifest, version: 3 })))).toBe("unknown-version");
    expect(await codeOf(loadModule(sumModuleText({ ...sumManifest, states: [{}] })))).toBe("corrupt-manifest");
  });

  it("takes a path for the mistake that it is", async () => {
    await expect(loadModule("./gru.js")).rejects.toThrow(TypeError);
    await expect(loadModule(undefined as unknown as string)).rejects.toThrow(TypeError);
  });
});

describe("checkManifest", () => {
  it("notices a change of any field to another type", () => {
    const changes = fc.constantFrom<unknown>(undefined, null, 1.5, -1, {}, [], "other", true, NaN);
    const paths: string[][] = [];
    const walk = (value: unknown, path: string[]): void => {
      if (path.length > 0) paths.push(path);
      if (typeof value === "object" && value !== null) {
        for (const [key, item] of Object.entries(value)) walk(item, [...path, key]);
      }
    };
    walk(sumManifest, []);
    fc.assert(
      fc.property(fc.constantFrom(...paths), changes, (path, change) => {
        const copy = structuredClone(sumManifest) as unknown as Record<string, unknown>;
        let at = copy;
        for (const key of path.slice(0, -1)) at = at[key] as Record<string, unknown>;
        const key = path.at(-1)!;
        const before = at[key];
        // Texts may be any text, sizes any name, lists and records may be empty; another type is never right.
        fc.pre(typeof change !== typeof before && !(path.includes("shape") && typeof change === "string"));
        at[key] = change;
        expect(() => checkManifest(copy)).toThrow(ModuleError);
      }),
    );
  });

  it("names the field", () => {
    const broken = { ...sumManifest, params: [{ ...sumManifest.params[0], shape: [2, -1] }] };
    expect(() => checkManifest(broken)).toThrow("manifest.params[0].shape[1] must be a size, got -1");
    const twice = { ...sumManifest, params: [sumManifest.params[0], sumManifest.params[0]] };
    expect(() => checkManifest(twice)).toThrow(/different tensors/);
  });

  it("says what to do with a module of before", () => {
    expect(() => checkManifest({ ...sumManifest, version: 1 })).toThrow(
      "this compiled cell has format version 1; this runtime knows version 2: compile the cell again with this recell",
    );
  });

  const [batch, steps] = sumManifest.axes;
  const named = { name: "S", kind: "dimension", option: "sizes" };
  it.each<[string, object, string]>([
    ["no examples", { axes: [] }, "manifest.axes[0] must be the axis of the examples, got undefined"],
    ["other axes first", { axes: [steps, batch] }, "manifest.axes[0] must be the axis of the examples, got"],
    ["a size below 0", { axes: [batch, { ...named, minimum: -1 }] }, "manifest.axes[1].minimum must be a size, got -1"],
    ["two of one name", { axes: [batch, steps, named, named] }, 'manifest.axes[3] must be a further axis, got "S"'],
    [
      "steps twice",
      { axes: [batch, steps, { ...steps, name: "U" }] },
      'manifest.axes[2] must be a further axis, got "U"',
    ],
    [
      "another option",
      { axes: [batch, { ...steps, option: "time" }] },
      'manifest.axes[1].option must be one of batch, steps, sizes, none, got "time"',
    ],
    [
      "tensors with axes that are not there",
      { outputs: [{ ...sumManifest.outputs[0], axes: ["B", "X"] }] },
      'manifest.outputs[0].axes[1] must be one of B, T, got "X"',
    ],
    [
      "sizes by names that are not there",
      { outputs: [{ ...sumManifest.outputs[0], shape: ["S"] }] },
      'manifest.outputs[0].shape[0] must be one of B, T, got "S"',
    ],
  ])("refuses axes: %s", (_, change, message) => {
    expect(() => checkManifest({ ...sumManifest, ...change })).toThrow(message);
  });
});

describe("asModule", () => {
  it("takes what a module exports and checks that it is one", async () => {
    const text = `data:text/javascript,${encodeURIComponent(sumModuleText())}`;
    const namespace = (await import(/* @vite-ignore */ text)) as Record<string, unknown>;
    expect(asModule(namespace).manifest.cell).toBe("Sum");
    expect(() => asModule({ manifest: namespace["manifest"] })).toThrow(ModuleError);
    expect(() => asModule({})).toThrow(ModuleError);
  });
});
