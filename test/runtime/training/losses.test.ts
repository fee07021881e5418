import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { crossEntropy, meanSquaredError, type Loss, type LossOptions } from "../../../runtime/training/losses.js";

/** Central differences of the loss, entry by entry. */
function differences(values: Float64Array, loss: (values: Float64Array) => number): Float64Array {
  const width = 1e-5;
  return values.map((value, i) => {
    const at = (shift: number): number => loss(values.with(i, value + shift));
    return (at(width) - at(-width)) / (2 * width);
  });
}

const shapes = fc
  .record({
    batch: fc.integer({ min: 1, max: 3 }),
    steps: fc.integer({ min: 1, max: 3 }),
    width: fc.integer({ min: 1, max: 4 }),
  })
  .chain(({ batch, steps, width }) => {
    const count = batch * steps * width;
    const numbers = fc.float64Array({ min: -3, max: 3, noNaN: true, minLength: count, maxLength: count });
    const lengths = fc
      .array(fc.nat(steps), { minLength: batch, maxLength: batch })
      .filter((all) => all.some((n) => n > 0));
    return fc.record({
      batch: fc.constant(batch),
      steps: fc.constant(steps),
      width: fc.constant(width),
      a: numbers,
      b: numbers,
      lengths,
    });
  });

function expectGradient(loss: Loss, expected: Float64Array): void {
  expected.forEach((value, i) => expect(loss.gradient[i]).toBeCloseTo(value, 6));
}

describe("losses", () => {
  it("have the gradients that differences give", () => {
    fc.assert(
      fc.property(shapes, ({ batch, steps, width, a, b, lengths }) => {
        const options: LossOptions = { batch, steps, lengths };
        const squared = (values: Float64Array): Loss => meanSquaredError(values, b, options);
        expectGradient(
          squared(a),
          differences(a, (values) => squared(values).loss),
        );
        const classes = Array.from(
          { length: batch * steps },
          (_, row) => Math.floor(Math.abs(b[row * width]!) * 10) % width,
        );
        const crossed = (values: Float64Array): Loss => crossEntropy(values, classes, options);
        expectGradient(
          crossed(a),
          differences(a, (values) => crossed(values).loss),
        );
      }),
    );
  });

  it("do not see padding, NaN included", () => {
    const options = { batch: 2, steps: 2, lengths: [1, 2] };
    const prediction = new Float64Array([1, NaN, 3, 5]);
    const { loss, gradient } = meanSquaredError(prediction, [0, NaN, 3, 3], options);
    expect(loss).toBeCloseTo(5 / 3);
    expect([...gradient]).toEqual([2 / 3, 0, 0, 4 / 3]);
    const logits = new Float64Array([0, 0, NaN, NaN, 0, 0, 0, 0]);
    const crossed = crossEntropy(logits, [0, -7, 1, 1], options);
    expect(crossed.loss).toBeCloseTo(Math.log(2));
    expect([...crossed.gradient.slice(2, 4)]).toEqual([0, 0]);
  });

  it("cross entropy keeps its digits beside large logits, and where the class is all but certain", () => {
    const options = { batch: 1, steps: 1 };
    for (const shift of [0, 1e9, -1e30, 2 ** 1000]) {
      const { loss, gradient } = crossEntropy(new Float64Array([shift, shift, shift]), [1], options);
      expect(loss).toBeCloseTo(Math.log(3), 14);
      [1 / 3, -2 / 3, 1 / 3].forEach((value, i) => expect(gradient[i]).toBeCloseTo(value, 14));
    }
    for (const make of [Float32Array, Float64Array]) {
      const { loss, gradient } = crossEntropy(make.from([0, 50, -Infinity]), [1], options);
      const rest = Math.exp(-50);
      expect(loss / rest).toBeCloseTo(1, 6);
      expect(gradient[0]! / rest).toBeCloseTo(1, 6);
      expect(gradient[1]! / rest).toBeCloseTo(-1, 6);
      expect(gradient[2]).toBe(0);
    }
  });

  it("cross entropy survives logits of any size", () => {
    const { loss, gradient } = crossEntropy(new Float64Array([1e300, -1e300]), [0], { batch: 1, steps: 1 });
    expect(loss).toBe(0);
    expect([...gradient]).toEqual([0, 0]);
  });

  it("write where they are told to", () => {
    const into = new Float32Array(2);
    const result = meanSquaredError(new Float32Array([1, 2]), [0, 0], { batch: 2, steps: 1, into });
    expect(result.gradient).toBe(into);
    expect([...into]).toEqual([1, 2]);
  });

  it("name what does not fit", () => {
    const y = new Float64Array(4);
    expect(() => meanSquaredError(y, [1], { batch: 2, steps: 2 })).toThrow(
      "target must have length 4, as the prediction, got 1",
    );
    expect(() => meanSquaredError(y, y, { batch: 3, steps: 1 })).toThrow(/multiple of batch \* steps = 3/);
    expect(() => meanSquaredError(y, y, { batch: 2, steps: 2, lengths: [1] })).toThrow(
      "lengths must have length 2, got 1",
    );
    expect(() => meanSquaredError(y, y, { batch: 2, steps: 2, lengths: [1, 3] })).toThrow(
      "lengths[1] must be an integer from 0 to 2",
    );
    expect(() => meanSquaredError(y, y, { batch: 2, steps: 2, lengths: [0, 0] })).toThrow(/no step counts/);
    expect(() => crossEntropy(y, [0, 2], { batch: 2, steps: 1 })).toThrow(
      "classes[1] must be an integer in [0, 2), got 2",
    );
    expect(() => crossEntropy(y, [0], { batch: 2, steps: 1 })).toThrow("classes must have length 2, got 1");
    expect(() => crossEntropy(y, [0, 0], { batch: 0, steps: 1 })).toThrow(/batch must be a positive integer/);
  });
});

it("losses take no options that do not exist", () => {
  const options = { batch: 1, steps: 1, reduction: "sum" } as LossOptions;
  const message = ": unknown option reduction; expected batch, steps, lengths, into";
  expect(() => meanSquaredError(new Float64Array(1), [0], options)).toThrow(message);
  expect(() => crossEntropy(new Float64Array(2), [0], options)).toThrow(message);
});
