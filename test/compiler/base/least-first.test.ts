import fc from "fast-check";
import { expect, test } from "vitest";
import { LeastFirst } from "../../../compiler/base/least-first.js";

test("gives what was put in, in order, also between", () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.integer({ min: 0, max: 20 }), { nil: undefined })), (steps) => {
      const queue = new LeastFirst<number>((a, b) => a < b);
      let model: number[] = [];
      for (const step of steps) {
        expect(queue.first).toBe(model[0]);
        if (step === undefined) {
          expect(queue.pop()).toBe(model[0]);
          model = model.slice(1);
        } else {
          queue.push(step);
          model = [...model, step].sort((a, b) => a - b);
        }
      }
      for (const value of model) expect(queue.pop()).toBe(value);
      expect(queue.pop()).toBeUndefined();
    }),
  );
});
