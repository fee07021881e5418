import { describe, expect, it } from "vitest";
import { ParamsError, SafetensorsError } from "../../../runtime/base/errors.js";
import { loadParams, saveParams } from "../../../runtime/io/params.js";
import { readSafetensors, writeSafetensors, type SafeTensor } from "../../../runtime/io/safetensors.js";
import { fromNumbers } from "../../../runtime/io/tensor-numbers.js";
import { checkManifest } from "../../../runtime/module/check-manifest.js";
import { sumManifest } from "../../support/sum-module.js";

const param = (name: string, shape: number[]) => ({
  name,
  documentation: "",
  axes: [],
  shape,
  initializer: { kind: "zeros" },
});

function moduleOf(dtype: "f32" | "f64") {
  const manifest = checkManifest({ ...sumManifest, dtype, params: [param("lower.W", [2, 3]), param("b", [2])] });
  const make = dtype === "f32" ? Float32Array : Float64Array;
  return { manifest, instance: { params: { "lower.W": new make(6).fill(9), b: new make(2).fill(9) } } };
}

const fileOf = (tensors: Record<string, SafeTensor>): Uint8Array => writeSafetensors(new Map(Object.entries(tensors)));
const W = fromNumbers(new Float64Array([0.1, 2, 3, 4, 5, 6]), [2, 3]);
const b = fromNumbers(new Float64Array([7, 8]), [2]);

describe("parameters in files", () => {
  it.each(["f32", "f64"] as const)("come back bit for bit, %s", (dtype) => {
    const from = moduleOf(dtype);
    from.instance.params["lower.W"].set([0.1, -0, 1e-30, NaN, Infinity, -5]);
    const bytes = saveParams(from, from.instance, { trained: "yes" });
    expect(readSafetensors(bytes).metadata).toEqual(
      new Map([
        ["cell", "Sum"],
        ["format", "recell-params"],
        ["trained", "yes"],
      ]),
    );
    const to = moduleOf(dtype);
    loadParams(to, to.instance, bytes);
    expect(to.instance.params).toEqual(from.instance.params);
  });

  it("take metadata that are texts, and nothing that no reader could read", () => {
    const module = moduleOf("f32");
    const save = (metadata: unknown) => () => saveParams(module, module.instance, metadata as never);
    expect(save({ epoch: 7 })).toThrow(new TypeError('saveParams: metadata "epoch" must be a text, got 7'));
    for (const wrong of [{ a: null }, { a: undefined }, { a: ["x"] }, { a: "\ud800" }, { "\udc00": "a" }]) {
      expect(save(wrong)).toThrow(TypeError);
    }
    for (const wrong of [null, "text", ["a"], new Map([["a", "b"]])]) expect(save(wrong)).toThrow(/an object of texts/);
    expect(save({ format: "other" })).toThrow('metadata "format" is "recell-params" in every file');
    expect(save({ cell: "Other" })).toThrow('metadata "cell" is "Sum" in every file');
    expect(save({ cell: "Sum", format: "recell-params" })()).toEqual(saveParams(module, module.instance));
    expect(readSafetensors(save(JSON.parse('{"__proto__": "\ud83d\ude00"}'))()).metadata.get("__proto__")).toBe("😀");
  });

  it("are taken from an instance of their own module only", () => {
    const { manifest } = moduleOf("f32");
    const instance = { params: { b: new Float32Array(2) } };
    expect(() => saveParams({ manifest }, instance)).toThrow(
      "saveParams: the instance is another module's: its parameters are b",
    );
  });

  it("widen without being asked, and round only when asked", () => {
    const wide = moduleOf("f64");
    const narrow = moduleOf("f32");
    loadParams(wide, wide.instance, saveParams(narrow, narrow.instance));
    expect(wide.instance.params.b[0]).toBe(9);
    expect(() => loadParams(narrow, narrow.instance, fileOf({ "lower.W": W, b }))).toThrow(/must be F32, F16, BF16/);
    loadParams(narrow, narrow.instance, fileOf({ "lower.W": W, b }), { allowRounding: true });
    expect(narrow.instance.params["lower.W"][0]).toBe(Math.fround(0.1));
  });

  it.each([
    ["missing-tensor", "b", { "lower.W": W }],
    ["unexpected-tensor", "c", { "lower.W": W, b, c: b }],
    ["shape-mismatch", "lower.W", { "lower.W": fromNumbers(new Float64Array(6), [3, 2]), b }],
    ["shape-mismatch", "b", { "lower.W": W, b: fromNumbers(new Float64Array(2), [2, 1]) }],
    ["dtype-mismatch", "b", { "lower.W": W, b: { dtype: "I32", shape: [2], bytes: new Uint8Array(8) } as SafeTensor }],
  ])("are refused whole: %s of %s", (code, name, tensors) => {
    const { manifest, instance } = moduleOf("f64");
    let error: unknown;
    try {
      loadParams({ manifest }, instance, fileOf(tensors));
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(ParamsError);
    expect(error).toMatchObject({ code, tensor: name });
    expect([...instance.params["lower.W"], ...instance.params.b]).toEqual(new Array(8).fill(9));
  });

  it("are refused where the file is none", () => {
    const { manifest, instance } = moduleOf("f64");
    expect(() => loadParams({ manifest }, instance, new Uint8Array(20))).toThrow(SafetensorsError);
  });

  it("that the cell does not have are passed over when asked", () => {
    const { instance, ...module } = moduleOf("f64");
    const step: SafeTensor = { dtype: "F8_E8M0", shape: [1], bytes: new Uint8Array(1) };
    const bytes = fileOf({ "lower.W": W, b, "optimizer.step": step });
    expect(() => loadParams(module, instance, bytes)).toThrow(
      "parameter optimizer.step of Sum does not exist, but is in the file; Sum has lower.W [2, 3], b [2]; the file has ",
    );
    expect([...instance.params.b]).toEqual([9, 9]);
    loadParams(module, instance, bytes, { allowUnexpected: true });
    expect([...instance.params.b]).toEqual([7, 8]);
  });

  it("that are missing are told beside those that are there", () => {
    const { instance, ...module } = moduleOf("f64");
    const many = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`t${10 + i}`, b]));
    expect(() => loadParams(module, instance, fileOf({ weight: W, b }))).toThrow(
      "parameter lower.W of Sum is not in the file; Sum has lower.W [2, 3], b [2]; the file has b [2], weight [2, 3]",
    );
    expect(() => loadParams(module, instance, fileOf(many))).toThrow(/t49 \[2\], 10 more$/);
    expect(() => loadParams(module, instance, fileOf({}))).toThrow(/the file has nothing$/);
  });

  it("take no options that do not exist, and no other type than a switch has", () => {
    const { instance, ...module } = moduleOf("f64");
    const load = (options: object) => () => loadParams(module, instance, fileOf({ "lower.W": W, b }), options);
    expect(load({ strict: false })).toThrow(
      "loadParams: unknown option strict; expected allowRounding, allowUnexpected",
    );
    expect(load({ allowRounding: 1 })).toThrow("loadParams: allowRounding must be true or false, got 1");
    expect([...instance.params.b]).toEqual([9, 9]);
  });

  it("go into an instance of their own module only", () => {
    const { instance, ...module } = moduleOf("f64");
    const other = { params: { "lower.W": instance.params["lower.W"], b: new Float64Array(3) } };
    const bytes = fileOf({ "lower.W": W, b });
    expect(() => loadParams(module, other, bytes)).toThrow(/a parameter b of length 2, it has one of length 3/);
    expect(() => loadParams(module, { params: {} }, bytes)).toThrow(
      "loadParams: the instance is another module's: its parameters are none",
    );
    expect([...instance.params["lower.W"]]).toEqual([9, 9, 9, 9, 9, 9]);
  });
});
