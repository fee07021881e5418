/** A refused call leaves nothing to the next one, and no call is made inside another. */
import { beforeAll, expect, test } from "vitest";
import { leakyText } from "../../../support/leaky-module.js";

/* eslint-disable @typescript-eslint/no-explicit-any -- the module's types are not under test here */
let instantiate: (options?: unknown) => any;
beforeAll(async () => {
  const module: any = await import(`data:text/javascript,${encodeURIComponent(leakyText)}`);
  instantiate = module.instantiate;
});

const options = { batch: 2, steps: 3, sizes: { S: 4 } };
const x = Float64Array.from({ length: 12 }, (_, i) => i + 1);
const whole = { x, k: [0, 1, 2, 0, 1, 2], m: new Float64Array(16).fill(0.5) };
const one = { x: [1, 2, 3, 4], k: [0, 1], m: whole.m };

test.each([{ steps: 99 }, { batch: 7 }, { lengths: [1] }, { sizes: 3 }])(
  "options of a refused forward: %j",
  (wrong) => {
    const next: ((cell: any) => unknown)[] = [
      (cell) => cell.step(one),
      (cell) => cell.steps(whole),
      (cell) => (cell.reset({ m: whole.m }), cell.step({ x: one.x, k: one.k })),
      (cell) => (cell.reset({ m: whole.m }), cell.snapshot()),
      (cell) => cell.forward(whole),
    ];
    for (const call of next) {
      const [cell, fresh] = [instantiate(options), instantiate(options)];
      expect(() => cell.forward({ ...whole, ...wrong, typo: 1 })).toThrow(/unknown name typo/);
      expect(call(cell)).toEqual(call(fresh));
    }
  },
);

test("a getter cannot call the instance, from the first argument that is read on", () => {
  const message = /another call is reading its arguments$/;
  const attempts: Record<string, (cell: any) => unknown> = {
    forward: (cell) => cell.forward(whole),
    step: (cell) => cell.step(one),
    steps: (cell) => cell.steps(whole),
    reset: (cell) => cell.reset({ m: whole.m }),
    snapshot: (cell) => cell.snapshot(),
    init: (cell) => cell.init(1),
    setParams: (cell) => cell.setParams({ start: [0, 0] }),
  };
  const expected = instantiate(options).forward({ ...whole, h: [1, 2, 3, 4] });
  for (const attempt of Object.values(attempts)) {
    const cell = instantiate(options);
    let refused = 0;
    const given = {
      h: [1, 2, 3, 4],
      ...whole,
      get x() {
        expect(() => attempt(cell)).toThrow(message);
        refused++;
        return x;
      },
    };
    expect(cell.forward(given)).toEqual(expected);
    expect(refused).toBe(1);
  }
});
