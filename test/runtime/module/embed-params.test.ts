import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { embedParams } from "../../../runtime/module/embed-params.js";
import { loadModule } from "../../../runtime/module/load-js.js";
import { ModuleError } from "../../../runtime/errors.js";
import { sumModuleText } from "../../support/sum-module.js";

type Trained = { instantiateTrained(options: object): { params: Record<string, Float64Array> } };

/** A module whose only parameter has the given name, length and type. */
const moduleWith = (name: string, length: number, type: string): string =>
  sumModuleText().replace(
    "const params = { k: new Float64Array([1, 1]) };",
    () => `const params = { [${JSON.stringify(name)}]: new ${type}(${length}) };`,
  );

describe("embedParams", () => {
  it("gives a module that knows its weights, bit for bit", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom("W", "lower.W_i", "constructor", "a\"'`${1}\\\u2028"),
        fc.oneof(fc.float64Array({ maxLength: 9 }), fc.float32Array({ maxLength: 9 })),
        async (name, values) => {
          const text = embedParams(moduleWith(name, values.length, values.constructor.name), { [name]: values });
          const module = (await loadModule(text)) as unknown as Trained;
          expect(module.instantiateTrained({ batch: 1, steps: 1 }).params[name]).toEqual(values);
        },
      ),
      { numRuns: 60 },
    );
  });

  it.each([
    ["a missing one", {}, /^instantiateTrained: parameter k is missing$/u],
    ["one too many", { k: new Float64Array(2), q: new Float64Array(1) }, /the module has no parameter q$/u],
    ["another length", { k: new Float64Array(5) }, /parameter k must have 2 numbers of 8 bytes$/u],
    ["another precision", { k: new Float32Array(2) }, /parameter k must have 2 numbers of 8 bytes$/u],
  ])("does not start with parameters of another module: %s", async (_title, params, message) => {
    const module = (await loadModule(embedParams(sumModuleText(), params))) as unknown as Trained;
    expect(() => module.instantiateTrained({ batch: 1, steps: 1 })).toThrow(message);
  });

  it("refuses what is no float array", () => {
    const wrong = { k: [1, 2] } as unknown as Record<string, Float64Array>;
    expect(() => embedParams(sumModuleText(), wrong)).toThrow(/^parameter k must be a Float32Array or Float64Array$/u);
  });

  it("refuses other texts, and a second time", () => {
    const params = { k: new Float64Array(2) };
    expect(() => embedParams("export default 1", params)).toThrow(ModuleError);
    expect(() => embedParams(embedParams(sumModuleText(), params), params)).toThrow(/already/);
  });
});
