/** What segments are given of a whole call. */
import { describe, expect, it } from "vitest";
import { checkManifest } from "../../../runtime/module/check-manifest.js";
import type { SegmentsRoom } from "../../../runtime/sequence/plan-segments.js";
import { readWhole, sizesOfSegment, wholeSequence, widthOf } from "../../../runtime/sequence/whole-call.js";
import { sumManifest } from "../../support/sum-module.js";

const cell = checkManifest(sumManifest);
const axes = [
  { name: "B", kind: "batch", option: "batch" },
  { name: "T", kind: "sequence", option: "sizes" },
  { name: "S", kind: "sequence", option: "sizes" },
] as const;
const network = { ...cell, axes };
const room: SegmentsRoom = { axis: "T", steps: 300, batch: 2, sizes: { S: 4 }, more: {} };
const none: ReadonlySet<string> = new Set(["x"]);

describe("sizes", () => {
  it("of a cell", () => {
    const whole = readWhole(cell, room, { x: [], m: 7, batch: 2, steps: 200, lengths: [130, 64] }, none);
    expect(whole).toEqual({ batch: 2, steps: 200, lengths: [130, 64], sizes: {}, rest: { m: 7 } });
    expect(sizesOfSegment(cell, room, whole, 64, 64)).toEqual({ batch: 2, steps: 64, lengths: [64, 0] });
    expect(sizesOfSegment(cell, room, whole, 128, 72)).toEqual({ batch: 2, steps: 72, lengths: [2, 0] });
    expect(readWhole(cell, room, {}, none)).toEqual({ batch: 2, steps: 300, lengths: undefined, sizes: {}, rest: {} });
  });

  it.each([
    [
      { T: 200, S: 3 },
      { steps: 200, sizes: { S: 3 } },
      { T: 64, S: 3 },
    ],
    [{ T: [200, 100] }, { steps: 200, sizes: {} }, { T: { padded: 64, each: [64, 36] } }],
    [{ T: { padded: 250, each: [200, 100] } }, { steps: 250, sizes: {} }, { T: { padded: 64, each: [64, 36] } }],
    [undefined, { steps: 300, sizes: {} }, { T: 64 }],
  ])("of a network, %j", (sizes, read, segment) => {
    const whole = readWhole(network, room, sizes === undefined ? {} : { sizes }, none);
    expect(whole).toMatchObject(read);
    expect(sizesOfSegment(network, room, whole, 64, 64)).toEqual({ batch: 2, sizes: segment });
  });

  it.each<[object, string]>([
    [{ batch: 3 }, "gradient: batch must be an integer from 1 to 2, got 3"],
    [{ steps: 301 }, "gradient: steps must be an integer from 0 to 300, got 301"],
    [{ lengths: [1] }, "gradient: lengths must have a number for each of 2 examples, got Array of length 1"],
    [{ lengths: [1, 400] }, "gradient: lengths[1] must be an integer from 0 to 300, got 400"],
    [{ sizes: 3 }, "gradient: sizes must be sizes by name, got 3"],
  ])("refused: %j", (values, message) => {
    expect(() => readWhole(cell, room, values as Record<string, unknown>, none)).toThrow(message);
  });
});

describe("sequences", () => {
  const whole = { batch: 2, steps: 3, lengths: undefined, sizes: {}, rest: {} };

  const numbers = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
  it.each([Float32Array.from(numbers), Int32Array.from(numbers), numbers])("parts, case %#", (list) => {
    const { part } = wholeSequence("x", list, whole, 2);
    expect([...(part(1, 2) as number[])]).toEqual([2, 3, 4, 5, 8, 9, 10, 11]);
    expect([...(part(0, 1) as number[])]).toEqual([0, 1, 6, 7]);
  });

  it("views of one example", () => {
    const list = Float32Array.from([1, 2, 3]);
    const part = wholeSequence("x", list, { ...whole, batch: 1 }, 1).part(1, 2) as Float32Array;
    expect(part.buffer).toBe(list.buffer);
  });

  it("says what it takes", () => {
    expect(() => wholeSequence("x", undefined, whole, 2)).toThrow("gradient: x is missing");
    expect(() => wholeSequence("x", 3, whole, 2)).toThrow("gradient: x must be an array of numbers, got 3");
    expect(() => wholeSequence("x", [1], whole, 2)).toThrow("gradient: x must have length 2 * 3 * 2, got Array of length 1");
  }); // prettier-ignore

  it("are as wide as one step", () => {
    const tensor = { name: "x", documentation: "", axes: ["B", "T"], shape: ["S", 2] };
    expect(widthOf(tensor, room, {})).toBe(8);
    expect(widthOf(tensor, room, { S: { padded: 3, each: [1, 2] } })).toBe(6);
    expect(widthOf(tensor, room, { S: [1, 2] })).toBe(4);
  });
});
