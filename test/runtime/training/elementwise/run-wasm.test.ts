/** Programs as WebAssembly: the same bits as plain loops, of every operation and every optimiser, and plain loops where a host compiles nothing. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { adagrad, adam, adamw, createRandom, lion, nadam, rmsprop, sgd } from "../../../../runtime/index.js";
import type { FloatArray, Optimizer } from "../../../../runtime/index.js";
import * as program from "../../../../runtime/training/elementwise/program.js";
import type { ElementValue } from "../../../../runtime/training/elementwise/program.js";
import { bindPlain } from "../../../../runtime/training/elementwise/run-plain.js";
import { createWasmArrays } from "../../../../runtime/training/elementwise/run-wasm.js";

const kinds = [
  ["f32", Float32Array],
  ["f64", Float64Array],
] as const;

const bitsOf = (values: FloatArray): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength).slice();

const array = (name: string): ElementValue => ({ kind: "array", name });
const scalar = (name: string): ElementValue => ({ kind: "scalar", name });
const [a, b] = [array("a"), array("b")];

const formulas: Readonly<Record<string, ElementValue>> = {
  add: program.add(a, b),
  "add a scalar": program.add(scalar("s"), a),
  subtract: program.subtract(a, b),
  "subtract from a scalar": program.subtract(scalar("s"), a),
  multiply: program.multiply(a, b),
  "multiply by a scalar": program.multiply(a, scalar("s")),
  divide: program.divide(a, b),
  "divide by a scalar": program.divide(a, scalar("s")),
  maximum: program.maximum(a, b),
  "maximum of a scalar": program.maximum(scalar("s"), a),
  "of scalars alone": program.add(a, program.multiply(scalar("s"), scalar("t"))),
  squareRoot: program.squareRoot(program.multiply(a, a)),
  sign: program.sign(a),
  "an array itself": a,
  "a scalar itself": scalar("t"),
};

const hard = [0, -0, 1, -1, 1e-45, -1e-45, 5e-324, 3e-39, -2e-310, 0.1, -1 / 3, 3e38, -1.7e308, Infinity, -Infinity];
const pairs = hard.flatMap((x) => hard.map((y) => [x, y] as const));

describe.each(kinds)("%s", (dtype, Reals) => {
  test.each(Object.entries(formulas))("%s", (_name, formula) => {
    const made = program.createProgram(["a", "b", "out"], ["s", "t"], { out: formula });
    const length = Math.ceil(pairs.length / 4) * 4;
    const wasm = createWasmArrays(dtype, 4, length)!;
    const fill = ([x, y, out]: readonly FloatArray[]): void => {
      x!.set(pairs.map((pair) => pair[0]));
      y!.set(pairs.map((pair) => pair[1]));
      out!.fill(7);
    };
    // Of four arrays in another order: which of them a program sees is told.
    const which = [3, 0, 2];
    const seen = which.map((place) => wasm.arrays[place]!);
    const plain = [0, 1, 2].map(() => new Reals(length));
    fill(seen);
    fill(plain);
    const scalars = Reals.of(0.3, -7);
    wasm.bind(made, which, scalars)!(4, length - 4);
    bindPlain(made, plain, scalars)(4, length - 4);
    // Which of the many NaN, no arithmetic tells.
    for (const values of [...seen, ...plain])
      values.forEach((value, i) => (values[i] = Number.isNaN(value) ? NaN : value));
    expect(seen.map(bitsOf)).toEqual(plain.map(bitsOf));
    expect([...seen[2]!.subarray(0, 4), ...seen[2]!.subarray(length - 4)]).toEqual(new Array(8).fill(7));
    expect(seen[2]!.some((value) => value !== 7)).toBe(true);
    wasm.bind(made, which, scalars)!(8, 8);
    expect(wasm.arrays[1]!.every((value) => value === 0)).toBe(true);
  });

  test("no program runs on nothing", () => {
    expect(createWasmArrays(dtype, 2, 0)!.arrays.map(({ length }) => length)).toEqual([0, 0]);
  });
});

const optimizers: readonly (readonly [string, () => Optimizer])[] = [
  ["sgd", () => sgd({ learningRate: 0.1, groups: [{ match: "b", weightDecay: 0.1 }] })],
  ["sgd with momentum", () => sgd({ momentum: 0.9, dampening: 0.1, weightDecay: 0.01 })],
  ["sgd by Nesterov", () => sgd({ momentum: 0.9, nesterov: true })],
  ["adam", () => adam({ groups: [{ match: "b", learningRate: 0.1, weightDecay: 0.1 }] })],
  ["amsgrad", () => adam({ amsgrad: true })],
  ["adamw", () => adamw()],
  ["nadam", () => nadam({ weightDecay: 0.1, decoupledWeightDecay: true })],
  ["rmsprop", () => rmsprop()],
  ["centred rmsprop", () => rmsprop({ centered: true, momentum: 0.9, weightDecay: 0.1 })],
  ["adagrad", () => adagrad({ learningRateDecay: 0.1 })],
  ["lion", () => lion({ weightDecay: 0.1 })],
];

afterEach(() => vi.restoreAllMocks());

function refuse(): never {
  throw new RangeError("refused");
}

/** Params and state after some updates. */
function train(optimizer: Optimizer, Reals: typeof Float32Array | typeof Float64Array): unknown {
  const random = createRandom(5);
  const draw = (scale: number): Record<string, FloatArray> => ({
    a: new Reals(Array.from({ length: 1027 }, () => random.normal() * scale)),
    b: new Reals(Array.from({ length: 1501 }, () => random.normal() * scale)),
    c: Reals.of(random.normal() * scale),
  });
  const params = draw(1);
  const state = optimizer.attach({ params });
  // Gradients from large ones to such whose squares are smaller than the smallest number.
  for (const scale of [1, 1e-3, 1e-25, 100, 0, 0.1]) state.step(draw(scale), { scale: 0.7 });
  return [params, state.save()];
}

describe.each(optimizers)("%s", (_name, optimizer) => {
  test.each(kinds)("%s", (_dtype, Reals) => {
    const compile = vi.spyOn(WebAssembly, "Module");
    const compiled = train(optimizer(), Reals);
    expect(compile).toHaveBeenCalled();
    expect(compile.mock.calls.every(([bytes]) => (bytes as Uint8Array).length < 1024)).toBe(true);
    // As where a page's policy forbids it.
    compile.mockImplementation(refuse);
    expect(train(optimizer(), Reals)).toEqual(compiled);
  });
});

test.each(["Memory", "Module"] as const)("without %s there are plain loops", (name) => {
  const compiled = train(adam(), Float32Array);
  const refused = vi.spyOn(WebAssembly, name).mockImplementation(refuse);
  expect(train(adam(), Float32Array)).toEqual(compiled);
  expect(refused).toHaveBeenCalled();
});
