/** `openSegments`, as people call it. */
import { beforeAll, describe, expect, it } from "vitest";
import { cell } from "../../../compiler/index.js";
import type { CompiledModule } from "../../../runtime/module/compiled-module.js";
import { openSegments, type SegmentsOptions } from "../../../runtime/sequence/segments.js";

const source = `
cell Leaky(H) { input x: [H] context m: [H] state h: [H] param a: [H] ~ ones h' = 0.5 * h + a * x * m output y = h' }
network Net(H; T) { input x: [T, H] use rnn = Leaky(H) y = rnn(x, 1) loss = sum(y * y, axis = [0, 1]) per T }`;

let module: CompiledModule;
let net: CompiledModule;
beforeAll(async () => {
  module = await cell(source, { cell: "Leaky", dimensions: { H: 2 }, target: "js", segments: true });
  net = await cell(source, { cell: "Net", dimensions: { H: 2 }, target: "js", segments: true });
});

const x = Float32Array.from({ length: 2 * 200 * 2 }, (_, i) => Math.sin(i));
const m = [1, 2, 3, 4];
const bytesOf = (steps: number): number => {
  try {
    module.instantiate({ batch: 2, steps, maxBytes: 0 });
  } catch (error) {
    return (error as { bytes: number }).bytes;
  }
  return 0;
};

describe("openSegments", () => {
  it("takes names that every object has", async () => {
    const text = "cell A(H) { input toString: [H] state valueOf: [H] param w: [H] ~ ones valueOf' = w * valueOf + toString output constructor = valueOf' }"; // prettier-ignore
    const module = await cell(text, { dimensions: { H: 1 }, target: "js", segments: true });
    const long = openSegments(module, { steps: 128 });
    const toString = new Float32Array(128).fill(0.5);
    const none = long.gradient({ toString }, { results: ["constructor"] });
    expect([none.outputs["constructor"]!.length, none.params["w"]![0]]).toEqual([128, 0]);
    const some = long.gradient({ toString }, { cotangents: { constructor: toString }, results: ["toString"] });
    expect([some.given["toString"]!.length, some.params["w"]![0]! > 0]).toEqual([128, true]);
    expect(() => long.gradient({})).toThrow("gradient: toString is missing");
  });

  it("tells how it goes about it", () => {
    const whole = openSegments(module, { batch: 2, steps: 200 });
    expect([whole.segment, whole.count]).toEqual([200, 1]);
    const long = openSegments(module, { batch: 2, steps: 200, maxBytes: bytesOf(64) + 64 * 2 * 4 * 4 + 100 });
    expect([long.segment, long.count]).toEqual([64, 4]);
    expect(long.bytes).toBe(bytesOf(64) + 64 * 2 * 4 * 4 + 3 * 2 * 2 * 4);
    const values = { x, m, lengths: [200, 90] };
    const cotangents = { y: x, final: { h: [1, 2, 3, 4] } };
    const gradient = long.gradient(values, { cotangents });
    expect(gradient).toEqual(whole.gradient(values, { cotangents }));
    expect(Object.keys(gradient.given)).toEqual(["m"]);
    // Shorter ones, and without any steps.
    expect(long.gradient({ x: x.subarray(0, 6), m: [1, 1], batch: 1, steps: 3 }, {}).params["a"]).toEqual(Float32Array.of(0, 0)); // prettier-ignore
    expect(long.gradient({ x: [], m, steps: 0 }, { cotangents: { final: { h: [1, 2, 3, 4] } } }).initial["h"]).toEqual(Float32Array.of(1, 2, 3, 4)); // prettier-ignore
  });

  it("takes sizes of networks by name", () => {
    const { segment, gradient } = openSegments(net, { sizes: { T: 200 } });
    expect(segment).toBe(200);
    expect(gradient({ x: x.subarray(0, 400) }).losses["loss"]!.weight).toBe(200);
  });

  it("draws in segments what the whole sequence would draw there", async () => {
    // What only an output is made of goes on, too.
    const text = `network Drops(; T) {
      input x: [T]
      param a: [] ~ ones
      y = dropout(a * x, 0.5)
      loss = sum(y * y) per T
      output t = before(t, 0) + y
    }`;
    const drops = await cell(text, { cell: "Drops", target: "js", segments: true });
    const [whole, parts] = [2 ** 30, 2500].map((maxBytes) => {
      const { count, gradient } = openSegments(drops, { sizes: { T: 200 }, maxBytes });
      const { params, given, outputs } = gradient({ x: x.subarray(0, 200), seed: 3, train: true }, { results: ["t", "x"] }); // prettier-ignore
      return { count, params, given, outputs };
    });
    expect([whole!.count, parts!.count]).toEqual([1, 4]);
    expect({ ...parts, count: 1 }).toEqual(whole);
  });

  it.each<[object, string]>([
    [{ step: 1 }, "openSegments: unknown option step; expected batch, steps, sizes, maxBytes, wasm, variant"],
    [{}, "openSegments: steps must be a positive integer, got undefined"],
    [{ steps: 10, batch: 0 }, "openSegments: batch must be a positive integer, got 0"],
    [{ steps: 10, maxBytes: "64MB" }, 'openSegments: maxBytes must be a finite number above 0, got "64MB"'],
    [{ steps: 10, maxBytes: 5 }, /^openSegments: segments of 10 steps take the least, \d+ bytes, more than the 5 that there may be$/u as unknown as string],
  ])("refuses the options %j", (options, message) => {
    expect(() => openSegments(module, options as SegmentsOptions)).toThrow(message);
  }); // prettier-ignore

  it("refuses modules that were built without", async () => {
    const plain = await cell(source, { cell: "Leaky", dimensions: { H: 2 }, target: "js" });
    expect(() => openSegments(plain, { steps: 10 })).toThrow(
      "openSegments: Leaky was compiled without segments; build it with --segments",
    );
  });

  it.each<[object, object, string]>([
    [{ x: 1 }, {}, "gradient: x must be an array of numbers, got 1"],
    [{ x: [1] }, {}, "gradient: x must have length 1 * 10 * 2, got Array of length 1"],
    [{ x: x.subarray(0, 20), q: 1 }, {}, "forward: unknown name q"],
    [{ x: x.subarray(0, 20) }, { per: 3 }, "gradient: unknown option per; expected cotangents, results"],
    [{ x: x.subarray(0, 20) }, { cotangents: { z: 1 } }, "gradient: cotangents: unknown option z; expected y, final"],
    [{ x: x.subarray(0, 20) }, { cotangents: { y: [1] } }, "gradient: y must have length 1 * 10 * 2, got Array of length 1"],
    [{ x: x.subarray(0, 20) }, { results: ["h"] }, 'gradient: results must be among y, x, got "h"'],
    [{ x: x.subarray(0, 20) }, { results: "y" }, 'gradient: results must be a list of names, got "y"'],
  ])("refuses the call %j, %j", (values, options, message) => {
    const { gradient } = openSegments(module, { steps: 10 });
    expect(() => gradient({ m: [1, 1], ...values }, options)).toThrow(message);
  }); // prettier-ignore

  it.each<[object, string]>([
    [{ per: 0 }, "gradient: per must be a finite number above 0, got 0"],
    [{ per: { los: 1 } }, "gradient: per: unknown option los; expected loss"],
    [{ per: { loss: -1 } }, "gradient: per.loss must be a finite number above 0, got -1"],
    [{ cotangents: {} }, "gradient: unknown option cotangents; expected per, results"],
  ])("refuses %j of losses", (options, message) => {
    const { gradient } = openSegments(net, { sizes: { T: 10 } });
    expect(() => gradient({ x: x.subarray(0, 20) }, options)).toThrow(message);
  });
});
