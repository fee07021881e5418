/** Derivatives through computed initial values, which pass through the shell from one kernel to another. */
import { beforeAll, describe, expect, test } from "vitest";
import { cell, type CompiledModule, type ModuleInstance } from "../../../../compiler/index.js";
import { createRandom } from "../../../../runtime/base/random.js";

const H = 2;
const source = `
cell Started(H) {
  input x: [H]
  context m: [H]
  state a: [H] = tanh(p * p + m)
  state b: [H] = p * exp(q)
  state c: [H]
  param p, q: [H] ~ normal(1)
  a' = tanh(a * q + x + c)
  b' = sin(b + a')
  c' = c * 0.5 + b
  output y = a' * b + c
}
`;

let module: CompiledModule;
let instance: ModuleInstance;
const random = createRandom(3);
const draw = (length: number): Float64Array => Float64Array.from({ length }, () => random.uniform(-1, 1));
const values = { x: draw(2 * 3 * H), m: draw(2 * H), lengths: [3, 2] };
const states = { a: draw(2 * H), b: draw(2 * H), c: draw(2 * H) };
const cotangents = { y: draw(2 * 3 * H), final: { a: draw(2 * H), b: draw(2 * H), c: draw(2 * H) } };

beforeAll(async () => {
  module = await cell(source, { dimensions: { H }, dtype: "f64", jvp: true, hvp: true });
  instance = module.instantiate({ batch: 2, steps: 3 });
  instance.init(1);
});

type Numbers = Record<string, Float64Array>;

/** All gradients in one flat list. */
function flat(gradient: unknown): number[] {
  const { x, m, initial, params } = gradient as { x: Float64Array; m: Float64Array; initial: Numbers; params: Numbers };
  return [x, m, ...Object.values(initial), ...Object.values(params)].flatMap((list) => [...list]);
}

/** Arguments moved along a direction. */
function moved(given: Numbers, direction: Numbers, step: number): Record<string, unknown> {
  const result: Record<string, unknown> = { ...values };
  for (const [name, list] of Object.entries({ x: values.x, m: values.m, ...given })) {
    result[name] = list.map((value, i) => value + step * (direction[name]?.[i] ?? 0));
  }
  return result;
}

/** A function of the parameters, at parameters moved along a direction. */
function withParams<Result>(direction: Numbers, step: number, action: () => Result): Result {
  const before = Object.entries(instance.params).map(([name, list]) => [list, list.slice(), name] as const);
  for (const [list, copy, name] of before) list.set(copy.map((value, i) => value + step * (direction[name]?.[i] ?? 0)));
  const result = action();
  for (const [list, copy] of before) list.set(copy);
  return result;
}

const step = 1e-4;
function difference(action: (step: number) => number[]): number[] {
  const [low2, low, high, high2] = [-2, -1, 1, 2].map((factor) => action(factor * step)) as [
    number[],
    number[],
    number[],
    number[],
  ];
  return low.map((value, i) => (8 * (high[i]! - value) - (high2[i]! - low2[i]!)) / (12 * step));
}

function expectClose(actual: readonly number[], expected: readonly number[], tolerance = 1e-9): void {
  expect(actual).toHaveLength(expected.length);
  const errors = actual.map((value, i) => Math.abs(value - expected[i]!) / Math.max(1, Math.abs(expected[i]!)));
  expect(Math.max(...errors)).toBeLessThan(tolerance);
}

describe.each([
  ["no state given", {}],
  ["one computed state given", { b: states.b }],
  ["all states given", states],
])("%s", (_, given: Numbers) => {
  const direction = { x: draw(2 * 3 * H), m: draw(2 * H), p: draw(H), q: draw(H) };
  const stateDirection: Numbers = Object.fromEntries(Object.keys(given).map((name) => [name, draw(2 * H)]));
  const tangents = {
    x: direction.x,
    m: direction.m,
    ...stateDirection,
    params: { p: direction.p, q: direction.q },
  };
  const inDirection =
    <Result>(action: (call: Record<string, unknown>) => Result) =>
    (step: number): Result =>
      withParams(direction, step, () => action(moved(given, { ...direction, ...stateDirection }, step)));

  test("backward agrees with differences, and shows the gradient of every initial state", () => {
    instance.forward({ ...values, ...given });
    const gradient = instance.backward!(cotangents);
    const copies = { initial: Object.fromEntries(Object.entries(gradient.initial).map(([k, v]) => [k, v.slice()])) };
    const total = flat(gradient);
    const along = flat({
      x: direction.x,
      m: direction.m,
      initial: zeroed(stateDirection),
      params: { p: direction.p, q: direction.q },
    });
    const expected = difference((step) => [inDirection((call) => loss(call))(step)]);
    expectClose([total.reduce((sum, value, i) => sum + value * along[i]!, 0)], expected);
    // The gradient of an initial state is that of the state, whether it was given or not.
    const start = startValues(given);
    instance.forward({ ...values, ...start });
    const explicit = instance.backward!(cotangents);
    for (const name of ["a", "b", "c"]) expectClose([...copies.initial[name]!], [...explicit.initial[name]!], 1e-14);
  });

  test("jvp agrees with differences", () => {
    const tangent = instance.jvp!({ ...values, ...given }, tangents);
    const result = [...tangent["y"]!, ...tangent.final["a"]!, ...tangent.final["b"]!, ...tangent.final["c"]!];
    const expected = difference(
      inDirection((call) => {
        const out = instance.forward(call);
        return [...out["y"]!, ...out.final["a"]!, ...out.final["b"]!, ...out.final["c"]!];
      }),
    );
    expectClose(result, expected);
  });

  test("hvp agrees with differences of backward", () => {
    const result = flat(instance.hvp!({ ...values, ...given }, tangents, cotangents));
    const expected = difference(
      inDirection((call) => {
        instance.forward(call);
        return flat(instance.backward!(cotangents));
      }),
    );
    expectClose(result, expected, 1e-8);
  });
});

const zeroed = (direction: Numbers): Numbers => ({
  a: direction["a"] ?? new Float64Array(2 * H),
  b: direction["b"] ?? new Float64Array(2 * H),
  c: direction["c"] ?? new Float64Array(2 * H),
});

function loss(call: Record<string, unknown>): number {
  const out = instance.forward(call);
  const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
    Array.from(a).reduce((sum, value, i) => sum + value * b[i]!, 0);
  const { final } = cotangents;
  return (
    dot(out["y"]!, cotangents.y) +
    dot(out.final["a"]!, final.a) +
    dot(out.final["b"]!, final.b) +
    dot(out.final["c"]!, final.c)
  );
}

/** The initial states of a call as values: the final ones of no steps. */
function startValues(given: Numbers): Record<string, Float64Array> {
  const { final } = instance.forward({ ...values, ...given, steps: 0, x: [], lengths: [0, 0] });
  return Object.fromEntries(Object.entries(final).map(([name, list]) => [name, Float64Array.from(list)]));
}

test("the tangent of a state that is not given adds to that of its expression", () => {
  const extra = draw(2 * H);
  const y = (tangents: Record<string, unknown>): number[] => [...instance.jvp!(values, tangents)["y"]!];
  const params = { p: draw(H) };
  const both = y({ params, a: extra });
  const parts = [y({ params }), y({ a: extra })] as const;
  expectClose(
    both,
    parts[0].map((value, i) => value + parts[1][i]!),
    1e-13,
  );
});

test("backward is about the last forward: not after jvp, but after step, init and wrong calls", () => {
  instance.forward({ ...values, ...states });
  const expected = flat(instance.backward!(cotangents));
  instance.step({ x: draw(2 * H), m: values.m });
  instance.reset({ m: values.m.slice(0, H), batch: 1 });
  expect(() => instance.forward({})).toThrow();
  expect(() => instance.jvp!(values, { nothing: [] })).toThrow(/unknown name nothing/u);
  expect(flat(instance.backward!(cotangents))).toEqual(expected);
  instance.jvp!(values, {});
  expect(() => instance.backward!(cotangents)).toThrow(/call forward first/u);
});

test("streams, chunks and whole sequences give the same bits, from computed initial values on", () => {
  const whole = instance.forward({ ...values, lengths: [3, 3] })["y"]!.slice();
  instance.reset({ m: values.m });
  const at = (t: number): Float64Array =>
    Float64Array.from([0, 1].flatMap((b) => [...values.x.subarray((b * 3 + t) * H, (b * 3 + t + 1) * H)]));
  for (let t = 0; t < 3; t++) {
    const y = instance.step({ x: at(t) })["y"]!;
    for (const b of [0, 1]) {
      expect([...y.subarray(b * H, (b + 1) * H)]).toEqual([...whole.subarray((b * 3 + t) * H, (b * 3 + t + 1) * H)]);
    }
    // A detour through a snapshot changes nothing.
    const snapshot = instance.snapshot() as never;
    instance.step({ x: at(0) });
    instance.restore(snapshot);
  }
});

describe.each(["js", "wasm"] as const)("initial values that equations give, on %s", (target) => {
  /** What is computed beside `h`, which is given or not. */
  test.each([
    ["a number", "state n: [] = sum(g)", "n' = n", { n: [0] }],
    ["an index", "state n: index(3) = 2", "n' = n", { n: [0] }],
  ])(
    "carry no gradient on where they were given, also beside %s that is computed",
    async (_, declared, equation, n) => {
      const source = `cell A { context g: [2] state h: [2] = sigmoid(g) ${declared} h' = h ${equation} output y = h * sum(h) }`;
      const { instantiate } = await cell(source, { cell: "A", dtype: "f64", target });
      const instance = instantiate({ batch: 1, steps: 1 });
      const g = [0.1, 0.2];
      const gradient = (given: object): Record<string, Float64Array> => {
        instance.forward({ g, ...given, batch: 1, steps: 1 });
        return instance.backward!({ final: { h: [1, 1] } }) as never;
      };
      const slope = g.map((value) => 1 / (2 + Math.exp(value) + Math.exp(-value)));
      for (const given of [{}, n]) for (const [i, value] of gradient(given)["g"]!.entries()) expect(value).toBeCloseTo(slope[i]!, 12); // prettier-ignore
      for (const given of [{}, n]) expect([...gradient({ h: [0.3, 0.4], ...given })["g"]!]).toEqual([0, 0]);
    },
  );
});
