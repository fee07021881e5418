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

  it("refuses other texts, and a second time", () => {
    const params = { k: new Float64Array(2) };
    expect(() => embedParams("export default 1", params)).toThrow(ModuleError);
    expect(() => embedParams(embedParams(sumModuleText(), params), params)).toThrow(/already/);
  });
});
