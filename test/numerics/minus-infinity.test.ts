/**
 * Minus infinity is a number like others: what is impossible, or nothing at all, has no weight, and no derivative of any
 * order. Against sums over all cases, on both targets and by the meaning of the graph.
 */
import { networkAxes } from "../../compiler/base/types/call-axes.js";
import { describe, expect, it } from "vitest";
import {
  dimConstant,
  dimSymbol,
  multiplyDims,
  addDims,
  evaluateDim,
  type Dim,
  subtractDims,
} from "../../compiler/base/types/dim.js";
import { GraphBuilder } from "../../compiler/ir/graph/build.js";
import { ScanBuilder } from "../../compiler/ir/graph/build-scan.js";
import type { BatchValue } from "../../compiler/ir/graph/evaluate.js";
import type { GraphFunction, ValueId } from "../../compiler/ir/graph/graph-function.js";
import { shapeContext } from "../../compiler/ir/graph/shape-rules.js";
import { gradientOf, tangentsOnly } from "../../compiler/passes/autodiff/whole-derivatives.js";
import { emitModule } from "../../compiler/driver/pipeline.js";
import { normalize, reduceAlong } from "../../compiler/program/indexed/reductions.js";
import type { Program, ProgramTensor } from "../../compiler/program/program.js";
import { type CompiledModule, loadModule } from "../../runtime/index.js";
import { randomSource, run, flatten, type Values } from "../support/evaluate-helpers.js";
import { optionsFor, programOfFunction } from "../support/several-axes.js";

type Tensors = Readonly<Record<string, readonly number[]>>;

/** One example: sizes, inputs, the direction of tangents, and weights of outputs. */
interface Example {
  readonly sizes: Readonly<Record<string, number>>;
  readonly inputs: Tensors;
  readonly direction: Tensors;
  readonly weights: Tensors;
}

/** Outputs, their change in the direction, the gradient by inputs, and its change. */
interface Derivatives {
  readonly values: Tensors;
  readonly jvp: Tensors;
  readonly gradient: Tensors;
  readonly hvp: Tensors;
}

const zeros = (like: readonly number[]): number[] => like.map(() => 0);

function evaluated(program: Program, { sizes, inputs, direction, weights }: Example): Derivatives {
  const { forward, axes } = program;
  const context = shapeContext(axes);
  const own = new Map(Object.entries(sizes));
  const values: Values = new Map();
  const give = (name: string, data: readonly number[], { shape }: ProgramTensor): void => {
    const known = shape.map((dim) => evaluateDim(dim, own));
    const value: BatchValue = { examples: [{ shape: known, data: Float64Array.from(data) }] };
    values.set(name, value);
  };
  for (const tensor of program.inputs) {
    give(`input.${tensor.name}`, inputs[tensor.name]!, tensor);
    give(`tangent.input.${tensor.name}`, direction[tensor.name] ?? zeros(inputs[tensor.name]!), tensor);
  }
  for (const tensor of program.outputs) {
    give(`grad.output.${tensor.name}`, weights[tensor.name]!, tensor);
    give(`tangent.grad.output.${tensor.name}`, zeros(weights[tensor.name]!), tensor);
  }
  const results = (fn: GraphFunction, prefix: string, tensors: readonly ProgramTensor[]): Tensors => {
    const found = run(fn, values, [own]);
    return Object.fromEntries(tensors.map(({ name }) => [name, flatten(found.get(prefix + name)!)]));
  };
  const real = program.inputs.filter(({ dtype }) => dtype === "real");
  return {
    values: results(forward, "output.", program.outputs),
    jvp: results(tangentsOnly(forward, context), "tangent.output.", program.outputs),
    gradient: results(gradientOf(forward, context), "grad.input.", real),
    hvp: results(tangentsOnly(gradientOf(forward, context, undefined, true), context), "tangent.grad.input.", real),
  };
}

type Modules = Readonly<Record<"js" | "wasm", CompiledModule>>;

async function modulesOf(program: Program): Promise<Modules> {
  const load = (target: "js" | "wasm") => loadModule(emitModule(program, { ...optionsFor(target), jvp: true, hvp: true }).text); // prettier-ignore
  return { js: await load("js"), wasm: await load("wasm") };
}

function compiled(program: Program, module: CompiledModule, example: Example): Derivatives {
  const { sizes, inputs, direction, weights } = example;
  const room = Object.fromEntries(Object.entries(sizes).map(([name, size]) => [name, Math.max(1, size)]));
  const instance = module.instantiate({ batch: 2, sizes: room });
  // Beside an example with other numbers of the same sizes.
  const twice = (from: Tensors): Tensors =>
    Object.fromEntries(Object.entries(from).map(([name, data]) => [name, [...data.map((x) => (Number.isInteger(x) ? x : x / 2)), ...data]])); // prettier-ignore
  const call = { ...twice(inputs), batch: 2, sizes };
  const cut = (from: Readonly<Record<string, unknown>>, tensors: readonly ProgramTensor[]): Tensors =>
    Object.fromEntries(
      tensors.map(({ name }) => {
        const all = [...(from[name] as Float64Array)];
        return [name, all.slice(all.length / 2)];
      }),
    );
  const real = program.inputs.filter(({ dtype }) => dtype === "real");
  const values = cut(instance.forward(call), program.outputs);
  const gradient = cut(instance.backward!(twice(weights)), real);
  const jvp = cut(instance.jvp!(call, twice(direction)), program.outputs);
  const hvp = cut(instance.hvp!(call, twice(direction), twice(weights)), real);
  return { values, jvp, gradient, hvp };
}

function expectSame(found: Derivatives, wanted: Derivatives, where: string): void {
  for (const part of ["values", "jvp", "gradient", "hvp"] as const) {
    for (const [name, data] of Object.entries(wanted[part])) {
      const own = found[part][name]!;
      expect(own.length, `${part} of ${name}, ${where}`).toBe(data.length);
      for (const [i, value] of data.entries()) {
        const distance = Math.abs(own[i]! - value);
        const isSame = own[i] === value || distance <= 1e-10 * Math.max(1, Math.abs(value));
        expect(isSame, `${part} of ${name}[${i}] is ${own[i]}, not ${value}, ${where}`).toBe(true);
      }
    }
  }
}

function expectDerivatives(program: Program, modules: Modules, example: Example, wanted: Derivatives, where: string) {
  expectSame(evaluated(program, example), wanted, `evaluated, ${where}`);
  for (const target of ["js", "wasm"] as const)
    expectSame(compiled(program, modules[target], example), wanted, `${target}, ${where}`);
}

describe("reductions", () => {
  const S = dimSymbol("S");
  const columns = 4;
  const shape = [S, dimConstant(columns)];
  const b = new GraphBuilder("forward", shapeContext(networkAxes(["S"])));
  const x = b.input("input.x", { dtype: "real", shape, shared: false });
  const program = programOfFunction(
    b.finish([
      { name: "output.log", value: reduceAlong(b, "logsumexp", x, [0]) },
      { name: "output.share", value: normalize(b, "softmax", x, [0]) },
      { name: "output.most", value: reduceAlong(b, "max", x, [0]) },
    ]),
    { axes: networkAxes(["S"]) },
  );

  /** By the definitions, column by column. */
  function byHand({ inputs, direction, weights }: Example): Derivatives {
    const size = inputs["x"]!.length / columns;
    const made = {
      values: { log: [] as number[], share: zeros(inputs["x"]!), most: [] as number[] },
      jvp: { log: [] as number[], share: zeros(inputs["x"]!), most: [] as number[] },
      gradient: { x: zeros(inputs["x"]!) },
      hvp: { x: zeros(inputs["x"]!) },
    };
    for (let j = 0; j < columns; j++) {
      const place = (i: number): number => i * columns + j;
      const rows = Array.from({ length: size }, (_, i) => i);
      const of = (from: readonly number[]): number[] => rows.map((i) => from[place(i)]!);
      const [own, t, u] = [of(inputs["x"]!), of(direction["x"]!), of(weights["share"]!)];
      const most = Math.max(...own);
      const powers = own.map((value) => (value === -Infinity ? 0 : Math.exp(value - most)));
      const total = powers.reduce((sum, value) => sum + value, 0);
      const p = powers.map((value) => (total === 0 ? 0 : value / total));
      const mean = (list: readonly number[], by = p): number => list.reduce((sum, value, i) => sum + (by[i] === 0 ? 0 : by[i]! * value), 0); // prettier-ignore
      const winners = rows.filter((i) => own[i] === most && most > -Infinity);
      const dp = p.map((value, i) => value * (t[i]! - mean(t)));
      made.values.log.push(total === 0 ? -Infinity : most + Math.log(total));
      made.values.most.push(most);
      made.jvp.log.push(mean(t));
      made.jvp.most.push(winners.reduce((sum, i) => sum + t[i]!, 0) / Math.max(1, winners.length));
      const [w, m] = [weights["log"]![j]!, weights["most"]![j]!];
      for (const i of rows) {
        made.values.share[place(i)] = p[i]!;
        made.jvp.share[place(i)] = dp[i]!;
        const isWinner = winners.includes(i) ? 1 / winners.length : 0;
        made.gradient.x[place(i)] = w * p[i]! + p[i]! * (u[i]! - mean(u)) + m * isWinner;
        made.hvp.x[place(i)] = w * dp[i]! + dp[i]! * (u[i]! - mean(u)) - p[i]! * mean(u, dp);
      }
    }
    return made;
  }

  it("of elements that are all minus infinity, some of them, or none", async () => {
    const random = randomSource(1);
    const numbers = (count: number): number[] => Array.from({ length: count }, () => 2 * random() - 1);
    const modules = await modulesOf(program);
    for (const size of [0, 1, 3, 70]) {
      const count = size * columns;
      const values = numbers(count).map((value, at) => {
        const [row, column] = [Math.floor(at / columns), at % columns];
        // All of the first column, most of the second, the first element of the third.
        const isNone = column === 0 || (column === 1 && row !== 1) || (column === 2 && row === 0);
        return isNone ? -Infinity : value;
      });
      const example: Example = {
        sizes: { S: size },
        inputs: { x: values },
        direction: { x: numbers(count) },
        weights: { log: numbers(columns), share: numbers(count), most: numbers(columns) },
      };
      expectDerivatives(program, modules, example, byHand(example), `${size} elements`);
    }
  });
});

describe("a sum over all alignments", () => {
  const [F, U] = [dimSymbol("F"), dimSymbol("U")];
  const classes = 3;
  const places = addDims(multiplyDims(dimConstant(2), U), dimConstant(1));
  const before = subtractDims(places, dimConstant(1));
  const program = lossProgram();
  const modules = modulesOf(program);

  /** Minus the logarithm of the probability of labels, blanks between them: connectionist temporal classification. */
  function lossProgram(): Program {
    const b = new GraphBuilder("forward", shapeContext(networkAxes(["F", "U"])));
    const real = (shape: readonly Dim[]) => ({ dtype: "real" as const, shape, shared: false });
    const frames = b.input("input.frames", real([F, dimConstant(classes)]));
    const labels = b.input("input.labels", { dtype: "index", shape: [places], shared: false });
    const jump = b.input("input.jump", real([places]));
    const none = (builder: GraphBuilder, count: Dim): ValueId => builder.constantOf(-Infinity, [count]);
    const start = b.concat(0, [b.constantOf(0, [dimConstant(1)]), none(b, before)]);
    const scan = new ScanBuilder(b, "frame");
    const { inner } = scan;
    const a = scan.input("carried", "a", real([places]), start);
    const frame = scan.input("sequence", "frame", real([dimConstant(classes)]), frames);
    const own = scan.input("invariant", "labels", { dtype: "index", shape: [places], shared: false }, labels);
    const leap = scan.input("invariant", "jump", real([places]), jump);
    const late = (value: ValueId): ValueId =>
      inner.concat(0, [none(inner, dimConstant(1)), inner.slice(value, 0, dimConstant(0), before)]);
    const one = late(a);
    const two = inner.map("add", late(one), leap);
    const rows = [a, one, two].map((value) => inner.reshape(value, [dimConstant(1), places]));
    const all = reduceAlong(inner, "logsumexp", inner.concat(0, rows), [0]);
    const next = inner.map("add", all, inner.emit({ kind: "gather", along: 0 }, [frame, own]));
    const [end] = scan.emit({ length: F, reverse: false, rounds: false, states: [] }, [{ name: "a", value: next }]);
    // It ends with the last label, or with the blank after it.
    const place = b.iota(places);
    const last = b.dimension(subtractDims(multiplyDims(dimConstant(2), U), dimConstant(1)));
    const isBefore = b.map("lt", place, b.fill(last, [places]));
    const ends = b.map("select", isBefore, none(b, places), end!);
    const value = b.map("neg", reduceAlong(b, "logsumexp", ends, [0]));
    return programOfFunction(b.finish([{ name: "output.loss", value }]), {
      axes: networkAxes(["F", "U"]),
      bounds: { labels: classes },
    });
  }

  /** Every way through the frames that spells the labels: how often it takes each class at each frame. */
  function alignments(count: number, labels: readonly number[]): number[][] {
    const found: number[][] = [];
    const walk = (path: readonly number[]): void => {
      if (path.length < count) {
        for (let c = 0; c < classes; c++) walk([...path, c]);
        return;
      }
      const spelt = path.filter((c, i) => c !== 0 && c !== path[i - 1]);
      if (spelt.length === labels.length && spelt.every((c, i) => c === labels[i])) found.push([...path]);
    };
    walk([]);
    return found;
  }

  function byHand(example: Example, labels: readonly number[]): Derivatives {
    const { inputs, direction, weights } = example;
    const [frames, t] = [inputs["frames"]!, direction["frames"]!];
    const paths = alignments(frames.length / classes, labels);
    const at = (path: readonly number[]): number[] => path.map((c, i) => i * classes + c);
    const scores = paths.map((path) => at(path).reduce((sum, i) => sum + frames[i]!, 0));
    const most = Math.max(...scores);
    const powers = scores.map((score) => (score === -Infinity ? 0 : Math.exp(score - most)));
    const total = powers.reduce((sum, power) => sum + power, 0);
    const gradient = zeros(frames);
    const hvp = zeros(frames);
    const changes = paths.map((path) => at(path).reduce((sum, i) => sum + t[i]!, 0));
    const p = powers.map((power) => (total === 0 ? 0 : power / total));
    const mean = p.reduce((sum, share, k) => sum + share * changes[k]!, 0);
    const w = weights["loss"]![0]!;
    for (const [k, path] of paths.entries()) {
      for (const i of at(path)) {
        gradient[i]! -= w * p[k]!;
        hvp[i]! -= w * p[k]! * (changes[k]! - mean);
      }
    }
    return {
      values: { loss: [total === 0 ? Infinity : -(most + Math.log(total))] },
      jvp: { loss: [-mean] },
      gradient: { frames: gradient },
      hvp: { frames: hvp },
    };
  }

  it.each<[string, number, number[], number]>([
    ["one label", 3, [1], 0],
    ["two labels", 4, [1, 2], 0],
    ["one label twice", 4, [1, 1], 0],
    ["no labels", 3, [], 0],
    ["no labels and no frames", 0, [], 0],
    ["no frames", 0, [2], 0],
    ["too few frames", 1, [1, 2], 0],
    ["too few frames for a repetition", 2, [2, 2], 0],
    ["frames that cannot be blank", 4, [1, 2], 1],
    ["frames that make it impossible", 3, [1], 2],
  ])("%s", async (where, count, labels, kind) => {
    const random = randomSource(count + 10 * labels.length + kind);
    const numbers = (length: number): number[] => Array.from({ length }, () => 2 * random() - 1);
    const frames = numbers(count * classes).map((value, i) =>
      (kind === 1 && i % classes === 0) || (kind === 2 && i % classes === 1) ? -Infinity : value,
    );
    const spread = [0, ...labels.flatMap((label) => [label, 0])];
    const jump = spread.map((label, i) => (label !== 0 && label !== spread[i - 2] && i >= 2 ? 0 : -Infinity));
    const example: Example = {
      sizes: { F: count, U: labels.length },
      inputs: { frames, labels: spread, jump },
      direction: { frames: numbers(count * classes) },
      weights: { loss: [0.75] },
    };
    expectDerivatives(program, await modules, example, byHand(example, labels), where);
  });
});
