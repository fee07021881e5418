import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { adam, adamw } from "../../../runtime/training/adam.js";
import { clipByGlobalNorm } from "../../../runtime/training/clip-by-global-norm.js";
import { rmsprop } from "../../../runtime/training/rmsprop.js";
import { sgd } from "../../../runtime/training/sgd.js";

const kinds = [
  ["sgd", () => sgd({ learningRate: 0.1 })],
  ["momentum", () => sgd({ learningRate: 0.02, momentum: 0.9 })],
  ["nesterov", () => sgd({ learningRate: 0.02, momentum: 0.9, nesterov: true, weightDecay: 1e-6 })],
  ["adam", () => adam({ learningRate: 0.05 })],
  ["adamw", () => adamw({ learningRate: 0.05, weightDecay: 1e-6 })],
  ["rmsprop", () => rmsprop({ learningRate: 0.01 })],
] as const;

describe.each(kinds)("%s", (_, make) => {
  it.each([Float32Array, Float64Array])("finds the bottom of a bowl in %o", (kind) => {
    const optimizer = make();
    const params = { a: new kind([3, -2]), b: new kind([1]) };
    for (let step = 0; step < 500; step++) {
      optimizer.step(params, { a: params.a.map((p) => 2 * (p - 1)), b: params.b.map((p) => 4 * (p + 2)) });
    }
    expect(optimizer.steps).toBe(500);
    expect(Math.hypot(params.a[0]! - 1, params.a[1]! - 1, params.b[0]! + 2)).toBeLessThan(0.01);
  });

  it("checks names and lengths before it changes anything", () => {
    const optimizer = make();
    const a = new Float64Array([1]);
    expect(() => optimizer.step({ a }, {})).toThrow("gradient of a is missing");
    expect(() => optimizer.step({ a }, { a: new Float64Array(2) })).toThrow("must have length 1, got 2");
    expect(() => optimizer.step({ a }, { a, constructor: a })).toThrow(/no such parameter/);
    expect(() => optimizer.step({ constructor: a }, {} as never)).toThrow("gradient of constructor is missing");
    optimizer.step({ a }, { a: new Float64Array([0]) });
    expect(() => optimizer.step({ b: a }, { b: a })).toThrow(/was not there/);
    expect(() => optimizer.step({}, {})).toThrow(/is missing/);
    expect(optimizer.steps).toBe(1);
  });

  it("refuses a learning rate that is no number, and keeps the one it has", () => {
    const optimizer = make();
    const before = optimizer.learningRate;
    for (const wrong of [NaN, -1, Infinity, "0.1", undefined, null]) {
      expect(() => (optimizer.learningRate = wrong as never)).toThrow(
        /^learningRate must be a finite number of at least 0, got /,
      );
    }
    expect(optimizer.learningRate).toBe(before);
  });

  it("leaves a parameter alone whose gradient is always 0", () => {
    const optimizer = make();
    const params = { a: new Float32Array([0, 0]) };
    for (let step = 0; step < 3; step++) optimizer.step(params, { a: new Float32Array(2) });
    expect([...params.a]).toEqual([0, 0]);
  });

  it("follows a change of its learning rate", () => {
    const optimizer = make();
    optimizer.learningRate = 0;
    const params = { a: new Float64Array([1]) };
    optimizer.step(params, { a: new Float64Array([5]) });
    expect(params.a[0]).toBe(1);
  });
});

it("optimisers show their memory and refuse bad options", () => {
  const optimizer = adam();
  optimizer.step({ W: new Float64Array([1]) }, { W: new Float64Array([2]) });
  expect(optimizer.state["W"]!["mean"]![0]).toBeCloseTo(0.2);
  expect(optimizer.state["W"]!["meanSquare"]![0]).toBeCloseTo(0.004);
  expect(() => sgd({ learningRate: -1 })).toThrow(RangeError);
  expect(() => sgd({ learningRate: NaN })).toThrow(RangeError);
  expect(() => sgd(undefined as never)).toThrow("sgd: the options must be an object, got undefined");
  expect(() => adam({ weightDecay: 0.1 } as never)).toThrow(
    "adam: unknown option weightDecay; expected learningRate, beta1, beta2, epsilon",
  );
  expect(() => adamw({ lr: 0.1 } as never)).toThrow(/^adamw: unknown option lr; expected learningRate/);
  expect(() => rmsprop({ momentum: 0.9 } as never)).toThrow(/^rmsprop: unknown option momentum/);
  expect(() => sgd({ learningRate: 1, momentum: 1 })).toThrow(RangeError);
  expect(() => sgd({ learningRate: 1, nesterov: true })).toThrow(TypeError);
  expect(() => sgd({ learningRate: 1, momentum: 0.9, nesterov: "no" as never })).toThrow(
    /nesterov must be true or false, got "no"/u,
  );
  for (const make of [adam, adamw, rmsprop]) {
    expect(() => make({ epsilon: 0 })).toThrow("epsilon must be a finite number above 0, got 0");
    expect(() => make({ epsilon: "1e-8" } as never)).toThrow('epsilon must be a finite number above 0, got "1e-8"');
  }
  expect(() => adam([] as never)).toThrow("adam: the options must be an object, got Array of length 0");
  expect(() => adam({ beta1: 1 })).toThrow(/beta1 must be a number in \[0, 1\)/);
});

describe("clipByGlobalNorm", () => {
  it("shortens long gradients and leaves short ones alone", () => {
    fc.assert(
      fc.property(
        fc.float64Array({ min: -1e3, max: 1e3, noNaN: true, maxLength: 5 }),
        fc.float64Array({ min: -1e3, max: 1e3, noNaN: true, maxLength: 5 }),
        fc.double({ min: 0.1, max: 100, noNaN: true }),
        (a, b, maxNorm) => {
          const before = [...a, ...b];
          const norm = clipByGlobalNorm({ a, b }, maxNorm);
          expect(norm).toBeCloseTo(Math.hypot(...before), 6);
          if (norm <= maxNorm) expect([...a, ...b].every((g, i) => Math.abs(g - before[i]!) <= 1e-4)).toBe(true);
          else expect(Math.hypot(...a, ...b) / maxNorm).toBeCloseTo(1, 4);
        },
      ),
    );
  });

  it.each([1e-300, 1e-200, 1e200, 1e300])("measures gradients of %d, whose squares are no numbers any more", (size) => {
    const a = new Float64Array([3 * size]);
    const b = new Float64Array([0, -4 * size]);
    expect(clipByGlobalNorm({ a, b }, 5) / size).toBeCloseTo(5, 12);
    const clipped = size > 1 ? [3, -4] : [3 * size, -4 * size];
    for (const [i, g] of [a[0]!, b[1]!].entries()) expect(g / clipped[i]!).toBeCloseTo(1, 12);
    expect(b[0]).toBe(0);
  });

  it("leaves gradients without a norm as they are", () => {
    const a = new Float64Array([1, NaN, Infinity]);
    expect(clipByGlobalNorm({ a }, 1)).toBeNaN();
    expect([...a]).toEqual([1, NaN, Infinity]);
    const b = new Float64Array([1, -Infinity]);
    expect(clipByGlobalNorm({ b }, 1)).toBe(Infinity);
    expect([...b]).toEqual([1, -Infinity]);
    for (const wrong of [0, NaN, "1", undefined])
      expect(() => clipByGlobalNorm({ a }, wrong as never)).toThrow(RangeError);
  });
});
