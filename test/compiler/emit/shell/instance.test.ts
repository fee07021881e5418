import { beforeAll, describe, expect, test } from "vitest";
import { leakyText } from "../../../support/leaky-module.js";

/* eslint-disable @typescript-eslint/no-explicit-any -- the module's types are not under test here */
let instantiate: (options?: unknown) => any;
beforeAll(async () => {
  const module: any = await import(`data:text/javascript,${encodeURIComponent(leakyText)}`);
  instantiate = module.instantiate;
});

const options = { batch: 2, steps: 3, sizes: { S: 4 } };

/** An array whose memory has gone elsewhere. */
function detached(): Float64Array {
  const x = new Float64Array(12);
  structuredClone(x, { transfer: [x.buffer] });
  return x;
}

/** Arguments of `forward` for the sizes that `options` gives; every test changes some. */
function call(changes: Record<string, unknown> = {}): Record<string, unknown> {
  const x = Float64Array.from({ length: 12 }, (_, i) => i + 1);
  return { x, k: [0, 1, 2, 0, 1, 2], m: new Float64Array(16).fill(0.5), ...changes };
}

function prepared(): any {
  const cell = instantiate(options);
  cell.params.decay.set([0.5, -0.5]);
  cell.params.start.set([1, 2]);
  cell.params.table.fill(0);
  return cell;
}

describe("forward", () => {
  test("gives outputs and final states by name", () => {
    const out = prepared().forward(call());
    expect(Object.keys(out)).toEqual(["y", "final"]);
    expect(out.y).toHaveLength(12);
    expect(Object.keys(out.final)).toEqual(["h", "c"]);
    // h = 0.5 * 1 + 1, then times the sum of m over S = 4 elements of 0.5.
    expect(out.y[0]).toBe(3);
  });

  test("takes smaller sizes and gives views of those sizes", () => {
    const out = prepared().forward({ x: [1, 2], k: [0], m: [1, 1], batch: 1, steps: 1, sizes: { S: 1 } });
    expect([...out.y]).toEqual([1.5, 1]);
    expect([...out.final.h]).toEqual([1.5, 1]);
  });

  test("takes sizes of each example, padded to the largest or to more", () => {
    const small = { x: [1, 2, 1, 2], k: [0, 0], batch: 2, steps: 1 };
    const m = [1, 1, 9, 9, 1, 1, 1, 1];
    const out = prepared().forward({ ...small, m, sizes: { S: [1, 2] } });
    expect([...out.y]).toEqual([1.5, 1, 3, 2]);
    const wider = [1, 1, 9, 9, 9, 9, 1, 1, 1, 1, 9, 9];
    const same = prepared().forward({ ...small, m: wider, sizes: { S: { padded: 3, each: [1, 2] } } });
    expect([...same.y]).toEqual([1.5, 1, 3, 2]);
  });

  test("stops at the length of each example", () => {
    const out = prepared().forward(call({ lengths: [1, 0] }));
    expect([...out.y.subarray(2)]).toEqual(new Array(10).fill(0));
    expect([...out.final.h.subarray(2)]).toEqual([1, 2]);
  });

  test("takes given states in place of computed ones and zeros", () => {
    const out = prepared().forward(call({ h: new Float32Array(4), c: [1, 1, 1, 1], steps: 0, x: [], k: [] }));
    expect([...out.final.h]).toEqual([0, 0, 0, 0]);
    expect([...out.final.c]).toEqual([1, 1, 1, 1]);
  });

  test("hands out the same objects as long as the sizes stay", () => {
    const cell = prepared();
    const first = cell.forward(call());
    expect(cell.forward(call())).toBe(first);
    const other = cell.forward({ x: [1, 2], k: [0], m: [1, 1], batch: 1, steps: 1, sizes: { S: 1 } });
    expect(other).not.toBe(first);
    expect([...other.y]).toEqual([1.5, 1]);
  });

  test("accepts arrays of another realm", async () => {
    const { runInNewContext } = await import("node:vm");
    const x = runInNewContext("Float64Array.from({ length: 12 }, (_, i) => i + 1)");
    const cell = prepared();
    const expected = [...cell.forward(call()).y];
    expect([...cell.forward(call({ x })).y]).toEqual(expected);
    expect([...cell.forward(call({ x: runInNewContext("[1,2,3,4,5,6,7,8,9,10,11,12]") })).y]).toEqual(expected);
  });
});

test("indices may be of 64 bits", () => {
  const expected = [...prepared().forward(call({ k: [0, 1, 2, 2, 1, 0] })).y];
  expect([...prepared().forward(call({ k: BigInt64Array.of(0n, 1n, 2n, 2n, 1n, 0n) })).y]).toEqual(expected);
});

describe("wrong calls", () => {
  const wrong: [title: string, changes: Record<string, unknown>, error: typeof TypeError, message: RegExp][] = [
    ["missing input", { x: undefined }, TypeError, /forward: x is missing.*\[batch 2, steps 3, 2\]/],
    ["missing context", { m: undefined }, TypeError, /forward: m is missing.*\[batch 2, S 4, 2\]/],
    [
      "wrong length",
      { x: new Float64Array(11) },
      RangeError,
      /x must have shape \[batch 2, steps 3, 2\].*12.*got Float64Array of length 11/,
    ],
    ["wrong state", { h: [1] }, RangeError, /h must have shape \[batch 2, 2\].*got Array of length 1/],
    ["integer array", { x: new Int32Array(12) }, TypeError, /x must be a Float32Array.*got Int32Array of length 12/],
    ["big integers out of range", { k: new BigInt64Array(6).fill(3n) }, RangeError, /k\[0\].*from 0 to 2, got 3/],
    ["big integers for real numbers", { x: new BigInt64Array(12) }, TypeError, /x must be a.*got BigInt64Array/],
    ["a string", { x: "abc" }, TypeError, /x must be.*got "abc"/],
    ["null", { x: null }, TypeError, /x must be.*got null/],
    ["a data view", { x: new DataView(new ArrayBuffer(96)) }, TypeError, /got DataView of 96 bytes/],
    ["an element that is no number", { x: [..."abcdefghijkl"] }, TypeError, /x\[0\] must be a number, got "a"/],
    ["bigints", { x: new Array(12).fill(1n) }, TypeError, /x\[0\] must be a number, got the bigint 1n/],
    ["a hole", { x: new Array(12) }, TypeError, /x\[0\] must be a number, got undefined/],
    ["an index out of range", { k: [0, 1, 3, 0, 0, 0] }, RangeError, /k\[2\] must be an integer from 0 to 2, got 3/],
    ["a negative index", { k: [0, -1, 0, 0, 0, 0] }, RangeError, /k\[1\].*got -1/],
    ["a fractional index", { k: [0, 0.5, 0, 0, 0, 0] }, RangeError, /k\[1\].*got 0.5/],
    ["an index that is NaN", { k: [NaN, 0, 0, 0, 0, 0] }, RangeError, /k\[0\].*got NaN/],
    ["an index array of texts", { k: ["0", 0, 0, 0, 0, 0] }, TypeError, /k\[0\] must be a number, got "0"/],
    ["a fraction in a float index array", { k: Float64Array.of(0, 0, 0.5, 0, 0, 0) }, RangeError, /k\[2\].*got 0.5/],
    ["a detached buffer", { x: detached() }, RangeError, /x must have shape.*length 12; got Float64Array of length 0/],
    ["infinite steps", { steps: Infinity }, RangeError, /steps must be an integer from 0 to 3, got Infinity/],
    ["unknown name", { hh: [1] }, TypeError, /unknown name hh; expected x, k, m, h, c, lengths, sizes, batch, steps/],
    ["negative batch", { batch: -1 }, RangeError, /batch must be an integer from 1 to 2, got -1/],
    ["no batch", { batch: 0 }, RangeError, /batch.*got 0/],
    ["large batch", { batch: 3 }, RangeError, /batch.*got 3/],
    ["fractional batch", { batch: 1.5 }, RangeError, /batch.*got 1.5/],
    ["NaN batch", { batch: NaN }, RangeError, /batch.*got NaN/],
    ["text batch", { batch: "2" }, TypeError, /batch must be a number, got "2"/],
    ["negative steps", { steps: -1 }, RangeError, /steps must be an integer from 0 to 3/],
    ["many steps", { steps: 4 }, RangeError, /steps.*got 4/],
    ["lengths: too long", { lengths: [3, 4] }, RangeError, /lengths\[1\] must be an integer from 0 to 3, got 4/],
    ["lengths: negative", { lengths: [-1, 3] }, RangeError, /lengths\[0\].*got -1/],
    ["lengths: too few", { lengths: [3] }, RangeError, /lengths must have shape \[batch 2\]/],
    ["lengths: a number", { lengths: 3 }, TypeError, /lengths must be.*got 3/],
    ["sizes: too large", { sizes: { S: 5 } }, RangeError, /sizes.S must be an integer from 1 to 4, got 5/],
    ["sizes: zero", { sizes: { S: 0 } }, RangeError, /sizes.S.*got 0/],
    ["sizes: of an example", { sizes: { S: [1, 5] } }, RangeError, /sizes.S\[1\].*got 5/],
    [
      "sizes: padded too little",
      { sizes: { S: { padded: 1, each: [1, 2] } } },
      RangeError,
      /padded.*from 2 to 4, got 1/,
    ],
    [
      "lengths: text",
      { lengths: "12" },
      TypeError,
      /lengths must be an array of integers of shape \[batch 2\], got "12"/,
    ],
    ["sizes: no object", { sizes: 3 }, TypeError, /^forward: sizes: expected an object with S, got 3$/],
    ["sizes: unknown", { sizes: { Q: 1 } }, TypeError, /^forward: sizes: unknown name Q; expected S/],
  ];

  test.each(wrong)("%s", (_, changes, error, message) => {
    const cell = prepared();
    const expected = [...cell.forward(call()).y];
    const good = cell.backward({ y: new Float64Array(12).fill(1) });
    const before = [...good.x];
    let thrown: unknown;
    try {
      cell.forward(call(changes));
    } catch (caught) {
      thrown = caught;
    }
    expect(thrown).toBeInstanceOf(error);
    expect((thrown as Error).message).toMatch(message);
    // The forward pass of before is still the one that backward works on.
    expect([...cell.backward({ y: new Float64Array(12).fill(1) }).x]).toEqual(before);
    expect([...cell.forward(call()).y]).toEqual(expected);
  });

  test.each([[undefined], [null], [3], [[]], [new Float64Array(2)]])("forward(%s)", (value) => {
    expect(() => prepared().forward(value)).toThrow(/^forward: expected an object with /);
  });

  test("a detached buffer is as good as any where nothing is expected", () => {
    const out = prepared().forward(call({ x: detached(), k: [], steps: 0 }));
    expect([...out.final.h]).toEqual([1, 2, 1, 2]);
  });

  describe("arguments that change while they are read", () => {
    /** An array that gives `first` when it is read for the first time, and `later` then. */
    const changing = (length: number, first: number, later: number): number[] => {
      const reads = new Map<unknown, number>();
      return new Proxy(new Array<number>(length).fill(first), {
        get(target, name) {
          const isElement = typeof name === "string" && /^\d+$/u.test(name);
          if (!isElement) return Reflect.get(target, name) as unknown;
          reads.set(name, (reads.get(name) ?? 0) + 1);
          return reads.get(name) === 1 ? first : later;
        },
      });
    };

    test.each([
      ["indices", { k: changing(6, 0, 1e9) }, { k: new Array(6).fill(0) }],
      ["lengths", { lengths: changing(2, 1, 1e9) }, { lengths: [1, 1] }],
      ["sizes", { sizes: { S: changing(2, 4, -1) } }, { sizes: { S: [4, 4] } }],
      ["states", { h: changing(4, 1, NaN) }, { h: [1, 1, 1, 1] }],
    ])("%s are as they were at first", (_, changes, first) => {
      expect([...prepared().forward(call(changes)).y]).toEqual([...prepared().forward(call(first)).y]);
    });

    test("are read once", () => {
      let reads = 0;
      const values = call();
      Object.defineProperty(values, "k", { enumerable: true, get: () => (reads++ === 0 ? [0, 1, 2, 0, 1, 2] : []) });
      const cell = prepared();
      expect([...cell.forward(values).y]).toEqual([...prepared().forward(call()).y]);
      expect(reads).toBe(1);
    });

    test("cannot call the instance in between", () => {
      const cell = prepared();
      const lengths = new Proxy([3, 3], {
        get(target, name) {
          if (name === "0") cell.forward(call({ steps: 1, x: new Float64Array(4), k: [0, 0] }));
          return Reflect.get(target, name) as unknown;
        },
      });
      const expected = [...cell.forward(call()).y];
      expect(() => cell.forward(call({ lengths }))).toThrow(/^forward: another call is reading its arguments$/u);
      expect([...cell.forward(call()).y]).toEqual(expected);
    });
  });

  test("options of instantiate", () => {
    expect(() => instantiate({ batch: 0, sizes: { S: 1 } })).toThrow(RangeError);
    expect(() => instantiate({ sizes: {} })).toThrow(/sizes.S must be a number, got undefined/);
    expect(() => instantiate({ sizes: { S: 1 }, speed: 1 })).toThrow(/unknown name speed/);
    expect(() => instantiate({ sizes: { S: 1e9 }, batch: 1e6 })).toThrow(/take 16000000032000000 bytes/);
    expect(() => instantiate({ sizes: { S: 10 }, maxBytes: 100 })).toThrow(/take 192 bytes, more than maxBytes, 100/);
  });

  test("inherited properties are not arguments", () => {
    const inherited = Object.create({ x: new Float64Array(12) });
    expect(() => prepared().forward(inherited)).toThrow(/x is missing/);
  });
});

describe("backward", () => {
  test("needs a forward", () => {
    expect(() => prepared().backward({})).toThrow(/call forward first/);
  });

  test("takes missing cotangents as zero and carries on to computed initial values", () => {
    const cell = prepared();
    cell.forward(call());
    const grad = cell.backward({ final: { h: [1, 2, 3, 4] } });
    expect(Object.keys(grad)).toEqual(["x", "m", "initial", "params"]);
    expect([...grad.x]).toEqual(new Array(12).fill(0));
    expect([...grad.initial.h]).toEqual([1, 2, 3, 4]);
    expect([...grad.params.start]).toEqual([4, 6]);
  });

  test("carries nothing on where the state was given", () => {
    const cell = prepared();
    cell.forward(call({ h: [0, 0, 0, 0] }));
    const grad = cell.backward({ final: { h: [1, 2, 3, 4] } });
    expect([...grad.initial.h]).toEqual([1, 2, 3, 4]);
    expect([...grad.params.start]).toEqual([0, 0]);
  });

  test("refuses wrong cotangents", () => {
    const cell = prepared();
    cell.forward(call());
    expect(() => cell.backward({ z: [] })).toThrow(/backward: unknown name z; expected y, final/);
    expect(() => cell.backward({ final: { y: [] } })).toThrow(/backward: final: unknown name y; expected h, c/);
    expect(() => cell.backward({ y: [1] })).toThrow(/backward: y must have shape \[batch 2, steps 3, 2\]/);
    expect(() => cell.backward({ final: { h: [1] } })).toThrow(/^backward: final: h must have shape \[batch 2, /);
    expect(() => cell.backward({ final: [] })).toThrow(/final: expected an object with /);
  });

  test("says what was left out at compilation", () => {
    expect(() => prepared().jvp({}, {})).toThrow(/compiled without jvp/);
  });
});

describe("streaming", () => {
  const xs = [1, 2, 3, 4];
  const m = new Float64Array(16).fill(0.5);

  test("starts by itself, keeps contexts and state", () => {
    const cell = prepared();
    const first = [...cell.step({ x: xs, k: [0, 0], m }).y];
    const second = [...cell.step({ x: xs, k: [0, 0] }).y];
    expect(first).toEqual([3, 2, 7, 6]);
    expect(second).not.toEqual(first);
    cell.reset();
    expect([...cell.step({ x: xs, k: [0, 0] }).y]).toEqual(first);
  });

  test("needs contexts once, and again for other sizes", () => {
    const cell = prepared();
    expect(() => cell.step({ x: xs, k: [0, 0] })).toThrow(/step: m is missing/);
    cell.step({ x: xs, k: [0, 0], m });
    cell.reset({ batch: 1, h: [0, 0] });
    expect(() => cell.step({ x: [1, 2], k: [0] })).toThrow(/step: m is missing.*\[batch 1, S 4, 2\]/);
    expect(() => cell.reset({ batch: 2 })).toThrow(/reset: m is missing/);
  });

  test("keeps contexts for a stream of the same sizes, whatever sizes a sequence had in between", () => {
    const cell = prepared();
    const size = { batch: 1, sizes: { S: [2] } };
    cell.reset({ ...size, m: [1, 1, 1, 1] });
    const first = [...cell.step({ x: [1, 2], k: [0] }).y];
    cell.forward(call({ m: new Float64Array(12), sizes: { S: [2, 3] } }));
    cell.reset(size);
    expect([...cell.step({ x: [1, 2], k: [0] }).y]).toEqual(first);
  });

  test("goes on from a snapshot with the same bits", () => {
    const cell = prepared();
    cell.step({ x: xs, k: [0, 0], m });
    const snapshot = structuredClone(cell.snapshot());
    const expected = [...cell.step({ x: xs, k: [1, 2] }).y];
    const other = prepared();
    other.restore(snapshot);
    expect([...other.step({ x: xs, k: [1, 2] }).y]).toEqual(expected);
    cell.restore(snapshot);
    expect([...cell.step({ x: xs, k: [1, 2] }).y]).toEqual(expected);
  });

  test("a refused reset leaves nothing behind", () => {
    const [cell, other] = [prepared(), prepared()];
    expect(() => cell.reset({ h: [9, 9, 9, 9], c: [1] })).toThrow(/reset: c must have shape/);
    expect(() => cell.reset({ h: ["no"], c: [1, 1, 1, 1] })).toThrow(RangeError);
    expect([...cell.step({ x: xs, k: [0, 0], m }).y]).toEqual([...other.step({ x: xs, k: [0, 0], m }).y]);
  });

  test("refuses a damaged snapshot and keeps its state", () => {
    const cell = prepared();
    cell.step({ x: xs, k: [0, 0], m });
    const snapshot = cell.snapshot();
    expect(() => cell.restore({ ...snapshot, cell: "Other" })).toThrow(/no snapshot of Leaky, but of Other/);
    expect(() => cell.restore({ ...snapshot, states: { h: [1, 2, 3, 4] } })).toThrow(/restore: c is missing/);
    expect(() => cell.restore({ ...snapshot, batch: 9 })).toThrow(/batch/);
    expect(() => cell.restore(7)).toThrow(TypeError);
    expect(cell.snapshot()).toEqual(snapshot);
  });

  test("does not disturb whole sequences", () => {
    const cell = prepared();
    cell.forward(call({ sizes: { S: [1, 4] } }));
    const expected = [...cell.backward({ y: new Float64Array(12).fill(1) }).x];
    cell.step({ x: xs, k: [0, 0], m });
    expect([...cell.backward({ y: new Float64Array(12).fill(1) }).x]).toEqual(expected);
  });
});

test("params are named, in place and cannot be replaced", () => {
  const { params } = prepared();
  expect(Object.getPrototypeOf(params)).toBe(null);
  expect(Object.isFrozen(params)).toBe(true);
  expect(Object.keys(params)).toEqual(["decay", "start", "table"]);
});
