/** The parts of the benchmark that can be wrong in silence. No times here. */
import { describe, expect, test } from "vitest";
import { productOperations } from "./cells.js";
import { exponent } from "./compile-time.js";
import { drawData, get } from "./data.js";
import { fromColumns, toColumns } from "./layouts.js";
import { measure } from "../../compiler/tools/bench/measure.js";
import { buildKernels, lowerSource } from "../../compiler/driver/pipeline.js";
import { BATCH_SYMBOL } from "../../compiler/base/types/dim.js";
import { buildEntries } from "../../compiler/driver/entries.js";
import { countOperations } from "../../compiler/ir/kernel/count-operations.js";
import { vectorPasses } from "../../compiler/passes/kernel/passes.js";
import { networkWorks } from "./networks.js";
import { networkCall } from "./rows/networks.js";
import { message } from "./onnx/protobuf.js";
import { BenchUsageError, helpText, readOptions } from "./options.js";
import { naive } from "./peers/naive.js";
import { recellPeers } from "./peers/recell.js";
import { programShapes } from "./programs.js";
import { programOf, timedCells } from "./published-table.js";
import { referenceOf, tolerance, worstError } from "./reference.js";
import { compare, failuresOf, printMarkdown, type Report } from "./report.js";
import { soak } from "./soak.js";
import { type Workload, workloads } from "./workloads.js";

const workload = (id: string): Workload => workloads.find((w) => w.id === id)!;
const small = (id: string): Workload => ({
  ...workload(id),
  I: 3,
  H: 5,
  ...(id.startsWith("S") ? {} : { B: 2, T: 4 }),
});

test.each(timedCells.map((timed) => [timed.title, timed] as const))(
  "%s of the published cells is there",
  (_, timed) => {
    expect(programOf(timed).axes.map(({ kind }) => kind)).toEqual(["steps"]);
  },
);

describe("options", () => {
  test("everything by default, without what needs a flag", () => {
    const options = readOptions([]);
    expect(options.workloads).toHaveLength(14);
    expect(options.rows).toEqual([
      "N1",
      "N2",
      "N3",
      "N4",
      "N5",
      "N6",
      "N7",
      "js",
      "functions",
      "compile",
      "start",
      "streams",
      "threads",
      "adbench",
    ]);
    expect(options.peers).not.toContain("recell-fma");
    expect(readOptions(["--fma"]).peers).toContain("recell-fma");
  });

  test("a choice in any case and order", () => {
    const { workloads: chosen, rows, peers } = readOptions(["--only", "t3,ADBENCH,F1", "--peers", "naive,recell-js"]);
    expect(chosen.map(({ id }) => id)).toEqual(["F1", "T3"]);
    expect([rows, peers]).toEqual([["adbench"], ["naive", "recell-js"]]);
  });

  test.each([
    [["--only", "F9"], /--only knows no "F9"; it knows F1, /u],
    [["--peers", "torch"], /--peers knows no "torch"; it knows recell-js, /u],
    [["--seconds", "no"], /--seconds must be a number above 0, got "no"/u],
    [["--scaling", "--soak"], /--scaling and --soak are different things/u],
    [["--scaling", "--only", "F1"], /--only means nothing with --scaling/u],
    [["--compile", "--seconds", "3"], /--seconds means nothing with --compile/u],
    [["--soak", "--markdown", "x.md"], /--markdown means nothing with --soak/u],
    [["--fast"], /--fast/u],
    [["F1"], /F1/u],
  ])("%j is refused", (args, text) => {
    expect(() => readOptions(args)).toThrow(BenchUsageError);
    expect(() => readOptions(args)).toThrow(text);
  });

  test("help names every workload", () => {
    for (const { id } of [...workloads, ...networkWorks]) expect(helpText()).toContain(`  ${id} `);
  });
});

describe("compile times", () => {
  test.each(programShapes)("$name: a program of about the size, without a finding", ({ source }) => {
    for (const size of [100, 400]) {
      const { cell, diagnostics } = lowerSource(source(size), { cell: "Program" }, "symbolic");
      expect(diagnostics).toEqual([]);
      expect(cell!.step.instructions.length / size).toBeGreaterThan(0.7);
      expect(cell!.step.instructions.length / size).toBeLessThan(1.5);
    }
  });

  test("the exponent of growth", () => {
    expect(exponent([100, 1000], [0.5, 50])).toBe("2.00");
    expect(exponent([100, 1000], [0.5, "too large"])).toBe("");
  });
});

describe("workloads", () => {
  test.each(["F1", "F3", "F4", "F7", "F8", "S1", "S2", "T1", "T2", "T3", "T4"])(
    "%s: recell gives what the reference says",
    async (id) => {
      const task = small(id);
      const data = drawData(task);
      const [contender] = await recellPeers[0]!.prepare(task, data);
      const reference = await referenceOf(task, data);
      expect(worstError(await contender!.results(), reference)).toBeLessThan(1e-5);
    },
  );

  test("the loops carry their state from step to step", async () => {
    const task = small("S2");
    const data = drawData(task);
    const [contender] = await naive.prepare(task, data);
    contender!.run();
    expect(worstError(await contender!.results(), await referenceOf(task, data))).toBeLessThan(1e-5);
  });

  test("a wrong number is seen", async () => {
    const task = small("F1");
    const reference = await referenceOf(task, drawData(task));
    const y = Float64Array.from(get(reference, "y") as Float64Array);
    y[7]! += 0.01;
    expect(worstError({ ...reference, y }, reference)).toBeGreaterThan(tolerance);
    y[7] = NaN;
    expect(worstError({ ...reference, y }, reference)).toBeNaN();
    expect(() => worstError({}, reference)).toThrow("it gives no y");
  });

  test("operations of products", () => {
    expect(productOperations(workload("F1"))).toBe(100 * 2 * 512 * (64 + 128));
    expect(productOperations(workload("T4"))).toBe(32 * 10 * (2 * 2 * 64 * (8 + 64) + 2 * 64 * 64));
  });
});

describe("networks", () => {
  test.each(networkWorks)("$id: kernels do the products that the work needs", (work) => {
    const { id, text, dimensions, batch, sizes, kind } = work;
    const { program, diagnostics } = lowerSource(text, { cell: id, dimensions }, "all sizes");
    expect(diagnostics).toEqual([]);
    const entries = buildEntries(program!, { gradient: kind === "gradient" && "params", jvp: false, hvp: false });
    const kernel = buildKernels(entries, { passes: vectorPasses, dtype: "f32" });
    const counted = new Map([[BATCH_SYMBOL, batch], ...Object.entries(sizes)]);
    const products = ["forward", "backward"].flatMap((entry) => {
      const fn = kernel.functions.find(({ name }) => name === entry);
      return fn === undefined ? [] : countOperations(kernel, fn, counted).map((region) => region.products);
    });
    const count = products.reduce((sum, each) => sum + each, 0);
    expect(count).toBeGreaterThanOrEqual(work.products);
    expect(count).toBeLessThan(1.31 * work.products);
  });

  test("a call gives what is timed", async () => {
    const work = networkWorks.find(({ id }) => id === "N7")!;
    const run = await networkCall({ ...work, dimensions: { Y: 3, X: 3, I: 2, F: 2 }, batch: 1, sizes: { T: 2 } });
    expect((run() as { loss: number }).loss).toBeGreaterThan(0);
  });
});

test("weights of array libraries have their gates in columns, gradients come back", () => {
  const task = small("T1");
  const { weights } = drawData(task);
  const columns = toColumns(task, weights);
  expect(get(columns, "W").shape).toEqual([3, 20]);
  // Gate 1, unit 2, input 0.
  expect(get(columns, "W").data[0 * 20 + 1 * 5 + 2]).toBe(get(weights, "W")[(1 * 5 + 2) * 3]);
  const back = fromColumns(task, Object.fromEntries(Object.entries(columns).map(([name, { data }]) => [name, data])));
  expect(back).toEqual(weights);
});

test("protocol buffers", () => {
  // The examples of the format's documentation: 150 in field 1, "testing" in field 2, a message in field 3.
  expect([...message([1, 150])]).toEqual([0x08, 0x96, 0x01]);
  expect(Buffer.from(message([2, "testing"])).toString("hex")).toBe("120774657374696e67");
  expect([...message([3, message([1, 150])])]).toEqual([0x1a, 0x03, 0x08, 0x96, 0x01]);
  expect([...message([1, [1, 2]], [2, { float: 1 }])]).toEqual([8, 1, 8, 2, 0x15, 0, 0, 0x80, 0x3f]);
  expect([...message([1, -1])]).toEqual([8, ...new Array<number>(9).fill(255), 1]);
});

test("contestants are timed in turn, promises to their end", async () => {
  const order: string[] = [];
  const timings = await measure(
    [
      { name: "a", run: () => order.push("a") },
      {
        name: "b",
        run: async () => {
          await Promise.resolve();
          order.push("b");
        },
      },
    ],
    { seconds: 0.02, leastTurns: 3 },
  );
  expect(timings.map(({ name }) => name)).toEqual(["a", "b"]);
  for (const { median, minimum, turns } of timings) {
    expect(minimum).toBeLessThanOrEqual(median);
    expect(turns).toBeGreaterThanOrEqual(3);
  }
  // a warms up, b warms up, a and b are counted, then come the turns.
  const turns = order.join("").replace(/a+/gu, "a").replace(/b+/gu, "b");
  expect(turns).toMatch(/^(ab){5,}$/u);
});

describe("report", () => {
  const timed = (peer: string, median: number) => ({
    peer,
    title: peer.toUpperCase(),
    native: peer === "ort-node",
    version: "1",
    variant: "way",
    error: 0,
    median,
    minimum: median - 1,
    turns: 5,
  });
  const report = {
    machine: {
      processor: "P",
      cores: 2,
      system: "linux",
      node: "20",
      v8: "11",
      date: "2026-01-01",
      ceiling: { multiplyAdd: 50e9, fused: undefined },
    },
    seconds: 1,
    workloads: [
      {
        workload: workload("F1"),
        results: [timed("recell-wasm", 700), timed("ort-web", 1000), timed("ort-node", 300)],
      },
      {
        workload: workload("F4"),
        results: [
          timed("recell-wasm", 500),
          timed("ort-web", 1000),
          { peer: "jax-js", title: "JAX-JS", native: false, problem: "its results are wrong", wrong: true },
        ],
      },
      { workload: workload("F2"), results: [], failure: "the process ended" },
    ],
    rows: [{ what: "a row", value: 3, unit: "x", digits: 2, goal: { kind: "at most", value: 2 } }],
  } as unknown as Report;

  test("ratios to the best peer that is not native, and to the goal's", () => {
    const [first, second] = compare(report, "recell-wasm");
    expect(first).toMatchObject({ best: { ratio: 0.7 }, goal: { ratio: 0.7, met: true } });
    expect(first!.speed).toBeCloseTo(19_660_800 / 700e-6, 0);
    expect(first!.share).toBeCloseTo(first!.speed / 50e9, 12);
    expect(second).toMatchObject({ goal: { ratio: 0.5, met: false } });
  });

  test("what is below expectations", () => {
    expect(failuresOf(report)).toEqual([
      "F4 JAX-JS: its results are wrong",
      "F2: the process ended",
      "F4: 0.50, goal 0.30",
      "a row: missed its goal",
    ]);
  });

  test("as Markdown", () => {
    const text = printMarkdown(report);
    expect(text).toMatch(
      /\| F1 lstm 64\/128 B1 T100 +\| +700 \(699\) \| \*\*1,000 \(999\)\*\* \| +\| +300 \(299\) \|/u,
    );
    expect(text).toMatch(/\| F4 .* wrong \| +\|/u);
    expect(text).toContain("- JAX-JS: its results are wrong (F4)");
    expect(text).toContain("- the process ended (F2)");
    expect(text).toMatch(/a row +\| 3\.00 x \| at most 2 x \| MISSED/u);
  });
});

describe("soaking", () => {
  const kept: unknown[] = [];
  let pages = 1;

  test.each([
    ["heap", () => void kept.push({ an: "object" })],
    ["array buffers", () => void kept.push(new ArrayBuffer(32))],
    ["the module's memory", () => void pages++],
  ])("sees that %s grows", (title, call) => {
    const { passed, text } = soak("leak", call, 100_000, () => pages);
    expect(passed).toBe(false);
    expect(text).toMatch(new RegExp(`^leak: GROWS.*${title} [^;]* GROWS(;|$)`, "u"));
  });
});
