/** Every optimiser against its update rule, written out here for one number at a time. */
import { describe, expect, it } from "vitest";
import {
  adagrad,
  adam,
  adamw,
  CallTypeError,
  lion,
  nadam,
  type Optimizer,
  plateau,
  rmsprop,
  sgd,
  type StepOptions,
  type TrainedInstance,
} from "../../../../runtime/index.js";

type Numbers = number[];
/** Changes the params, with what it remembers of each; `t` counts from 1. */
type PlainRule = (p: Numbers, g: Numbers, memory: Record<string, Numbers>, t: number) => void;

const each =
  (
    rule: (p: number, g: number, m: Record<string, number>, t: number) => readonly [number, Record<string, number>],
  ): PlainRule =>
  (p, g, memory, t) => {
    for (let i = 0; i < p.length; i++) {
      const mine = Object.fromEntries(Object.keys(memory).map((name) => [name, memory[name]![i] ?? 0]));
      const [next, kept] = rule(p[i]!, g[i]!, mine, t);
      p[i] = next;
      for (const name in kept) (memory[name] ??= [])[i] = kept[name]!;
    }
  };

const adamRule = (decay: number, decoupled: number, amsgrad = false): PlainRule =>
  each((p, gradient, { m = 0, v = 0, top = 0 }, t) => {
    const g = gradient + decay * p;
    const mean = 0.9 * m + 0.1 * g;
    const square = 0.99 * v + 0.01 * g * g;
    const largest = Math.max(top, square);
    const size = Math.sqrt((amsgrad ? largest : square) / (1 - 0.99 ** t)) + 1e-6;
    return [p * (1 - 0.05 * decoupled) - (0.05 / (1 - 0.9 ** t)) * (mean / size), { m: mean, v: square, top: largest }];
  });

const nadamRule = (decay: number, decoupled: number): PlainRule =>
  each((p, gradient, { m = 0, v = 0, product = 0 }, t) => {
    const g = gradient + decay * p;
    const mu = (k: number): number => 0.9 * (1 - 0.5 * 0.96 ** (k * 0.01));
    const all = (t === 1 ? 1 : product) * mu(t);
    const mean = 0.9 * m + (1 - 0.9) * g;
    const square = 0.99 * v + 0.01 * g * g;
    const size = Math.sqrt(square / (1 - 0.99 ** t)) + 1e-6;
    const step = ((1 - mu(t)) / (1 - all)) * g + (mu(t + 1) / (1 - all * mu(t + 1))) * mean;
    return [p * (1 - 0.05 * decoupled) - (0.05 * step) / size, { m: mean, v: square, product: all }];
  });

const rmspropRule = (momentum: number, centered: boolean, decay: number): PlainRule =>
  each((p, gradient, { m = 0, v = 0, b = 0 }) => {
    const g = gradient + decay * p;
    const square = 0.95 * v + 0.05 * g * g;
    const mean = centered ? 0.95 * m + 0.05 * g : 0;
    const moved = momentum * b + g / (Math.sqrt(square - mean * mean) + 1e-6);
    return [p - 0.02 * moved, { m: mean, v: square, b: moved }];
  });

const sgdRule = (momentum: number, dampening: number, nesterov: boolean, decay: number): PlainRule =>
  each((p, gradient, { b = 0 }, t) => {
    const g = gradient + decay * p;
    const moved = t === 1 ? g : momentum * b + (1 - dampening) * g;
    return [p - 0.1 * (momentum === 0 ? g : nesterov ? g + momentum * moved : moved), { b: moved }];
  });

const adagradRule: PlainRule = each((p, gradient, { s = 0 }, t) => {
  const g = gradient + 0.02 * p;
  const sum = (t === 1 ? 0.1 : s) + g * g;
  return [p - ((0.3 / (1 + (t - 1) * 0.01)) * g) / (Math.sqrt(sum) + 1e-9), { s: sum }];
});

const lionRule: PlainRule = each((p, g, { m = 0 }) => [
  p * (1 - 0.01 * 0.1) - 0.01 * Math.sign(0.9 * m + 0.1 * g),
  { m: 0.98 * m + 0.02 * g },
]);

const moments = { learningRate: 0.05, beta1: 0.9, beta2: 0.99, epsilon: 1e-6 };
const rms = { learningRate: 0.02, alpha: 0.95, epsilon: 1e-6 };
const kinds: readonly (readonly [string, () => Optimizer, PlainRule])[] = [
  ["sgd", () => sgd({ learningRate: 0.1 }), sgdRule(0, 0, false, 0)],
  ["sgd with decay", () => sgd({ learningRate: 0.1, weightDecay: 0.1 }), sgdRule(0, 0, false, 0.1)],
  [
    "momentum with dampening",
    () => sgd({ learningRate: 0.1, momentum: 0.8, dampening: 0.3 }),
    sgdRule(0.8, 0.3, false, 0),
  ],
  [
    "nesterov",
    () => sgd({ learningRate: 0.1, momentum: 0.8, nesterov: true, weightDecay: 0.1 }),
    sgdRule(0.8, 0, true, 0.1),
  ],
  ["adam", () => adam(moments), adamRule(0, 0)],
  ["adam with decay", () => adam({ ...moments, weightDecay: 0.1 }), adamRule(0.1, 0)],
  ["amsgrad", () => adam({ ...moments, amsgrad: true }), adamRule(0, 0, true)],
  ["adamw", () => adamw(moments), adamRule(0, 0.01)],
  ["nadam", () => nadam({ ...moments, momentumDecay: 0.01 }), nadamRule(0, 0)],
  ["nadam with decay", () => nadam({ ...moments, momentumDecay: 0.01, weightDecay: 0.1 }), nadamRule(0.1, 0)],
  [
    "nadam with decoupled decay",
    () => nadam({ ...moments, momentumDecay: 0.01, weightDecay: 0.1, decoupledWeightDecay: true }),
    nadamRule(0, 0.1),
  ],
  ["rmsprop", () => rmsprop(rms), rmspropRule(0, false, 0)],
  [
    "rmsprop, centred, with all",
    () => rmsprop({ ...rms, centered: true, momentum: 0.7, weightDecay: 0.1 }),
    rmspropRule(0.7, true, 0.1),
  ],
  [
    "adagrad",
    () =>
      adagrad({
        learningRate: 0.3,
        learningRateDecay: 0.01,
        initialAccumulatorValue: 0.1,
        epsilon: 1e-9,
        weightDecay: 0.02,
      }),
    adagradRule,
  ],
  ["lion", () => lion({ learningRate: 0.01, weightDecay: 0.1, beta2: 0.98 }), lionRule],
];

/** The slope of a crooked bowl with the bottom at 1, -2, 3, …, and something that changes with time. */
const slopeAt = (p: ArrayLike<number>, t: number): Numbers =>
  Array.from(p, (value, i) => (i + 1) * (value - (i % 2 === 0 ? i + 1 : -i - 1)) + 0.3 * Math.sin(t * (i + 1)));

describe.each(kinds)("%s", (_, make, rule) => {
  it.each(["f64", "f32"] as const)("does what its rule says in %s", (dtype) => {
    const Reals = dtype === "f64" ? Float64Array : Float32Array;
    const params = { a: new Reals([3, -2, 0.5]), b: new Reals([1, 4]) };
    const plain = [3, -2, 0.5, 1, 4];
    const memory: Record<string, Numbers> = {};
    const state = make().attach({ params });
    for (let t = 1; t <= 40; t++) {
      const slope = slopeAt(plain, t);
      state.step({ a: new Reals(slope.slice(0, 3)), b: new Reals(slope.slice(3)) });
      rule(plain, slope, memory, t);
    }
    const worst = Math.max(...[...params.a, ...params.b].map((value, i) => Math.abs(value - plain[i]!)));
    expect(worst).toBeLessThan(dtype === "f64" ? 1e-12 : 2e-4);
    expect(state.updates).toBe(40);
  });

  it("goes on from what was saved to the same bits", () => {
    const train = (stop: number): Float32Array => {
      const params = { a: new Float32Array([3, -2, 0.5]) };
      let state = make().attach({ params });
      for (let t = 1; t <= 12; t++) {
        if (t === stop) {
          const saved = state.save();
          state = make().attach({ params });
          state.load(saved);
        }
        state.step({ a: new Float32Array(slopeAt(params.a, t)) });
      }
      return params.a;
    };
    expect(train(7)).toEqual(train(0));
  });

  it("checks names and lengths before it changes anything", () => {
    const a = new Float64Array([1]);
    const state = make().attach({ params: { a } });
    expect(() => state.step({})).toThrow("step: the gradient of a is missing");
    expect(() => state.step({ a: new Float64Array(2) })).toThrow("must have length 1, got 2");
    expect(() => state.step({ a, constructor: a })).toThrow(/no such param/);
    expect([state.updates, a[0]]).toEqual([0, 1]);
  });
});

describe("groups", () => {
  const params = () => ({ "read.W": new Float64Array([1]), "read.b": new Float64Array([1]), c: new Float64Array([1]) });
  const ones = { "read.W": new Float64Array([1]), "read.b": new Float64Array([1]), c: new Float64Array([1]) };

  it("have options of their own, the first that matches", () => {
    const mine = params();
    const groups = [
      { match: "*.b", frozen: true },
      { match: ["read.*"], learningRate: 0.5 },
    ];
    const state = sgd({ learningRate: 0.1, groups }).attach({ params: mine });
    state.step(ones);
    expect([mine["read.W"][0], mine["read.b"][0], mine.c[0]]).toEqual([0.5, 1, 0.9]);
    expect([...state.names].sort()).toEqual(["c", "read.W"]);
    expect(state.rate).toBe(0.1);
    const { c } = ones;
    state.step({ c, "read.W": c });
  });

  it("may differ in what they remember", () => {
    const mine = params();
    const state = sgd({ learningRate: 0.1, groups: [{ match: "c", momentum: 0.5 }] }).attach({ params: mine });
    state.step(ones);
    expect([...state.save().keys()]).toEqual(["scalars/sgd", "momentumBuffer/c"]);
  });

  it("leave to the optimiser what they leave undefined", () => {
    const mine = params();
    const groups = [{ match: "c", learningRate: undefined, weightDecay: 0 }];
    sgd({ learningRate: 0.5, groups: groups as never })
      .attach({ params: mine })
      .step(ones);
    expect(mine.c[0]).toBe(0.5);
  });

  it("that match nothing are refused, and options that do not exist", () => {
    const attach = (groups: readonly object[]) => sgd({ groups: groups as never }).attach({ params: params() });
    expect(() => attach([{ match: "read.V" }])).toThrow('sgd: "read.V" matches no param; there are read.W, read.b, c');
    expect(() => attach([{ match: "c", lr: 1 }])).toThrow(
      /^sgd: groups\[0\]: unknown option lr; expected learningRate/u,
    );
    expect(() => attach([{ match: [] }])).toThrow(/groups\[0\]\.match must be a name/u);
    expect(() => attach([{ match: "c", frozen: 1 }])).toThrow("frozen must be true or false, got 1");
    expect(() => attach([{ match: "c", momentum: 2 }])).toThrow(RangeError);
  });
});

describe("options", () => {
  it("are refused where they are wrong", () => {
    expect(() => sgd({ learningRate: -1 })).toThrow(RangeError);
    expect(() => sgd({ learningRate: NaN })).toThrow(RangeError);
    expect(() => sgd({ learningRate: "0.1" as never })).toThrow('must be a finite number of at least 0, got "0.1"');
    expect(() => adam({ learningRate: [] as never })).toThrow(
      "learningRate must be a number, a function or a schedule",
    );
    expect(() => rmsprop({ beta1: 0.9 } as never)).toThrow(/^rmsprop: unknown option beta1; expected learningRate/u);
    expect(() => sgd({ momentum: 1 })).toThrow(RangeError);
    expect(() => sgd({ nesterov: true })).toThrow("sgd: nesterov needs a momentum above 0");
    expect(() => sgd({ nesterov: true, momentum: 0.5, dampening: 0.1 })).toThrow("takes no dampening");
    expect(() => sgd({ momentum: 0.9, nesterov: "no" as never })).toThrow('nesterov must be true or false, got "no"');
    for (const make of [adam, adamw, nadam, rmsprop, adagrad]) {
      expect(() => make({ epsilon: 0 })).toThrow("epsilon must be a finite number above 0, got 0");
    }
    expect(() => adam({ beta1: 1 })).toThrow(/beta1 must be a number in \[0, 1\)/u);
    expect(() => sgd({ learningRate: () => NaN }).attach({ params: {} }).rate).toThrow(/rate of a schedule must be/u);
    const mixed = { a: new Float32Array(1), b: new Float64Array(1) };
    expect(() => sgd().attach({ params: mixed })).toThrow("must all be Float32Array or all Float64Array");
  });

  it.each<[RegExp, () => unknown]>([
    [/^adam: beta1 must be a number in \[0, 1\), got 2/u, () => adam({ beta1: 2 })],
    [/^adamw: epsilon must be/u, () => adamw({ epsilon: 0 })],
    [/^nadam: momentumDecay must be/u, () => nadam({ momentumDecay: -1 })],
    [/^rmsprop: alpha must be/u, () => rmsprop({ alpha: 1 })],
    [/^adagrad: initialAccumulatorValue must be/u, () => adagrad({ initialAccumulatorValue: NaN })],
    [/^lion: learningRate must be a finite number of at least 0, got -1/u, () => lion({ learningRate: -1 })],
    [/^sgd: groups\[1\]: momentum must be/u, () => sgd({ groups: [{ match: "b" }, { match: "c", momentum: 2 }] })],
    [/^sgd: groups\[0\]: nesterov needs a momentum/u, () => sgd({ groups: [{ match: "c", nesterov: true }] })],
    [/^sgd: groups\[0\]: learningRate must be/u, () => sgd({ groups: [{ match: "c", learningRate: -1 }] })],
  ])("say where one is wrong: %s", (message, make) => {
    expect(make).toThrow(message);
  });

  it("are told by a text that holds the defaults", () => {
    expect(JSON.parse(adam({ beta1: 0.5 }).description)).toMatchObject({ beta1: 0.5, beta2: 0.999, epsilon: 1e-8 });
    expect(sgd({ learningRate: plateau(0.5) }).description).toContain("plateau(0.5, {");
    expect(sgd({ learningRate: () => 1 }).description).toContain('"learningRate":"function"');
  });
});

describe("what is saved", () => {
  it("is refused where it belongs to something else", () => {
    const attach = (length: number) => adam().attach({ params: { W: new Float64Array(length) } });
    const saved = attach(2).save();
    expect([...saved.keys()]).toEqual(["scalars/adam", "mean/W", "meanSquare/W"]);
    expect(() => attach(3).load(saved)).toThrow("load: mean/W of the state of adam must be F64 [3], got F64 [2]");
    const more = adam({ amsgrad: true }).attach({ params: { W: new Float64Array(2) } });
    expect(() => more.load(saved)).toThrow("load: largest/W is missing in the state of adam");
    expect(() => attach(2).load(more.save())).toThrow("load: largest/W does not belong to the state of adam");
  });

  it("is refused where another optimiser remembers the same", () => {
    const params = { W: new Float64Array(2) };
    const saved = adam().attach({ params }).save();
    const other = nadam().attach({ params });
    expect(() => other.load(saved)).toThrow(new CallTypeError("load: it is the state of adam, not of nadam"));
    expect(() => adamw().attach({ params }).load(saved)).toThrow("load: it is the state of adam, not of adamw");
  });

  it("holds what a schedule remembers", () => {
    const make = () =>
      sgd({ learningRate: plateau(1, { patience: 1, factor: 0.5 }), groups: [{ match: "b", learningRate: 2 }] }).attach(
        {
          params: { a: new Float64Array(1), b: new Float64Array(1) },
        },
      );
    const state = make();
    for (const loss of [5, 6, 6]) state.observe(loss);
    expect(state.rate).toBe(0.5);
    const other = make();
    other.load(state.save());
    expect(other.rate).toBe(0.5);
    for (const next of [state, other]) for (const loss of [6, 6]) next.observe(loss);
    expect([state.rate, other.rate]).toEqual([0.25, 0.25]);
  });
});

it("a gradient can be scaled in the step", () => {
  const trained = { params: { a: new Float64Array([1]) } } satisfies TrainedInstance;
  const options: StepOptions = { scale: 0.25 };
  sgd({ learningRate: 1 })
    .attach(trained)
    .step({ a: new Float64Array([2]) }, options);
  expect(trained.params.a[0]).toBe(0.5);
});
