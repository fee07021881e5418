/** Where the products of networks run, and what is kept of what a loop reads. */
import { expect, test } from "vitest";
import { buildEntries } from "../../compiler/driver/entries.js";
import { buildKernels, lowerSource } from "../../compiler/driver/pipeline.js";
import { BATCH_SYMBOL, evaluateDim } from "../../compiler/base/types/dim.js";
import { countOperations, type LoopPlace } from "../../compiler/ir/kernel/count-operations.js";
import type { KernelProgram } from "../../compiler/ir/kernel/kernel-program.js";
import { vectorPasses } from "../../compiler/passes/kernel/passes.js";

type Sizes = Readonly<Record<string, number>>;

function kernelsOf(text: string, cell: string, dimensions: Sizes, gradient: boolean): KernelProgram {
  const { program, diagnostics } = lowerSource(text, { cell, dimensions }, "all sizes");
  expect(diagnostics).toEqual([]);
  const entries = buildEntries(program!, { gradient, jvp: false, hvp: false });
  return buildKernels(entries, { passes: vectorPasses, dtype: "f32" });
}

/** Operations of the products of an entry that has some, in their order. */
function productsOf(kernel: KernelProgram, entry: string, sizes: ReadonlyMap<string, number>): [LoopPlace, number][] {
  const fn = kernel.functions.find(({ name }) => name === entry)!;
  const counts = countOperations(kernel, fn, sizes).filter(({ products }) => products > 0);
  return counts.map(({ place, products }) => [place, products]);
}

const [I, H, B, T] = [24, 32, 4, 50];
const sizes = new Map([[BATCH_SYMBOL, B], ["T", T]]); // prettier-ignore

const tower = `
import { LSTM } from "std/lstm"
import { Bidirectional } from "std/network"
network Tower(I, H; T) {
  input x: [T, I]
  use low = Bidirectional(LSTM, I, H)
  use high = Bidirectional(LSTM, 2 * H, H)
  output y = high(low(x))
}`;

test("a layer of both directions has a product before each loop and one in each", () => {
  const products = productsOf(kernelsOf(tower, "Tower", { I, H }, false), "forward", sizes);
  const of = (width: number): number => 2 * B * T * 4 * H * width;
  expect(products.map(([, count]) => count)).toEqual([I, H, I, H, 2 * H, H, 2 * H, H].map(of));
});

test("of what a loop reads of its layer below, nothing is kept for all steps", () => {
  const kernel = kernelsOf(tower, "Tower", { I, H }, true);
  const forward = kernel.functions.find(({ name }) => name === "forward")!;
  const windows = forward.body.flatMap((statement) => (statement.kind === "windows" ? [statement] : []));
  expect(windows.map(({ axis }) => axis)).toEqual(["T", "T", "T", "T"]);
  const at = (steps: number): number =>
    kernel.buffers
      .filter(({ name }) => name.startsWith("forward."))
      .reduce((sum, { size, most }) => {
        const numbers = evaluateDim(size, new Map(sizes).set("T", steps));
        return sum + Math.min(numbers, most === undefined ? Infinity : evaluateDim(most, sizes));
      }, 0);
  // x, what the lower layer gives of both directions as it is read, and all of that turned round: no projection, each of which has 4 * H numbers.
  expect((at(2000) - at(1000)) / (1000 * B)).toBe(I + 4 * H);
});

test.each([
  ["at the same places at every step", "[S]", "y[t] = scatter(u[t], at = k, size = X)"],
  ["of a whole sequence", "[S]", "y = scatter(transpose(u), at = k, size = X)"],
  ["at places of every step's own", "[T, S]", "y[t] = scatter(u[t], at = k[t], size = X)"],
])("what is added up where indices point to takes as long as it is, %s", (_, places, equation) => {
  const text = `network A(; T, S, X >= 1) {
    input u: [T, S]
    input k: index(X)${places}
    ${equation}
    loss = sum(square(y), axis = [0, 1])
    output z = y
  }`;
  const kernel = kernelsOf(text, "A", {}, true);
  const [steps, words, all] = [10, 200, 300];
  const own = new Map([[BATCH_SYMBOL, 1], ["T", steps], ["S", words], ["X", all]]); // prettier-ignore
  for (const fn of kernel.functions) {
    const counts = countOperations(kernel, fn, own).flatMap(({ operations }) => [...operations.values()]);
    expect(
      counts.reduce((sum, count) => sum + count, 0),
      fn.name,
    ).toBeLessThan(8 * steps * (words + all));
  }
});

test("attention over a sequence is products over all steps, not loops", () => {
  const text = `import { GRU } from "std/gru"
  network Reads(I, H; S >= 1, T) {
    input source: [S, I]
    input x: [T, I]
    use enc, dec = GRU(I, H)
    memory = enc(source)
    y = dec(x)
    alpha[t] = softmax(memory @ y[t])
    output read[t] = alpha[t] @ memory
  }`;
  const kernel = kernelsOf(text, "Reads", { I, H }, true);
  const S = 20;
  const own = new Map(sizes).set("S", S);
  const attended = 2 * B * T * S * H;
  const [forward, backward] = ["forward", "backward"].map((name) => productsOf(kernel, name, own));
  expect(forward!.filter(([, count]) => count === attended).map(([place]) => place)).toEqual(["after", "after"]);
  // Of each of the two products one by either factor; the scores of the weights are none that a loop reads.
  expect(backward!.filter(([place, count]) => place !== "loop" && count === attended)).toHaveLength(4);
  const inLoops = [...forward!, ...backward!].filter(([place]) => place === "loop");
  expect(inLoops.every(([, count]) => count <= 2 * B * T * 3 * H * H)).toBe(true);
});

test("the gradient of a table costs what the rows cost that are looked up", () => {
  const text = `import { GRU } from "std/gru"
  network Words(V, H; T) {
    input k: index(V)[T]
    param table: [V, H] ~ normal(1)
    use rnn = GRU(H, H)
    loss = sum(square(rnn(table[k])), axis = [0, 1]) per T
  }`;
  const costOf = (V: number): readonly number[] => {
    const kernel = kernelsOf(text, "Words", { V, H }, true);
    return ["forward", "backward"].map((name) => {
      const counts = countOperations(
        kernel,
        kernel.functions.find((fn) => fn.name === name)!,
        sizes,
      );
      return counts.reduce((sum, { products, operations, reads, writes }) => sum + products + reads + writes + [...operations.values()].reduce((a, b) => a + b, 0), 0); // prettier-ignore
    });
  };
  expect(costOf(100_000)).toEqual(costOf(1_000));
});
