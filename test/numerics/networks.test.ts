/**
 * Random networks: an example has the bits in a batch, padded with NaN and with room to spare, that it has alone; both targets have the same;
 * the evaluator agrees; gradients of losses are those that differences measure.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lookUp } from "../../compiler/base/at.js";
import { emitModule, lowerSource } from "../../compiler/driver/pipeline.js";
import { type BatchValue, evaluateFunction } from "../../compiler/ir/graph/evaluate.js";
import { tensor } from "../../compiler/ir/graph/tensor.js";
import { nameOf, outputName } from "../../compiler/ir/graph/values.js";
import { constantOf, type Dim, evaluateDim, printDim } from "../../compiler/base/types/dim.js";
import { type Program, programRoles, type ProgramTensor } from "../../compiler/program/program.js";
import { nameOfRole } from "../../compiler/program/base/roles.js";
import { type CompiledModule, loadModule, type ModuleInstance } from "../../runtime/index.js";
import { randomSource, worstError } from "../support/evaluate-helpers.js";
import { fuzzParameters } from "../support/fuzz.js";
import { networkOf } from "../support/random-network.js";
import { bits, optionsFor } from "../support/several-axes.js";

/** Sizes of each axis by example. */
type Sizes = Readonly<Record<"T" | "S", readonly number[]>>;
/** Of each tensor its own numbers in each example. */
type PerExample = Readonly<Record<string, readonly (readonly number[])[]>>;
type Params = Readonly<Record<string, readonly number[]>>;

interface Given {
  readonly sizes: Sizes;
  readonly inputs: PerExample;
  readonly states: PerExample;
  /** For outputs and last states, and for the sum of the first loss. */
  readonly outputs: PerExample;
  readonly ends: PerExample;
  readonly params: Params;
}

const sizesOf = ({ T, S }: Sizes, b: number): Map<string, number> => new Map([["T", T[b]!], ["S", S[b]!]]); // prettier-ignore
const countOf = (shape: readonly Dim[], sizes: ReadonlyMap<string, number>): number =>
  shape.reduce((product, dim) => product * evaluateDim(dim, sizes), 1);
const isLoss = ({ shared }: ProgramTensor): boolean => shared;

function draw(program: Program, sizes: Sizes, seed: number): Given {
  const random = randomSource(seed);
  const each = (tensors: readonly ProgramTensor[]): PerExample =>
    Object.fromEntries(
      tensors.map((own) => {
        const bound = "bound" in own ? own.bound : undefined;
        const number = (b: number): number =>
          bound === undefined ? 2 * random() - 1 : Math.floor(evaluateDim(bound as Dim, sizesOf(sizes, b)) * random());
        return [own.name, sizes.T.map((_, b) => Array.from({ length: countOf(own.shape, sizesOf(sizes, b)) }, () => number(b)))]; // prettier-ignore
      }),
    );
  const params = program.params.map(({ name, shape }) => [name, Array.from({ length: countOf(shape, new Map()) }, () => 2 * random() - 1)] as const); // prettier-ignore
  return {
    sizes,
    inputs: each(program.inputs),
    states: each(program.states),
    outputs: each(program.outputs.filter((own) => !isLoss(own))),
    ends: each(program.states),
    params: Object.fromEntries(params),
  };
}

/** Where the elements of an example lie in a tensor that is as large as the largest. */
function placesOf(
  shape: readonly Dim[],
  own: ReadonlyMap<string, number>,
  padded: ReadonlyMap<string, number>,
): number[] {
  return shape.reduce<number[]>(
    (places, dim) => places.flatMap((at) => Array.from({ length: evaluateDim(dim, own) }, (_, i) => at * evaluateDim(dim, padded) + i)), // prettier-ignore
    [0],
  );
}

/** The examples with these numbers. */
function some(given: Given, which: readonly number[]): Given {
  const of = (tensors: PerExample): PerExample =>
    Object.fromEntries(Object.entries(tensors).map(([name, list]) => [name, which.map((b) => list[b]!)]));
  const { sizes, inputs, states, outputs, ends, params } = given;
  const cut = { T: which.map((b) => sizes.T[b]!), S: which.map((b) => sizes.S[b]!) };
  return { sizes: cut, inputs: of(inputs), states: of(states), outputs: of(outputs), ends: of(ends), params };
}

/** What a call comes to, by name and example. */
type Results = Readonly<Record<string, readonly (readonly number[])[]>>;

class Call {
  private readonly program: Program;
  private readonly given: Given;
  private readonly padded: ReadonlyMap<string, number>;
  private readonly room: number;

  constructor(program: Program, given: Given, room: number) {
    this.program = program;
    this.given = given;
    this.room = room;
    this.padded = new Map(Object.entries(given.sizes).map(([name, list]) => [name, Math.max(...list) + room]));
  }

  /** All examples in one tensor, with NaN, or the index 0, beyond the end of each. */
  private pack(tensors: readonly ProgramTensor[], values: PerExample): Record<string, number[]> {
    return Object.fromEntries(
      tensors.map((own) => {
        const fill = "dtype" in own && own.dtype === "index" ? 0 : NaN;
        const width = countOf(own.shape, this.padded);
        const all = values[own.name]!.flatMap((list, b) => {
          const padded = new Array<number>(width).fill(fill);
          placesOf(own.shape, sizesOf(this.given.sizes, b), this.padded).forEach((at, i) => (padded[at] = list[i]!));
          return padded;
        });
        return [own.name, all];
      }),
    );
  }

  private unpack(own: ProgramTensor, values: ArrayLike<number>): number[][] {
    const width = countOf(own.shape, this.padded);
    return this.given.sizes.T.map((_, b) => {
      const places = placesOf(own.shape, sizesOf(this.given.sizes, b), this.padded);
      return places.map((at) => values[b * width + at]!);
    });
  }

  private values(): Record<string, unknown> {
    const { sizes, inputs, states } = this.given;
    const { program, padded } = this;
    const each = Object.entries(sizes).map(([name, list]) => [name, { padded: padded.get(name), each: list }] as const);
    const { T } = sizes;
    return {
      ...this.pack(program.inputs, inputs),
      ...this.pack(program.states, states),
      batch: T.length,
      sizes: Object.fromEntries(each),
    };
  }

  private instance(module: CompiledModule): ModuleInstance {
    const sizes = Object.fromEntries([...this.padded].map(([name, size]) => [name, Math.max(1, size) + this.room]));
    const instance = module.instantiate({ batch: this.given.sizes.T.length + this.room, sizes });
    instance.setParams(this.given.params);
    return instance;
  }

  /** Values, and gradients by what is asked of the outputs, the last states and the sum of the first loss. */
  run(module: CompiledModule): { readonly each: Results; readonly whole: Readonly<Record<string, readonly number[]>> } {
    const { program, given } = this;
    const instance = this.instance(module);
    const result = instance.forward(this.values());
    const each: Record<string, number[][]> = {};
    const whole: Record<string, number[]> = {};
    for (const own of program.outputs) {
      if (isLoss(own)) whole[own.name] = [...result[own.name]!];
      else each[own.name] = this.unpack(own, result[own.name]!);
    }
    for (const own of program.states) each[`final ${own.name}`] = this.unpack(own, result.final[own.name]!);
    const gradient = instance.backward!({
      ...this.pack(
        program.outputs.filter((own) => !isLoss(own)),
        given.outputs,
      ),
      final: this.pack(program.states, given.ends),
      "loss.sum": [0.5],
    });
    for (const own of program.inputs) {
      if (gradient[own.name] !== undefined) each[`by ${own.name}`] = this.unpack(own, gradient[own.name]!);
    }
    for (const own of program.states) each[`by ${own.name}`] = this.unpack(own, gradient.initial[own.name]!);
    for (const [name, values] of Object.entries(gradient.params)) whole[`by ${name}`] = [...values];
    return { each, whole };
  }

  /** The loss along a line through params and real inputs, and its derivative there by the gradient of the loss. */
  along(module: CompiledModule, seed: number): { readonly at: (step: number) => number; readonly slope: number } {
    const { program, given } = this;
    const instance = this.instance(module);
    const random = randomSource(seed);
    const way = new Map<string, number[]>();
    const moved = (name: string, list: readonly number[], step: number): number[] => {
      const own = way.get(name) ?? list.map(() => 2 * random() - 1);
      way.set(name, own);
      return list.map((value, i) => value + step * own[i]!);
    };
    const at = (step: number): number => {
      const params = Object.entries(given.params).map(([name, list]) => [name, moved(`param ${name}`, list, step)]);
      instance.setParams(Object.fromEntries(params) as Params);
      const values = this.values();
      for (const { name } of [...program.inputs.filter(({ dtype }) => dtype === "real"), ...program.states])
        values[name] = moved(name, values[name] as number[], step);
      const { loss, other } = instance.forward(values) as Readonly<Record<string, ArrayLike<number>>>;
      return loss![0]! + 0.5 * other![0]!;
    };
    at(0);
    const gradient = instance.backward!({ loss: [1], other: [0.5] });
    const found = { ...gradient, ...gradient.initial } as Readonly<Record<string, ArrayLike<number>>>;
    let slope = 0;
    for (const [name, own] of way) {
      const values = name.startsWith("param ") ? gradient.params[name.slice("param ".length)]! : found[name]!;
      // The gradient beyond the end of an example is 0.
      own.forEach((direction, i) => (slope += direction * values[i]!));
    }
    return { at, slope };
  }

  /** What the meaning of the graph says. */
  evaluated(): Results {
    const { program, given } = this;
    const { forward } = program;
    const roles = new Map(programRoles(program).map((role) => [nameOfRole(role), role]));
    const all = given.sizes.T.map((_, b) => sizesOf(given.sizes, b));
    const inputs = forward.inputs.map((id): BatchValue => {
      const { kind, name } = lookUp(roles, nameOf(forward, id));
      const shapeOf = (own: ProgramTensor, b: number): number[] => own.shape.map((dim) => evaluateDim(dim, all[b]!));
      const param = program.params.find((own) => kind === "param" && own.name === name);
      if (param !== undefined) return { shared: tensor(shapeOf(param, 0), given.params[name]!) };
      const list = kind === "input" ? given.inputs : given.states;
      const own = [...program.inputs, ...program.states].find((one) => one.name === name)!;
      return { examples: all.map((_, b) => tensor(shapeOf(own, b), list[name]![b]!)) };
    });
    const results = evaluateFunction(forward, inputs, all);
    return Object.fromEntries(
      results.map((value, i) => {
        const own = "examples" in value ? value.examples : [value.shared];
        return [outputName(forward, i), own.map(({ data }) => [...data])];
      }),
    );
  }
}

const calls = fc.record({
  T: fc.array(fc.nat(5), { minLength: 3, maxLength: 3 }),
  S: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 3, maxLength: 3 }),
  room: fc.nat(2),
});
const choices = fc.array(fc.nat(999), { minLength: 20, maxLength: 30 });

function programFor(text: string): Program {
  const { program, diagnostics } = lowerSource(text, { cell: "Random", dtype: "f64" }, "all sizes");
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  expect(errors.map(({ code, message }) => `${code}: ${message}`)).toEqual([]);
  return program!;
}

describe("random networks", () => {
  it("give each example what it gives alone, on both targets, and have the gradients that are measured", async () => {
    const property = fc.asyncProperty(choices, calls, fc.nat(1000), async (chosen, { T, S, room }, seed) => {
      const text = networkOf(chosen);
      const program = programFor(text);
      expect(program.outputs.every(({ shape }) => shape.every((dim) => constantOf(dim) !== undefined || /^[TS]$/u.test(printDim(dim))))).toBe(true); // prettier-ignore
      const load = (target: "js" | "wasm"): Promise<CompiledModule> =>
        loadModule(emitModule(program, optionsFor(target)).text);
      const modules = { js: await load("js"), wasm: await load("wasm") };
      const given = draw(program, { T, S }, seed);
      const whole = new Call(program, given, room);
      const { js, wasm } = { js: whole.run(modules.js), wasm: whole.run(modules.wasm) };
      for (const [name, values] of Object.entries(js.each))
        values.forEach((own, b) => expect(bits(wasm.each[name]![b]!), `${name} of ${b} on both`).toBe(bits(own)));
      for (const [name, values] of Object.entries(js.whole))
        expect(bits(wasm.whole[name]!), `${name} on both`).toBe(bits(values));

      const sums = new Map<string, number[]>();
      for (const b of T.keys()) {
        const alone = new Call(program, some(given, [b]), 0).run(modules[b % 2 === 0 ? "js" : "wasm"]);
        for (const [name, values] of Object.entries(js.each))
          expect(bits(alone.each[name]![0]!), `${name} of ${b} alone`).toBe(bits(values[b]!));
        for (const [name, values] of Object.entries(alone.whole))
          sums.set(name, values.map((value, i) => value + (sums.get(name)?.[i] ?? 0))); // prettier-ignore
      }
      for (const [name, sum] of sums) {
        // A loss is the quotient of two of them.
        if (name === "loss" || name === "other") continue;
        expect(worstError(js.whole[name]!, sum), `${name}: the sum over the batch`).toBeLessThan(1e-10);
      }
      const meant = whole.evaluated();
      for (const [name, values] of Object.entries(meant)) {
        const own = name.replace(/^output\./u, "").replace(/^final\./u, "final ");
        const found = js.each[own] ?? [js.whole[own]!];
        values.forEach((list, b) =>
          expect(worstError(found[b]!, list), `${own} of ${b} evaluated`).toBeLessThan(1e-10),
        );
      }
      const { at, slope } = new Call(program, given, 0).along(modules.js, seed);
      const h = 1e-4;
      const measured = (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h);
      expect(worstError([slope], [measured]), `${slope} and ${measured} measured`).toBeLessThan(1e-6);
    });
    await fc.assert(property, fuzzParameters(2, 60));
  });
});
