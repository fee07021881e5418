import { describe, expect, it } from "vitest";
import { DataError } from "../../../../compiler/tools/diagnose/data.js";
import { dataFromCsv, dataFromSafetensors } from "../../../../compiler/tools/diagnose/read-data.js";
import { fromNumbers, writeSafetensors } from "../../../../runtime/index.js";

describe("files of data", () => {
  const shapes = new Map([
    ["x", [2]],
    ["k", []],
  ]);
  it("CSV, in any order of columns", () => {
    const data = dataFromCsv("\ufeffx[1], k, x[0]\r\n1,2,3\r\n4,0,6\r\n", shapes);
    expect(data.get("x")).toEqual({ shape: [2, 2], values: Float64Array.of(3, 1, 6, 4) });
    expect(data.get("k")).toEqual({ shape: [2], values: Float64Array.of(2, 0) });
  });
  it.each([
    ["", /a line of names and a line for each step/u],
    ["x[0],x[1]", /a line of names and a line for each step/u],
    ["x[0],x[0]\n1,2", /two columns x\[0\]/u],
    ["x[0],x[1]\n1", /line 2 has 1 values, the first line 2 names/u],
    ["x[0],x[1]\n1,two", /line 2, column x\[1\]: "two" is no number/u],
    ["x[0]\n1", /x has 2 numbers in each step: column x\[1\] is missing/u],
    ["x[0],x[1],x[2]\n1,2,3", /column x\[2\] is too many/u],
    ["x[0],x[1],x[999999999]\n1,2,3", /column x\[\d+\] is too many/u],
    [",k\n1,2", /column 1 has no name/u],
  ])("%j is refused", (text, message) => {
    expect(() => dataFromCsv(text, shapes)).toThrow(message);
    expect(() => dataFromCsv(text, shapes)).toThrow(DataError);
  });
  it("safetensors, which may be broken", () => {
    const bytes = writeSafetensors(new Map([["x", fromNumbers(Float32Array.of(1, 2), [1, 2])]]));
    expect(dataFromSafetensors(bytes).get("x")).toEqual({ shape: [1, 2], values: Float64Array.of(1, 2) });
    expect(() => dataFromSafetensors(bytes.subarray(0, 20))).toThrow(DataError);
  });
});
