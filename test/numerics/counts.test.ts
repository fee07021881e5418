/** Where the products of a cell run, before the loop over time, in it, or after it, and what is kept for backward. */
import { describe, expect, it } from "vitest";
import { readFileSync } from "node:fs";
import { countOperations, placesOf } from "../../compiler/ir/kernel/count-operations.js";
import type { KernelProgram, Statement } from "../../compiler/ir/kernel/kernel-program.js";
import { forEachAccess } from "../../compiler/ir/kernel/visit.js";
import { lowerSource } from "../../compiler/driver/pipeline.js";
import {
  type EntryReport,
  explainProgram,
  printExplanation,
  type LoopPart,
} from "../../compiler/tools/explain/explain.js";
import { buildEntries } from "../../compiler/driver/entries.js";
import { evaluateDim } from "../../compiler/base/types/dim.js";
import { isInternal, type Role } from "../../compiler/program/base/roles.js";
import { scheduleKernels } from "../support/kernels.js";
import { programOfCell } from "../../compiler/program/cell-program.js";

type Counts = Readonly<Record<Exclude<LoopPart, "once">, number>>;

function explained(file: string, cell: string, dimensions: Record<string, number> = {}): EntryReport[] {
  const text = readFileSync(new URL(`../../compiler/language/std/${file}.cell`, import.meta.url), "utf8");
  const { cell: lowered } = lowerSource(text, { cell, dimensions }, "symbolic");
  if (lowered === undefined) throw new Error(`${cell} does not compile`);
  return explainProgram(buildEntries(programOfCell(lowered), { gradient: true, jvp: false, hvp: false }));
}

function products(file: string, cell: string): { forward: Counts; backward: Counts } {
  const reports = explained(file, cell);
  const counts = (entry: string): Counts => {
    const regions = reports.find((report) => report.entry === entry)?.regions ?? [];
    const of = (region: LoopPart): number => regions.find((r) => r.region === region)?.products ?? 0;
    return { before: of("before"), loop: of("loop"), after: of("after") };
  };
  return { forward: counts("forward"), backward: counts("backward") };
}

describe("products", () => {
  it("an LSTM has one before the loop and one in it; backward one in the loop, weight gradients after", () => {
    expect(products("lstm", "LSTM")).toEqual({
      forward: { before: 1, loop: 1, after: 0 },
      backward: { before: 0, loop: 1, after: 3 },
    });
  });

  it("so has a GRU with the reset gate after the product", () => {
    expect(products("gru", "GRU")).toEqual({
      forward: { before: 1, loop: 1, after: 0 },
      backward: { before: 0, loop: 1, after: 3 },
    });
  });

  it("with the reset gate before the product, the candidate needs one of its own", () => {
    const { forward, backward } = products("gru-reset-before", "GRUResetBefore");
    expect(forward).toEqual({ before: 1, loop: 2, after: 0 });
    expect(backward.loop).toBe(2);
  });

  it.each([["mingru", "MinGRU"], ["mingru", "MinLSTM"], ["indrnn", "IndRNN"]])("%s %s has none in its loops", (file, cell) => {
    const { forward, backward } = products(file, cell);
    expect(forward).toEqual({ before: 1, loop: 0, after: 0 });
    expect(backward.loop).toBe(0);
  }); // prettier-ignore

  it("a read-out runs after the loop", () => {
    expect(products("simple-rnn", "ReadoutRNN").forward).toEqual({ before: 1, loop: 1, after: 1 });
  });

  it("each layer of a stack has a loop of its own, and reads the one below in one product", () => {
    const { forward, backward } = products("stacked", "StackedLSTM");
    expect(forward).toEqual({ before: 2, loop: 2, after: 0 });
    expect(backward.loop).toBe(2);
  });
});

describe("what forward keeps for backward", () => {
  const kept = (file: string, cell: string, dimensions?: Record<string, number>): string =>
    printExplanation(explained(file, cell, dimensions), 4)
      .split("\n")
      .filter((line) => /^  kept|^  computed again|^    [^ ]+: .* bytes; /u.test(line))
      .join("\n");

  it("LSTM", () => {
    expect(kept("lstm", "LSTM")).toMatchInlineSnapshot(`
      "  kept for backward: 28*H bytes per example and step
          h: 4*H bytes; the state before the step
          c: 4*H bytes; the state before the step
          o: 4*H bytes; sigmoid is dear to repeat
          f: 4*H bytes; sigmoid is dear to repeat
          i: 4*H bytes; sigmoid is dear to repeat
          g: 4*H bytes; tanh is dear to repeat
          %17: 4*H bytes; tanh is dear to repeat"
    `);
  });

  it("GRU", () => {
    expect(kept("gru", "GRU")).toMatchInlineSnapshot(`
      "  kept for backward: 20*H bytes per example and step
          h: 4*H bytes; the state before the step
          %8: 4*H bytes; slice of what would take no less memory
          z: 4*H bytes; sigmoid is dear to repeat
          r: 4*H bytes; sigmoid is dear to repeat
          n: 4*H bytes; tanh is dear to repeat"
    `);
  });

  it("in bytes where sizes are given", () => {
    expect(kept("lstm", "LSTM", { I: 64, H: 128 }).split("\n")[0]).toMatchInlineSnapshot(
      `"  kept for backward: 3584 bytes per example and step"`,
    );
  });
});

describe("WebAssembly kernels", () => {
  const [I, H, B, T] = [24, 16, 2, 5] as const;
  const sizes = new Map([["%B", B], ["%T", T]]); // prettier-ignore

  interface Scheduled {
    readonly kernel: KernelProgram;
    /** What the buffer of this name is; undefined of what kernels have for themselves. */
    readonly roleOf: (name: string) => Role | undefined;
  }

  function scheduled(file: string, cell: string, gradient: boolean): Scheduled {
    const { cell: lowered } = lowerSource(`import { ${cell} } from "std/${file}"\n`, { dimensions: { I, H }, cell }, "all sizes");
    if (lowered === undefined) throw new Error(`${cell} does not compile`);
    const program = buildEntries(programOfCell(lowered), { gradient, jvp: false, hvp: false });
    const { kernel } = scheduleKernels(program, { dtype: "f32", runtimeDimensions: [] });
    return { kernel, roleOf: (name) => program.roles.get(name) };
  } // prettier-ignore

  const functionOf = (kernel: KernelProgram, entry: string): KernelProgram["functions"][number] =>
    kernel.functions.find(({ name }) => name === entry)!;

  /** What stands in the loop over time. */
  function loopOf(kernel: KernelProgram, entry: string): Statement[] {
    const loops = placesOf(functionOf(kernel, entry)).filter(({ place }) => place === "loop");
    const bodies = (statement: Statement): readonly Statement[] =>
      statement.kind === "windows" ? statement.body.flatMap(bodies) : statement.kind === "for" ? statement.body : [];
    return loops.flatMap(({ statement }) => bodies(statement));
  }

  /** Names of buffers that are written. */
  function written(statements: readonly Statement[]): string[] {
    const names = new Set<string>();
    for (const statement of statements)
      forEachAccess(statement, ({ buffer }, use) => {
        if (use !== "read") names.add(buffer);
      });
    return [...names].sort();
  }

  const inside = (statement: Statement, kind: Statement["kind"]): Statement[] =>
    statement.kind === kind
      ? [statement]
      : "body" in statement
        ? statement.body.flatMap((inner) => inside(inner, kind))
        : [];

  it.each([
    ["lstm", "LSTM", 4, ["final.c", "final.h", "output.y"]],
    ["gru", "GRU", 3, ["final.h", "output.y"]],
  ])("%s: one product in the loop, whose sums go through the gates in registers", (file, cell, gates, results) => {
    const { kernel } = scheduled(file, cell, false);
    const loop = loopOf(kernel, "forward");
    const products = loop.flatMap((statement) => inside(statement, "product"));
    expect(products).toHaveLength(1);
    expect(products[0]).toMatchObject({ kind: "product", schedule: { tail: { length: H } } });
    // Besides results only the copy of the state that the product reads while it writes the next one: no pre-activations.
    const operand = written(loop).filter((name) => !results.includes(name) && !name.endsWith(".rows"));
    expect(operand).toEqual([expect.stringMatching(/\.operand$/u)]);
    expect(written(loop)).toEqual(expect.arrayContaining(results));
    // One pass over what a step has, which copies the state first.
    expect(loop.filter(({ kind }) => kind === "region")).toHaveLength(1);
    const counts = countOperations(kernel, functionOf(kernel, "forward"), sizes).filter(
      ({ place }) => place === "loop",
    );
    expect(counts.map(({ products: operations }) => operations)).toEqual([2 * B * T * gates * H * H]);
    const writes = counts.reduce((sum, region) => sum + region.writes, 0);
    expect(writes).toBe(B * T * H * (results.length + 1));
  });

  it.each([
    ["lstm", "LSTM", 7],
    ["gru", "GRU", 5],
  ])("%s: bytes that forward keeps for each example and step", (file, cell, numbers) => {
    const { kernel, roleOf } = scheduled(file, cell, true);
    const isKept = (name: string): boolean => isInternal(roleOf(name) ?? { kind: "input", name });
    const kept = kernel.buffers.filter(({ name }) => isKept(name));
    const bytes = kept.reduce((sum, { size }) => sum + 4 * evaluateDim(size, sizes), 0);
    expect(bytes / (B * T)).toBe(4 * numbers * H);
    // They are written where they are computed: with a gradient, too, sums are not stored.
    const stored = written(loopOf(kernel, "forward"));
    expect(kept.map(({ name }) => name).filter((name) => !stored.includes(name))).toEqual([]);
    const isResult = (name: string): boolean => ["final", "output"].includes(roleOf(name)?.kind ?? "");
    const isPlace = (name: string): boolean => isKept(name) || isResult(name) || /\.(rows|operand)$/u.test(name);
    expect(stored.filter((name) => !isPlace(name))).toEqual([]);
  });

  it.each([
    ["lstm", "LSTM", 4],
    ["gru", "GRU", 3],
  ])("%s: backward has one product and one elementwise pass in its loop", (file, cell, gates) => {
    const { kernel } = scheduled(file, cell, true);
    const loop = loopOf(kernel, "backward").filter(({ kind }) => kind === "region");
    expect(loop).toHaveLength(2);
    const counts = countOperations(kernel, functionOf(kernel, "backward"), sizes);
    const inLoop = counts.filter(({ place }) => place === "loop");
    expect(inLoop.map(({ products }) => products)).toEqual([0, 2 * B * T * gates * H * H]);
    // Gradients of the inputs, of W and of U.
    const behind = counts.filter(({ place, products }) => place === "after" && products > 0);
    expect(behind.map(({ products }) => products).sort((a, b) => b - a)).toEqual(
      [I, I, H].map((width) => 2 * B * T * gates * H * width),
    );
  });
});
