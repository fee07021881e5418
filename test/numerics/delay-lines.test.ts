/**
 * Delay lines, which no step moves, against states whose elements are written one by one, which are moved: the same bits of sequences, steps, chunks and
 * states, on both targets, with lines that go around their ring several times; and the gradients of the one are those of the other.
 */
import { describe, expect, it } from "vitest";
import { cell, type CompiledModule, type ModuleInstance } from "../../compiler/index.js";
import { buildEntries } from "../../compiler/driver/entries.js";
import { lowerSource } from "../../compiler/driver/pipeline.js";
import { countOperations } from "../../compiler/ir/kernel/count-operations.js";
import { programOfCell } from "../../compiler/program/cell-program.js";
import { examplesAreIndependent, piecesMatchWhole } from "../../compiler/tools/testing/properties/same-bits.js";
import { randomSource } from "../support/evaluate-helpers.js";
import { scheduleKernels } from "../support/kernels.js";
import { callOf, raggedCallOf } from "../support/same-bits.js";
import { expectSameBitsOnTargets } from "../support/same-targets.js";

interface Snapshot {
  readonly states: object;
}

interface Pair {
  readonly what: string;
  readonly line: string;
  /** The same states, which are no lines. */
  readonly moved: string;
  readonly sizes: readonly Readonly<Record<string, number>>[];
}

const head = "input x: [H] param w: [H] ~ uniform(0.9) param v: [K, H] ~ uniform(0.5)";
const first = "output y = tanh(x + w * s[0])";
const last = "output y = tanh(x + w * s[K - 1])";
const pairs: readonly Pair[] = [
  {
    what: "that begin with the newest",
    line: `cell A(K, H) { ${head} state s: [K, H] = v s' = concat(stack(y), s[:K - 1]) ${last} }`,
    moved: `cell A(K, H) { ${head} state s: [K, H] = v s'[k] = if k == 0 then y else s[(k + K - 1) mod K] ${last} }`,
    sizes: [
      { K: 2, H: 1 },
      { K: 3, H: 5 },
      { K: 19, H: 1 },
    ],
  },
  {
    what: "that end with the newest",
    line: `cell A(K, H) { ${head} state s: [K, H] = v s' = concat(s[1:], stack(y)) ${first} }`,
    moved: `cell A(K, H) { ${head} state s: [K, H] = v s'[k] = if k == K - 1 then y else s[(k + 1) mod K] ${first} }`,
    sizes: [{ K: 7, H: 1 }],
  },
  {
    what: "along an axis that is not the first",
    line: `cell A(K, H) { ${head} state s: [H, K] = transpose(v) s' = concat(y[:, new], s[:, :K - 1], axis = 1)
      output y = tanh(x + w * s[:, K - 1]) }`,
    moved: `cell A(K, H) { ${head} state s: [H, K] = transpose(v) s'[h, k] = if k == 0 then y[h] else s[h, (k + K - 1) mod K]
      output y = tanh(x + w * s[:, K - 1]) }`,
    sizes: [{ K: 5, H: 3 }],
  },
  {
    what: "that are read as a whole, before a step and after it",
    line: `cell A(K, H) { ${head} state s: [K, H] = v s' = concat(stack(y), s[:K - 1])
      output y = tanh(x + sum(v * s, axis = 0)) output z = s' output mean = w * mean(s', axis = 0) }`,
    moved: `cell A(K, H) { ${head} state s: [K, H] = v s'[k] = if k == 0 then y else s[(k + K - 1) mod K]
      output y = tanh(x + sum(v * s, axis = 0)) output z = s' output mean = w * mean(s', axis = 0) }`,
    sizes: [{ K: 6, H: 2 }],
  },
  {
    what: "of which there are two",
    line: `cell A(K, H) { ${head} state s: [K, H] = v state r: [K + 2, H] s' = concat(stack(y), s[:K - 1]) r' = concat(stack(s[K - 1]), r[:K + 1])
      output y = tanh(x + w * s[K - 1] - r[K + 1]) }`,
    moved: `cell A(K, H) { ${head} state s: [K, H] = v state r: [K + 2, H] s'[k] = if k == 0 then y else s[(k + K - 1) mod K]
      r'[k] = if k == 0 then s[K - 1] else r[(k + K + 1) mod (K + 2)] output y = tanh(x + w * s[K - 1] - r[K + 1]) }`,
    sizes: [{ K: 3, H: 2 }],
  },
  {
    what: "of what is known before the loop",
    line: `cell A(K, H) { ${head} state s: [K, H] = v state r: [K, H] s' = concat(stack(x), s[:K - 1]) r' = concat(r[1:], stack(tanh(w * x)))
      output y = x - s[K - 1] output z[h] = v[:, h] @ s'[:, h] output near = v[0] @ s[0] - w @ r'[K - 1] output some = sum(r[1:], axis = 0) }`,
    moved: `cell A(K, H) { ${head} state s: [K, H] = v state r: [K, H] s'[k] = if k == 0 then x else s[(k + K - 1) mod K]
      r'[k] = if k == K - 1 then tanh(w * x) else r[(k + 1) mod K] output y = x - s[K - 1] output z[h] = v[:, h] @ s'[:, h]
      output near = v[0] @ s[0] - w @ r'[K - 1] output some = sum(r[1:], axis = 0) }`,
    sizes: [
      { K: 4, H: 3 },
      { K: 18, H: 1 },
    ],
  },
];

const load = (source: string, dimensions: Readonly<Record<string, number>>, target: "js" | "wasm") =>
  cell(source, { dimensions, target, dtype: "f64", jvp: true });

/** All that a stream of two examples gives on a way with steps, blocks, snapshots, a fresh instance and a new beginning. */
function wander(module: CompiledModule, H: number): number[] {
  const random = randomSource(5);
  const seen: number[] = [];
  const note = (results: object): void => {
    for (const value of Object.values(results)) {
      if (ArrayBuffer.isView(value)) seen.push(...(value as Float64Array));
      else if (typeof value === "object" && value !== null) note(value as object);
    }
  };
  const draw = (count: number): Float64Array => Float64Array.from({ length: 2 * count * H }, () => 2 * random() - 1);
  const fresh = (): ModuleInstance => {
    const made = module.instantiate({ batch: 2, steps: 6 });
    made.init(3);
    return made;
  };
  const go = (instance: ModuleInstance, steps: number): void => {
    for (let t = 0; t < steps; t++) note(instance.step({ x: draw(1) }));
  };
  let instance = fresh();
  for (const steps of [1, 2, 9, 23]) {
    go(instance, steps);
    const snapshot = instance.snapshot() as Snapshot;
    note(snapshot.states);
    note(instance.steps({ x: draw(5), steps: 5 }));
    note((instance.snapshot() as Snapshot).states);
    go(instance, 3);
    instance = fresh();
    instance.restore(snapshot as never);
    go(instance, 4);
    note((instance.snapshot() as Snapshot).states);
  }
  instance.reset();
  go(instance, 3);
  note((instance.snapshot() as Snapshot).states);
  return seen;
}

describe.each(pairs)("delay lines $what", ({ line, moved, sizes }) => {
  it.each(sizes)("%j", async (dimensions) => {
    const [js, wasm] = [await load(line, dimensions, "js"), await load(line, dimensions, "wasm")];
    const other = await load(moved, dimensions, "js");
    expectSameBitsOnTargets(js, wasm, 1);
    for (const module of [js, wasm]) {
      piecesMatchWhole(module, callOf(module, 2));
      examplesAreIndependent(module, raggedCallOf(module, 3));
      expect(wander(module, dimensions["H"]!)).toEqual(wander(other, dimensions["H"]!));
    }
    const [own, wanted] = [js, other].map((module) => derivatives(module, dimensions)) as [number[], number[]];
    expect(own.length).toBe(wanted.length);
    expect(Math.max(...own.map((value, i) => Math.abs(value - wanted[i]!)))).toBeLessThan(1e-12);
  });
});

/** Values and gradients of a sequence of examples of different lengths, shorter and longer than a line. */
function derivatives(module: CompiledModule, { H = 1 }: Readonly<Record<string, number>>): number[] {
  const random = randomSource(7);
  const draw = (count: number): Float64Array => Float64Array.from({ length: count }, () => 2 * random() - 1);
  const [batch, steps] = [3, 22];
  const instance = module.instantiate({ batch, steps });
  instance.init(3);
  const { final, ...outputs } = instance.forward({ x: draw(batch * steps * H), lengths: [steps, 1, 4] });
  const cotangents = (results: object): object =>
    Object.fromEntries(Object.entries(results).map(([name, value]) => [name, draw((value as Float64Array).length)]));
  const values = [...Object.values(outputs), ...Object.values(final)].flatMap((value) => [...(value as Float64Array)]);
  const gradient = instance.backward!({ ...cotangents(outputs), final: cotangents(final) } as never);
  const flat = (value: unknown): number[] =>
    ArrayBuffer.isView(value) ? [...(value as Float64Array)] : Object.values(value as object).flatMap(flat);
  return [...values, ...flat(gradient)];
}

describe("lines that are read at places which are computed", () => {
  const text = (state: string): string =>
    `cell A(M, H) { input x: [H] param d: real ~ 2.3 param w, c: [H] ~ 0.6 ${state} output y = x + w * e }`;
  const delayed = text("e = delay(y, by = d + 1.5 * sum(tanh(c * x)), most = M)");
  // The same written out, of a state that is moved.
  const moved =
    text(`state s: [M, H] s'[k] = if k == 0 then y else s[(k + M - 1) mod M] far = clamp(d + 1.5 * sum(tanh(c * x)), 1, M)
    at[k < M] = max(0, 1 - abs(far - (k + 1))) e = at @ s`);

  // A number of steps for each.
  const each = text("e = delay(y, by = d + 1.5 * tanh(c * x), most = M)");
  const movedEach = text(`state s: [M, H] s'[k] = if k == 0 then y else s[(k + M - 1) mod M]
    far = clamp(d + 1.5 * tanh(c * x), 1, M) e[h] = sum(max(0, 1 - abs(far[h] - (k + 1))) * s[k, h] for k)`);

  it.each([
    { M: 2, H: 2, lines: [delayed, moved] },
    { M: 6, H: 1, lines: [delayed, moved] },
    { M: 5, H: 3, lines: [delayed, moved] },
    { M: 5, H: 3, lines: [each, movedEach] },
  ])(
    "have the gradient of what they say, of $M values and $H",
    async ({ lines: [line = "", other = ""], ...dimensions }) => {
      const [js, wasm] = [await load(line, dimensions, "js"), await load(line, dimensions, "wasm")];
      expectSameBitsOnTargets(js, wasm, 1);
      for (const module of [js, wasm]) {
        piecesMatchWhole(module, callOf(module, 2));
        examplesAreIndependent(module, raggedCallOf(module, 3));
      }
      // Not the state itself, which another of this name is.
      const [own, wanted] = [js, await load(other, dimensions, "js")].map((module) => derivatives(module, dimensions)) as [number[], number[]]; // prettier-ignore
      expect(own.length).toBe(wanted.length);
      expect(Math.max(...own.map((value, i) => Math.abs(value - wanted[i]!)))).toBeLessThan(1e-12);
    },
  );

  it.each(["", "+ 0.1 * sum(s, axis = 0)", "+ 0.1 * s[M - 1]", "+ 0.1 * s[0]"])(
    "and as a whole, or at others, %j",
    async (further) => {
      const own = (next: string): string => text(`state s: [M, H] ${next} e = s[argmax(s[n] @ c for n)] ${further}`);
      const [line, other] = [
        await load(own("s' = concat([y], s[:M - 1])"), { M: 4, H: 2 }, "js"),
        await load(own("s'[k] = if k == 0 then y else s[(k + M - 1) mod M]"), { M: 4, H: 2 }, "js"),
      ].map((module) => derivatives(module, { H: 2 })) as [number[], number[]];
      expect(Math.max(...line.map((value, i) => Math.abs(value - other[i]!)))).toBeLessThan(1e-12);
    },
  );

  /** Numbers read and written, and operations, in a step of an entry. */
  const workOf = (line: string, entry: string, dimensions: { readonly M: number; readonly H: number }): number => {
    const { cell: lowered } = lowerSource(line, { dimensions }, "all sizes");
    const entries = buildEntries(programOfCell(lowered!), { gradient: true, jvp: false, hvp: false });
    const { kernel } = scheduleKernels(entries, { dtype: "f32", runtimeDimensions: [] });
    const own = kernel.functions.find(({ name }) => name === entry)!;
    const steps = 8;
    const counted = countOperations(kernel, own, new Map([["%B", 1], ["%T", steps]])); // prettier-ignore
    return counted
      .filter(({ place }) => entry === "step" || place === "loop")
      .reduce((sum, { reads, writes, products, operations }) => {
        return sum + (reads + writes + products + [...operations.values()].reduce((a, b) => a + b, 0)) / steps;
      }, 0);
  };

  it.each([delayed, each])("take as much work in a step of backward however long they are", (line) => {
    const work = (M: number): number => workOf(line, "backward", { M, H: 3 });
    expect(work(40)).toBeGreaterThan(0);
    expect(work(4000)).toBe(work(40));
  });

  it.each(["step", "forward", "backward"])("take work in proportion to their number in %s", (entry) => {
    const work = (H: number): number => workOf(each, entry, { M: 40, H });
    const [few, more, many] = [work(16), work(32), work(64)] as const;
    expect(more).toBeGreaterThan(few);
    expect(many - more).toBe(2 * (more - few));
  });
});
