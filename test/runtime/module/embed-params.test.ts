import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { embedParams } from "../../../runtime/module/embed-params.js";
import { loadModule } from "../../../runtime/module/load-js.js";
import { ModuleError } from "../../../runtime/base/errors.js";
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

  const sides = "; Sum has k [2]; the numbers given are ";
  it.each([
    ["a missing one", {}, "missing-tensor", `k of Sum is missing${sides}nothing`],
    [
      "one too many",
      { k: new Float64Array(2), q: new Float64Array(1) },
      "unexpected-tensor",
      `q of Sum does not exist${sides}k [2], q [1]`,
    ],
    [
      "another length",
      { k: new Float64Array(5) },
      "shape-mismatch",
      `k of Sum must have shape [2], that is length 2, got Float64Array of length 5${sides}k [5]`,
    ],
    [
      "another precision",
      { k: new Float32Array(2) },
      "dtype-mismatch",
      `k of Sum must be a Float64Array, got Float32Array of length 2${sides}k [2]`,
    ],
  ])("refuses parameters of another module: %s", (_title, params, code, message) => {
    let thrown: unknown;
    try {
      embedParams(sumModuleText(), params as Record<string, Float64Array>);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ name: "ParamsError", code, message: `embedParams: parameter ${message}` });
  });

  it("reads the manifest as the compiler prints it", () => {
    const printed = sumModuleText()
      .replace('"documentation":""', String.raw`documentation: "a: 1, } \" \\",` + '\n  ["__proto__"]: ["__proto__",]')
      .replace('{"format":', "{\n  format: ");
    expect(embedParams(printed, { k: new Float64Array(2) })).toContain("embeddedParams");
    expect(() => embedParams(printed, {})).toThrow("parameter k of Sum is missing");
    const broken = sumModuleText().replace('"format":', "format = ");
    expect(() => embedParams(broken, { k: new Float64Array(2) })).toThrow(/manifest of the module cannot be read/u);
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
