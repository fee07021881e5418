/** Programs over several axes whose sizes differ from example to example, from the text of a graph function; and calls of them. */
import { expect } from "vitest";
import { emitModule } from "../../compiler/driver/pipeline.js";
import type { ModuleOptions } from "../../compiler/emit/manifest.js";
import { dimConstant, evaluateDim, type Dim } from "../../compiler/base/types/dim.js";
import { evaluateFunction, type BatchValue } from "../../compiler/ir/graph/evaluate.js";
import type { GraphFunction } from "../../compiler/ir/graph/graph-function.js";
import { parseProgram } from "../../compiler/ir/graph/parse.js";
import { tensor } from "../../compiler/ir/graph/tensor.js";
import { nameOf, outputName, typeOf } from "../../compiler/ir/graph/values.js";
import { isMonotone } from "../../compiler/base/types/bounds.js";
import { boundsOf, type Program, type ProgramTensor } from "../../compiler/program/program.js";
import { loadModule, type CompiledModule, type ModuleInstance } from "../../runtime/index.js";
import { randomSource } from "./evaluate-helpers.js";

type Extra = Pick<Program, "axes"> & Partial<Program> & IndexBounds;

interface IndexBounds {
  /** Of inputs that are indices. */
  readonly bounds?: Readonly<Record<string, number>>;
}

/** The program of a text. */
export const programOf = (text: string, extra: Extra): Program =>
  programOfFunction(parseProgram(text, extra.axes).functions[0]!, extra);

/** The tensors of the program are the inputs and outputs of `forward`, by their names: `input.x`, `param.W`, `output.y`. */
export function programOfFunction(forward: GraphFunction, { bounds = {}, ...extra }: Extra): Program {
  const tensors = (kind: string, ports: readonly (readonly [string, number])[]) =>
    ports.flatMap(([name, id]) => {
      if (!name.startsWith(`${kind}.`)) return [];
      const { shape, shared, dtype } = typeOf(forward, id);
      return [{ name: name.slice(kind.length + 1), documentation: "", over: [], shape, shared, isIndex: dtype === "index" }]; // prettier-ignore
    });
  const plain = (own: readonly ProgramTensor[]): ProgramTensor[] =>
    own.map(({ name, documentation, over, shape, shared }) => ({ name, documentation, over, shape, shared }));
  const inputs = forward.inputs.map((id) => [nameOf(forward, id), id] as const);
  const outputs = forward.outputs.map((id, i) => [outputName(forward, i), id] as const);
  return {
    name: "Ragged",
    documentation: "",
    dimensions: new Map(),
    stream: undefined,
    inputs: tensors("input", inputs).map(({ isIndex, ...own }) =>
      isIndex ? { ...own, dtype: "index", bound: dimConstant(bounds[own.name]!) } : { ...own, dtype: "real" },
    ),
    contexts: [],
    states: [],
    params: plain(tensors("param", inputs)).map((own) => ({ ...own, initializer: { kind: "zeros" } })),
    fixed: [],
    randoms: [],
    outputs: plain(tensors("output", outputs)),
    forward,
    initial: undefined,
    starts: undefined,
    declaredDerivatives: [],
    gradientAsDeclared: [],
    ...extra,
  };
}

export const optionsFor = (target: ModuleOptions["target"]): ModuleOptions => ({
  target,
  dtype: "f64",
  fma: false,
  wasmFile: false,
  gradient: true,
  jvp: false,
  hvp: false,
});

export const loadFor = async (program: Program, target: ModuleOptions["target"]): Promise<CompiledModule> =>
  loadModule(emitModule(program, optionsFor(target)).text);

/** Sizes of each axis in each example, and what the tensors are padded to. */
export interface RaggedCall {
  readonly each: Readonly<Record<string, readonly number[]>>;
  readonly padded?: Readonly<Record<string, number>>;
}

type Numbers = Readonly<Record<string, Float64Array>>;
type Sizes = ReadonlyMap<string, number>;

const sizesOfExample = ({ each }: RaggedCall, b: number): Sizes =>
  new Map(Object.entries(each).map(([name, list]) => [name, list[b]!]));

const paddedSizes = ({ each, padded = {} }: RaggedCall): Record<string, number> =>
  Object.fromEntries(Object.entries(each).map(([name, list]) => [name, padded[name] ?? Math.max(...list)]));

/** A size that all examples fit in: of the padded sizes where it grows with them, else the largest. */
function callSize(program: Program, dim: Dim, call: RaggedCall): number {
  const padded = new Map(Object.entries(paddedSizes(call)));
  if (
    isMonotone(
      dim,
      program.axes.map(({ symbol }) => symbol),
      boundsOf(program),
    )
  )
    return Math.ceil(evaluateDim(dim, padded));
  const batch = Object.values(call.each)[0]!.length;
  return Math.max(...Array.from({ length: batch }, (_, b) => evaluateDim(dim, sizesOfExample(call, b))));
}

/** Visits the places that count of an example: in the tensor of the batch, and in its own. */
function eachPlace(
  outer: readonly number[],
  inner: readonly number[],
  b: number,
  visit: (from: number, to: number) => void,
) {
  let to = 0;
  const walk = (axis: number, from: number): void => {
    if (axis === inner.length) visit(from, to++);
    else for (let i = 0; i < inner[axis]!; i++) walk(axis + 1, from * outer[axis]! + i);
  };
  walk(0, b);
}

export class Ragged {
  readonly batch: number;
  readonly program: Program;
  readonly call: RaggedCall;
  /** Tensors of the batch with NaN beyond each example's own. */
  readonly inputs: Numbers;
  readonly cotangents: Numbers;
  readonly params: Numbers;

  constructor(program: Program, call: RaggedCall, seed = 1) {
    this.program = program;
    this.call = call;
    this.batch = Object.values(call.each)[0]!.length;
    const random = randomSource(seed);
    const draw = (own: ProgramTensor): Float64Array => {
      const values = new Float64Array(this.batch * this.width(own)).fill(NaN);
      for (let b = 0; b < this.batch; b++) this.eachPlace(own, b, (at) => (values[at] = 2 * random() - 1));
      return values;
    };
    const all = (tensors: readonly ProgramTensor[]): Numbers =>
      Object.fromEntries(tensors.map((own) => [own.name, draw(own)]));
    this.inputs = all(program.inputs);
    this.cotangents = all(program.outputs);
    this.params = Object.fromEntries(
      program.params.map(({ name, shape }) => {
        const count = shape.reduce((product, dim) => product * evaluateDim(dim, new Map()), 1);
        return [name, Float64Array.from({ length: count }, () => 2 * random() - 1)];
      }),
    );
  }

  private width({ shape }: ProgramTensor): number {
    return shape.reduce((product, dim) => product * callSize(this.program, dim, this.call), 1);
  }

  private eachPlace({ shape }: ProgramTensor, b: number, visit: (from: number, to: number) => void): void {
    const own = sizesOfExample(this.call, b);
    eachPlace(
      shape.map((dim) => callSize(this.program, dim, this.call)),
      shape.map((dim) => evaluateDim(dim, own)),
      b,
      visit,
    );
  }

  cut(own: ProgramTensor, values: ArrayLike<number>, b: number): Float64Array {
    const found: number[] = [];
    this.eachPlace(own, b, (from) => found.push(values[from]!));
    return Float64Array.from(found);
  }

  /** Example `b` as a call of its own. */
  alone(b: number): Ragged {
    const { program, call } = this;
    const made = new Ragged(program, {
      each: Object.fromEntries(Object.entries(call.each).map(([name, list]) => [name, [list[b]!]])),
    });
    const cutAll = (tensors: readonly ProgramTensor[], from: Numbers): Numbers =>
      Object.fromEntries(tensors.map((own) => [own.name, this.cut(own, from[own.name]!, b)]));
    return Object.assign(made, {
      inputs: cutAll(program.inputs, this.inputs),
      cotangents: cutAll(program.outputs, this.cotangents),
      params: this.params,
    });
  }

  values(): Record<string, unknown> {
    const { each } = this.call;
    const padded = paddedSizes(this.call);
    return {
      ...this.inputs,
      batch: this.batch,
      sizes: Object.fromEntries(
        Object.entries(each).map(([name, list]) => [name, { padded: padded[name], each: list }]),
      ),
    };
  }

  instance(module: CompiledModule, room = 0): ModuleInstance {
    const sizes = Object.entries(paddedSizes(this.call)).map(([name, size]) => [name, Math.max(1, size) + room]);
    const instance = module.instantiate({
      batch: this.batch + room,
      sizes: Object.fromEntries(sizes) as Record<string, number>,
    });
    instance.setParams(this.params);
    return instance;
  }

  /** Outputs and gradients by name, copied. */
  run(
    module: CompiledModule,
    room = 0,
  ): { readonly outputs: Numbers; readonly inputs: Numbers; readonly params: Numbers } {
    const instance = this.instance(module, room);
    const result = instance.forward(this.values());
    const outputs = Object.fromEntries(
      this.program.outputs.map(({ name }) => [name, Float64Array.from(result[name] as Float64Array)]),
    );
    const gradient = instance.backward!(this.cotangents);
    const inputs = Object.fromEntries(
      this.program.inputs.map(({ name }) => [name, Float64Array.from(gradient[name] as Float64Array)]),
    );
    const params = Object.fromEntries(
      Object.entries(gradient.params).map(([name, values]) => [name, Float64Array.from(values)]),
    );
    return { outputs, inputs, params };
  }

  /** What the meaning of the graph says, of example `b` alone. */
  evaluated(b: number): Numbers {
    const { forward, params, inputs } = this.program;
    const sizes = sizesOfExample(this.call, b);
    const shapeOf = (own: ProgramTensor) => own.shape.map((dim) => evaluateDim(dim, sizes));
    const values = forward.inputs.map((id): BatchValue => {
      const name = nameOf(forward, id);
      const param = params.find((own) => `param.${own.name}` === name);
      if (param !== undefined) return { shared: tensor(shapeOf(param), this.params[param.name]!) };
      const input = inputs.find((own) => `input.${own.name}` === name)!;
      return { examples: [tensor(shapeOf(input), this.cut(input, this.inputs[input.name]!, b))] };
    });
    const results = evaluateFunction(forward, values, [sizes]);
    return Object.fromEntries(
      results.map((value, i) => {
        const [own] = "examples" in value ? value.examples : [value.shared];
        return [outputName(forward, i).slice("output.".length), Float64Array.from(own!.data)];
      }),
    );
  }
}

export const bits = (values: ArrayLike<number>): string =>
  [...new BigUint64Array(Float64Array.from(values).buffer)].join(" ");

function expectClose(found: ArrayLike<number>, wanted: ArrayLike<number>, what: string): void {
  expect(found.length, what).toBe(wanted.length);
  for (let i = 0; i < wanted.length; i++) {
    if (Object.is(found[i], wanted[i])) continue;
    expect(Math.abs(found[i]! - wanted[i]!), `${what}[${i}]: ${found[i]} ${wanted[i]}`).toBeLessThan(
      1e-9 * Math.max(1, Math.abs(wanted[i]!)),
    );
  }
}

/** Every example of a call gives the bits that it gives alone, whatever its batch, padding and room, and on both targets. */
export async function expectAlone(program: Program, calls: readonly RaggedCall[]): Promise<void> {
  const modules = { js: await loadFor(program, "js"), wasm: await loadFor(program, "wasm") };
  for (const [seed, call] of calls.entries()) {
    const ragged = new Ragged(program, call, seed + 1);
    const results = { js: ragged.run(modules.js), wasm: ragged.run(modules.wasm) };
    const where = JSON.stringify(call);
    for (const part of ["outputs", "inputs", "params"] as const) {
      for (const [name, values] of Object.entries(results.js[part]))
        expect(bits(results.wasm[part][name]!), `${name} js and wasm, ${where}`).toBe(bits(values));
    }
    for (const target of ["js", "wasm"] as const) {
      const roomy = ragged.run(modules[target], 3);
      for (const part of ["outputs", "inputs", "params"] as const)
        for (const [name, values] of Object.entries(roomy[part]))
          expect(bits(values), `${name} with room, ${target}, ${where}`).toBe(bits(results[target][part][name]!));
    }
    const sums: Record<string, number[]> = {};
    for (let b = 0; b < ragged.batch; b++) {
      const alone = ragged.alone(b);
      const own = alone.run(modules.js);
      const meant = ragged.evaluated(b);
      for (const tensor of program.outputs) {
        const cut = ragged.cut(tensor, results.js.outputs[tensor.name]!, b);
        expect(bits(cut), `${tensor.name} of example ${b} alone, ${where}`).toBe(bits(own.outputs[tensor.name]!));
        expectClose(cut, meant[tensor.name]!, `${tensor.name} of example ${b} evaluated, ${where}`);
      }
      for (const tensor of program.inputs) {
        const cut = ragged.cut(tensor, results.js.inputs[tensor.name]!, b);
        expect(bits(cut), `gradient of ${tensor.name} of example ${b} alone, ${where}`).toBe(
          bits(own.inputs[tensor.name]!),
        );
      }
      for (const [name, values] of Object.entries(own.params))
        sums[name] = [...values].map((value, i) => (sums[name]?.[i] ?? 0) + value);
    }
    for (const [name, sum] of Object.entries(sums))
      expectClose(results.js.params[name]!, sum, `gradient of ${name}, ${where}`);
  }
}
