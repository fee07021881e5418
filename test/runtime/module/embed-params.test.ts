import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { embedParams } from "../../../runtime/module/embed-params.js";
import { loadModule } from "../../../runtime/module/load-js.js";
import { ModuleError } from "../../../runtime/errors.js";
import { sumManifest, sumModuleText } from "../../support/sum-module.js";

const options = { batch: 1, steps: 1 };

/** A module whose only parameter has the given name, length and type. */
const moduleWith = (name: string, length: number, type: string): string => {
  const params = [{ ...sumManifest.params[0], name, shape: [length] }];
  return sumModuleText({ ...sumManifest, dtype: type === "Float32Array" ? "f32" : "f64", params }).replace(
    "const params = { k: new Float64Array([1, 1]) };",
    () => `const params = { [${JSON.stringify(name)}]: new ${type}(${length}) };`,
  );
};

describe("embedParams", () => {
  it("gives a module that knows its weights, bit for bit", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom("W", "lower.W_i", "constructor", "a\"'`${1}\\\u2028"),
        fc.oneof(fc.float64Array({ maxLength: 9 }), fc.float32Array({ maxLength: 9 })),
        async (name, values) => {
          const text = embedParams(moduleWith(name, values.length, values.constructor.name), { [name]: values });
          const module = await loadModule(text);
          expect(module.instantiate(options).params[name]).toEqual(values);
          expect((await module.instantiateAsync(options)).params[name]).toEqual(values);
        },
      ),
      { numRuns: 60 },
    );
  });

  it.each([
    ["a missing one", {}, /^instantiate: parameter k is not in the module$/u],
    ["one too many", { k: new Float64Array(2), q: new Float64Array(1) }, /unknown name q$/u],
    ["another length", { k: new Float64Array(5) }, /parameter k must have 2 numbers of 8 bytes$/u],
    ["another precision", { k: new Float32Array(2) }, /parameter k must have 2 numbers of 8 bytes$/u],
  ])("does not start with parameters of another module: %s", async (_title, params, message) => {
    const module = await loadModule(embedParams(sumModuleText(), params));
    expect(() => module.instantiate(options)).toThrow(message);
    await expect(module.instantiateAsync(options)).rejects.toThrow(message);
  });

  it("refuses what is no float array", () => {
    const wrong = { k: [1, 2] } as unknown as Record<string, Float64Array>;
    expect(() => embedParams(sumModuleText(), wrong)).toThrow(
      /^embedParams: k must be a Float32Array or Float64Array, got /u,
    );
  });

  it("refuses other texts, and a second time", () => {
    const params = { k: new Float64Array(2) };
    expect(() => embedParams("export default 1", params)).toThrow(ModuleError);
    expect(() => embedParams(embedParams(sumModuleText(), params), params)).toThrow(/already/);
  });
});
