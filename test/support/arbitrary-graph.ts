/** Random well-typed graph functions of one example with a run-time dimension `S`, and batches to run them on. */
import fc from "fast-check";
import { GraphBuilder } from "../../compiler/ir/graph/build.js";
import type { GraphFunction, Standing, ValueId } from "../../compiler/ir/graph/graph-function.js";
import { shapeContext } from "../../compiler/ir/graph/shape-rules.js";
import type { ScalarOp } from "../../compiler/ir/ops/scalar-ops.js";
import {
  addDims,
  constantOf,
  type Dim,
  dimConstant,
  dimSymbol,
  equalDims,
  multiplyDims,
  TIME_SYMBOL,
} from "../../compiler/base/types/dim.js";
import { equalShapes, type Shape } from "../../compiler/base/types/shape.js";
import { type ExampleSizes, randomSource } from "./evaluate-helpers.js";
import { cellAxes } from "../../compiler/base/types/call-axes.js";

export const graphDimensions: readonly string[] = ["S"];

export interface ArbitraryGraph {
  readonly seed: number;
  readonly fn: GraphFunction;
  readonly examples: ExampleSizes;
  /** How much larger than the largest example the call is. */
  readonly extra: number;
}

/** @param derived with operations that only derivatives have, which no kernels are made of */
export function arbitraryGraph(largest = 24, derived = false): fc.Arbitrary<ArbitraryGraph> {
  return fc
    .record({ seed: fc.nat(), size: fc.integer({ min: 1, max: largest }), examples: fc.integer({ min: 1, max: 6 }) })
    .map(({ seed, size, examples }) => {
      const random = randomSource(seed);
      const pick = (low: number, high: number) => low + Math.floor(random() * (high - low + 1));
      return {
        seed,
        fn: randomGraph(seed, size, derived),
        examples: Array.from(
          { length: examples },
          () =>
            new Map([
              ["%T", pick(0, 5)],
              ["S", pick(1, 4)],
            ]),
        ),
        extra: pick(0, 1),
      };
    });
}

/** Indices in tables are below this. */
export const INDEX_BOUND = 2;

const T = dimSymbol(TIME_SYMBOL);
const S = dimSymbol("S");
const unaryOps: readonly ScalarOp[] = ["neg", "abs", "tanh", "sigmoid", "sin", "exp", "sqrt", "softplus", "stop_gradient"]; // prettier-ignore
const binaryOps: readonly ScalarOp[] = ["add", "add", "sub", "mul", "min", "max"];

export function randomGraph(seed: number, size: number, derived = false): GraphFunction {
  return new GraphMaker(randomSource(seed), derived).function(size);
}

class GraphMaker {
  private readonly random: () => number;

  private readonly derived: boolean;

  constructor(random: () => number, derived: boolean) {
    this.random = random;
    this.derived = derived;
  }

  private int(low: number, high: number): number {
    return low + Math.floor(this.random() * (high - low + 1));
  }

  private oneOf<X>(items: readonly X[]): X {
    return items[this.int(0, items.length - 1)] as X;
  }

  private dim(): Dim {
    return this.oneOf([T, T, S, S, addDims(S, dimConstant(1)), ...[1, 2, 3, 4, 5, 9].map(dimConstant)]);
  }

  private shape(rank = this.int(0, 3)): Shape {
    return Array.from({ length: rank }, () => this.dim());
  }

  function(size: number): GraphFunction {
    const builder = new GraphBuilder("random", shapeContext(cellAxes(graphDimensions)));
    const values: ValueId[] = [];
    for (let i = 0; i < 4; i++) {
      values.push(builder.input(`input.x${i}`, { dtype: "real", shape: this.shape(), shared: false }));
    }
    for (let i = 0; i < 3; i++) {
      const shape = [...this.fixedShape(this.int(0, 2))];
      values.push(builder.input(`param.p${i}`, { dtype: "real", shape, shared: true }));
    }
    if (this.random() < 0.4) values.push(...this.systemInputs(builder));
    values.push(builder.input("input.i", { dtype: "index", shape: this.shape(this.int(0, 2)), shared: false }));
    this.grow(builder, values, size, true);
    const outputs: { name: string; value: ValueId }[] = [];
    for (let i = 0; i < 4; i++) {
      const value = i < 2 ? (values.at(-1 - i) as ValueId) : this.oneOf(values);
      if (builder.typeOf(value).dtype === "index") continue;
      outputs.push({ name: `${builder.typeOf(value).shared ? "grad.param.o" : "output.o"}${i}`, value });
    }
    return builder.finish(outputs);
  }

  /** Vectors of one length and matrices for them. */
  private systemInputs(b: GraphBuilder): readonly ValueId[] {
    const n = dimConstant(3);
    const vectors = ["a", "b"].map((name) => b.input(`input.${name}`, { dtype: "real", shape: [n], shared: false }));
    const matrices = ["F", "G", "P", "Q"].map((name) =>
      b.input(`param.${name}`, { dtype: "real", shape: [n, n], shared: true }),
    );
    return [...vectors, ...matrices];
  }

  private fixedShape(rank: number): Shape {
    return Array.from({ length: rank }, () => dimConstant(this.int(1, 5)));
  }

  private grow(builder: GraphBuilder, values: ValueId[], size: number, top: boolean): void {
    for (let i = 0; i < size; i++) {
      const made = this.operation(builder.at(this.standing()), values, top);
      values.push(...made);
    }
  }

  /** From anywhere in a text, and of any of a few rounds. */
  private standing(): Standing {
    const start = this.int(0, 99);
    const origin = { span: { file: "any.cell", start, end: start + 1 }, note: this.oneOf(["one", "another"]) };
    return { origin, round: this.random() < 0.5 ? undefined : this.int(0, 1) };
  }

  private operation(b: GraphBuilder, values: readonly ValueId[], top: boolean): readonly ValueId[] {
    const real = values.filter((id) => b.typeOf(id).dtype === "real");
    const value =
      this.random() < 0.6 ? (real.at(-1 - this.int(0, Math.min(2, real.length - 1))) as ValueId) : this.oneOf(real);
    const shape = b.shapeOf(value);
    const axis = shape.length === 0 ? undefined : this.int(0, shape.length - 1);
    if (this.random() < 0.15) {
      const sums = this.productSums(b, real);
      if (sums.length > 0) return sums;
    }
    if (top && this.random() < 0.05) return this.joinedScan(b, real);
    switch (this.int(0, top ? 18 : 16)) {
      case 0:
      case 1:
        return [b.map(this.oneOf(unaryOps), b.map("max", value, b.constantOf(this.oneOf([-1, 0.25]), shape)))];
      case 2:
      case 3:
        return [b.map(this.oneOf(binaryOps), ...this.shuffle([value, this.matching(b, real, shape)]))];
      case 4: {
        const condition = b.map(this.oneOf(["lt", "le"] as const), value, this.matching(b, real, shape));
        return [b.map("select", condition, this.matching(b, real, shape), value)];
      }
      case 5: {
        const target = [...shape];
        const axes = shape.map((_, i) => i);
        const position = this.int(0, target.length);
        if (target.length >= 4) return [];
        target.splice(position, 0, this.dim());
        return [
          b.broadcast(
            value,
            target,
            axes.map((i) => (i >= position ? i + 1 : i)),
          ),
        ];
      }
      case 6:
      case 7: {
        if (shape.length === 0) return [];
        const axes = shape.map((_, i) => i).filter(() => this.random() < 0.5);
        if (axes.length === 0) return [];
        const op = this.oneOf(["sum", "sum", "max", "min"] as const);
        // Of nothing max and min are infinite, which the rest of a function would turn into NaN.
        const safe = op === "sum" || axes.every((i) => !this.isTime(shape[i]));
        return [b.reduce(safe ? op : "sum", value, axes)];
      }
      case 8:
      case 9:
        return this.contract(b, real, value);
      case 10: {
        const n = axis === undefined ? undefined : constantOf(shape[axis] as Dim);
        if (axis === undefined) return [];
        if (n === undefined) {
          // S + 1 holds S from 0 or from 1.
          if ((shape[axis] as Dim).key !== addDims(S, dimConstant(1)).key) return [];
          return [b.slice(value, axis, dimConstant(this.int(0, 1)), S)];
        }
        const start = this.int(0, n - 1);
        return [b.slice(value, axis, dimConstant(start), dimConstant(this.int(1, n - start)))];
      }
      case 11: {
        if (axis === undefined) return [];
        const sizes = [dimConstant(0), dimConstant(1), dimConstant(2), S];
        return [b.emit({ kind: "pad", axis, before: this.oneOf(sizes), after: this.oneOf(sizes) }, [value])];
      }
      case 12: {
        if (axis === undefined) return [];
        const parts = [value];
        for (let i = this.int(1, 2); i > 0; i--) {
          const others = real.filter((id) => fitsConcat(b.shapeOf(id), shape, axis));
          parts.push(this.random() < 0.5 ? this.oneOf(others) : b.map("neg", this.oneOf(others)));
        }
        return [b.concat(axis, parts)];
      }
      case 13: {
        const flat = this.reshaped(shape);
        return flat === undefined ? [] : [b.reshape(value, flat)];
      }
      case 14:
        return [b.transpose(value, this.shuffle(shape.map((_, i) => i)))];
      case 15:
        if (axis === undefined) return [];
        return this.random() < 0.5 ? this.windows(b, value, axis) : [b.emit({ kind: "reverse", axis }, [value])];
      case 16: {
        const given = values.find((id) => b.typeOf(id).dtype === "index");
        const index = this.random() < 0.5 ? this.wholeIndex(b) : given;
        if (index === undefined) return [];
        return this.random() < 0.5 ? this.gather(b, real, index) : this.scatter(b, real, index);
      }
      case 17: {
        const type = b.typeOf(value);
        const fixed = shape.every((dim) => constantOf(dim) !== undefined);
        return type.shared || !fixed ? [] : [b.emit({ kind: "batch_sum" }, [value])];
      }
      default:
        return this.scan(b, values);
    }
  }

  private isTime(dim: Dim | undefined): boolean {
    return dim !== undefined && equalDims(dim, T);
  }

  private matching(b: GraphBuilder, real: readonly ValueId[], shape: Shape): ValueId {
    const same = real.filter((id) => equalShapes(b.shapeOf(id), shape));
    if (same.length > 0 && this.random() < 0.8) return this.oneOf(same);
    const [length] = shape;
    if (length !== undefined && this.random() < 0.3) {
      const places = b.iota(length);
      return b.broadcast(b.map("mul", places, b.constantOf(0.25, [length])), shape, [0]);
    }
    return b.constantOf(this.oneOf([0.5, -0.25, 1]), shape);
  }

  private contract(b: GraphBuilder, real: readonly ValueId[], first: ValueId): readonly ValueId[] {
    const second = this.oneOf(real);
    const [p, q] = [b.shapeOf(first), b.shapeOf(second)];
    const a = p.map((_, i) => i);
    const labels: number[] = [];
    for (const [i, dim] of q.entries()) {
      const partner = p.findIndex((other, j) => equalDims(other, dim) && !labels.includes(j));
      labels.push(partner >= 0 && this.random() < 0.8 ? partner : 10 + i);
    }
    const common = labels.filter((label) => label < 10);
    const contracted = common.filter(() => this.random() < 0.7);
    const result = this.shuffle([...a, ...labels.filter((label) => label >= 10)]).filter(
      (l) => !contracted.includes(l),
    );
    if (result.length > 4) return [];
    const product = b.contract(first, second, { a, b: labels, result, parts: this.random() < 0.3 ? 4 : 1 });
    if (this.random() < 0.2) {
      // Where a branch is not taken, the derivative of a product is zero, whatever its factors are.
      const shape = b.shapeOf(product);
      const powers = b.contract(first, b.map("exp", second), { a, b: labels, result, parts: 1 });
      const all = b.reduce(
        "sum",
        product,
        shape.map((_, i) => i),
      );
      const isTaken = b.broadcast(b.map("lt", all, b.constantOf(0.5, [])), shape, []);
      return [b.map("select", isTaken, powers, this.matching(b, real, shape))];
    }
    if (this.random() < 0.5) return [product];
    const sum = b.map("add", ...this.shuffle([product, this.matching(b, real, b.shapeOf(product))]));
    return this.random() < 0.8 ? [sum] : [sum, product];
  }

  /** Sums of two products each, with the same two vectors: gates without biases, complex numbers. */
  private productSums(b: GraphBuilder, real: readonly ValueId[]): readonly ValueId[] {
    const isOf = (rank: number, shared: boolean) => (id: ValueId) => {
      const type = b.typeOf(id);
      return type.shape.length === rank && type.shared === shared && type.shape.every((dim) => constantOf(dim) === 3);
    };
    const vectors = this.shuffle(real.filter(isOf(1, false))).slice(0, 2);
    const matrices = this.shuffle(real.filter(isOf(2, true)));
    if (vectors.length < 2 || matrices.length < 2) return [];
    const used = this.random() < 0.5 ? matrices : matrices.slice(0, 2);
    return Array.from({ length: this.int(2, 3) }, (_, i) => {
      const terms = vectors.map((vector, j) => {
        const matrix = used[(i + (used.length > 2 ? 2 * j : j) + i * j) % used.length] as ValueId;
        const product = b.contract(matrix, vector, { a: [0, 1], b: [1], result: [0], parts: 1 });
        return this.random() < 0.15 ? b.map("tanh", product) : product;
      });
      return b.map(this.random() < 0.2 ? "sub" : "add", ...this.shuffle(terms));
    });
  }

  /** Windows that fit, which may leave elements out between them and at the end. */
  private windows(b: GraphBuilder, value: ValueId, axis: number): readonly ValueId[] {
    const shape = b.shapeOf(value);
    const n = constantOf(shape[axis] as Dim);
    if (n === undefined || shape.length >= 4) return [];
    const [size, stride, dilation] = [this.int(1, Math.min(3, n)), this.int(1, 3), this.int(1, 2)];
    const room = n - dilation * (size - 1) - 1;
    if (room < 0) return [];
    const [length, ...others] = [Math.floor(room / stride) + 1, size, stride, dilation].map((x) => dimConstant(x));
    const [m, s, d] = others as [Dim, Dim, Dim];
    const spaced = { axis, stride: s, dilation: d };
    const windows = b.emit({ kind: "window", length: length as Dim, size: m, ...spaced }, [value]);
    if (!this.derived || this.random() < 0.7) return [windows];
    return [b.emit({ kind: "unwindow", size: dimConstant(n), ...spaced }, [windows])];
  }

  private reshaped(shape: Shape): Shape | undefined {
    if (shape.length === 0) return this.random() < 0.5 ? [dimConstant(1)] : [dimConstant(1), dimConstant(1)];
    const i = this.int(0, shape.length - 1);
    const dim = shape[i] as Dim;
    const n = constantOf(dim);
    if (n !== undefined && n % 2 === 0 && this.random() < 0.5) {
      return [...shape.slice(0, i), dimConstant(2), dimConstant(n / 2), ...shape.slice(i + 1)];
    }
    if (i === 0) return [dimConstant(1), ...shape];
    const merged = multiplyDims(shape[i - 1] as Dim, dim);
    return [...shape.slice(0, i - 1), merged, ...shape.slice(i + 1)];
  }

  /** Computed from whole numbers, which no precision rounds. */
  private wholeIndex(b: GraphBuilder): ValueId {
    const length = this.oneOf([dimConstant(3), T, S]);
    const places = b.iota(length);
    const [least, most, two] = [0, INDEX_BOUND - 1, 2].map((bound) => b.constantOf(bound, [length])) as [
      ValueId,
      ValueId,
      ValueId,
    ];
    const near = b.map("clamp", this.random() < 0.5 ? b.map("sub", two, places) : places, least, most);
    return b.emit({ kind: "to_index" }, [near]);
  }

  private gather(b: GraphBuilder, real: readonly ValueId[], index: ValueId): readonly ValueId[] {
    const tables = real.filter((id) => {
      const first = b.shapeOf(id)[0];
      const n = first === undefined ? undefined : constantOf(first);
      return n !== undefined && n >= INDEX_BOUND;
    });
    if (tables.length === 0) return [];
    const table = this.oneOf(tables);
    if (b.shapeOf(index).length + b.shapeOf(table).length > 4) return [];
    const most = b.shapeOf(index).findIndex((dim, i) => !equalShapes([dim], b.shapeOf(table).slice(i + 1, i + 2)));
    const along = this.int(0, most < 0 ? b.shapeOf(index).length : most);
    return [b.emit({ kind: "gather", along }, [table, index])];
  }

  private scatter(b: GraphBuilder, real: readonly ValueId[], index: ValueId): readonly ValueId[] {
    const own = b.shapeOf(index);
    const fits = real.filter((id) => equalShapes(b.shapeOf(id).slice(0, own.length), own));
    if (fits.length === 0) return [];
    const size = dimConstant(this.int(INDEX_BOUND, 4));
    return [b.emit({ kind: "scatter_add", along: this.int(0, own.length), size }, [index, this.oneOf(fits)])];
  }

  private scan(b: GraphBuilder, values: readonly ValueId[]): readonly ValueId[] {
    const real = values.filter((id) => b.typeOf(id).dtype === "real");
    const all = values.filter((id) => b.typeOf(id).dtype !== "bool");
    const length = this.oneOf([T, T, S, dimConstant(3)]);
    const carried = Array.from({ length: this.int(1, 2) }, () => this.oneOf(real));
    const candidates = all.filter((id) => {
      const [first] = b.shapeOf(id);
      return first !== undefined && equalDims(first, length);
    });
    const sequences =
      candidates.length === 0 ? [] : Array.from({ length: this.int(0, 2) }, () => this.oneOf(candidates));
    const invariants = Array.from({ length: this.int(0, 2) }, () => this.oneOf(all));
    const matrices = real.filter((id) => b.typeOf(id).shared && b.shapeOf(id).length === 2);
    if (matrices.length >= 4 && this.random() < 0.5) invariants.push(...matrices);
    const inner = new GraphBuilder("body", shapeContext(cellAxes(graphDimensions)));
    const states = carried.map((id, i) => inner.input(`s${i}`, { ...b.typeOf(id), shared: false }));
    const others = [
      ...sequences.map((id, i) => inner.input(`e${i}`, { ...b.typeOf(id), shape: b.shapeOf(id).slice(1) })),
      ...invariants.map((id, i) => inner.input(`v${i}`, b.typeOf(id))),
    ];
    const pool = [...others, ...states];
    this.grow(inner, pool, this.int(2, 6), false);
    const next = states.map((state) => {
      const shape = inner.shapeOf(state);
      const fits = pool.filter((id) => {
        const type = inner.typeOf(id);
        return type.dtype === "real" && !type.shared && equalShapes(type.shape, shape);
      });
      const chosen = this.oneOf(fits);
      return this.random() < 0.7 ? inner.map("tanh", chosen) : chosen;
    });
    const outputs = pool.filter((id) => inner.typeOf(id).dtype === "real").slice(-this.int(0, 2));
    const body = inner.finish([...next, ...outputs].map((value, i) => ({ name: `r${i}`, value })));
    const reverse = this.random() < 0.5;
    const rounds = constantOf(length) !== undefined && this.random() < 0.5;
    const counts = { carried: carried.length, sequences: sequences.length };
    return b.emitAll({ kind: "scan", body, length, ...counts, reverse, rounds, states: [] }, [...carried, ...sequences, ...invariants]); // prettier-ignore
  }

  /** Gates: a loop whose sums start from several sequences joined. */
  private joinedScan(b: GraphBuilder, real: readonly ValueId[]): readonly ValueId[] {
    const sequences = real.filter((id) => {
      const [first, second, ...rest] = b.shapeOf(id);
      const isFixed = second !== undefined && constantOf(second) !== undefined;
      return (
        !b.typeOf(id).shared && rest.length === 0 && isFixed && first !== undefined && constantOf(first) === undefined
      );
    });
    if (sequences.length === 0) return [];
    const sequence = this.oneOf(sequences);
    const [length, width] = b.shapeOf(sequence) as [Dim, Dim];
    const whole = multiplyDims(dimConstant(2), width);
    const joined = b.concat(1, [sequence, b.map("tanh", sequence)]);
    const row = b.map("mul", b.iota(whole), b.constantOf(0.125, [whole]));
    const matrix = b.broadcast(row, [whole, whole], [0]);
    const inner = new GraphBuilder("gates", shapeContext(cellAxes(graphDimensions)));
    const state = inner.input("s", { dtype: "real", shape: [whole], shared: false });
    const start = inner.input("e", { dtype: "real", shape: [whole], shared: false });
    const weights = inner.input("W", b.typeOf(matrix));
    const product = inner.contract(weights, state, { a: [0, 1], b: [1], result: [0], parts: 1 });
    const next = inner.map("tanh", inner.map("add", start, product));
    const body = inner.finish(["h", "y"].map((name) => ({ name, value: next })));
    const course = { length, reverse: this.random() < 0.5, rounds: false, states: [] };
    const scan = { kind: "scan", body, carried: 1, sequences: 1, ...course } as const;
    return b.emitAll(scan, [b.constantOf(0.5, [whole]), joined, matrix]);
  }

  private shuffle<X>(items: readonly X[]): X[] {
    const result = [...items];
    for (let i = result.length - 1; i > 0; i--) {
      const j = this.int(0, i);
      [result[i], result[j]] = [result[j] as X, result[i] as X];
    }
    return result;
  }
}

function fitsConcat(a: Shape, b: Shape, axis: number): boolean {
  return a.length === b.length && a.every((dim, i) => i === axis || equalDims(dim, b[i] as Dim));
}
