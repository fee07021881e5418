/** Gradients in segments have the bits of the whole, whatever the segments are: cells and networks, ragged batches, both targets. */
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { buildEntries } from "../../compiler/driver/entries.js";
import { lowerSource } from "../../compiler/driver/pipeline.js";
import { cell, CellError } from "../../compiler/index.js";
import { parseKernel } from "../../compiler/ir/kernel/parse.js";
import { printKernel } from "../../compiler/ir/kernel/print.js";
import { verifyKernel } from "../../compiler/ir/kernel/verify.js";
import { countsName } from "../../compiler/program/base/roles.js";
import { arbitraryCell } from "../../compiler/tools/testing/fast-check.js";
import { drawTimedCall, type TimedCall } from "../../compiler/tools/bench/timed-call.js";
import type { CompiledModule, ModuleInstance, TensorRecord } from "../../runtime/module/compiled-module.js";
import type { SegmentsRoom } from "../../runtime/sequence/plan-segments.js";
import { SegmentedCall, type SegmentsGradient } from "../../runtime/sequence/segmented-call.js";
import { fuzzParameters } from "../support/fuzz.js";
import { kernelStages } from "../support/kernel-stages.js";
import { compareEntries, evaluated } from "../support/run-kernel.js";

const std = (name: string, cellName: string): string => `import { ${cellName} } from "std/${name}"`;
const head = `${std("gru", "GRU")}\n${std("network", "Linear")}\n`;

/** Cells that have what is added up in one way or another: matrices, vectors, numbers, tables, contexts, computed starts, draws, delays. */
const cells: Readonly<Record<string, { source: string; cell: string; dimensions: Record<string, number> }>> = {
  LSTM: { source: std("lstm", "LSTM"), cell: "LSTM", dimensions: { I: 3, H: 4 } },
  attention: {
    source: std("bahdanau", "BahdanauLSTM"),
    cell: "BahdanauLSTM",
    dimensions: { E: 2, He: 2, H: 3, A: 2, O: 2 },
  },
  zoneout: { source: std("zoneout-lstm", "ZoneoutLSTM"), cell: "ZoneoutLSTM", dimensions: { I: 3, H: 4 } },
  table: {
    source: `cell Words(V, E) {
  input word: index(V)
  context m: [E]
  state h: [E] = tanh(start + m)
  param table: [V, E] ~ normal(0.5)
  param start: [E] ~ normal(0.5)
  param a, b: [] ~ normal(0.5)
  h' = tanh(a * h + table[word] * m + b)
  output y = h' * delay(h, by = 1)
}`,
    cell: "Words",
    dimensions: { V: 5, E: 3 },
  },
};

/** Networks, with sums of all kinds: over the steps of one example too. */
const networks: Readonly<Record<string, string>> = {
  texts: `network N(V; T) { input words: index(V)[T] input gold: [T, V] param table: [V, V] ~ normal(0.5) use low = GRU(V, V) use read = Linear(V, V)
  y = read(low(table[words])) loss = sum((y - gold)^2, axis = [0, 1]) per T }`,
  several: `network N(V; T) { input x: [T, V] param l: [V] ~ normal(0.5) use low = GRU(V, V) y = low(x)
  loss main = sum(y * y, axis = [0, 1]) per T loss small = sum(l * l) loss each = sum(y, axis = [0, 1]) }`,
  twice: `network N(V; T) { input x: [T, V] use low = GRU(V, V) use read = Linear(V, V) z = low(x) p = before(z, 0) output y = read(z) + read(p) }`,
  memory: `network N(V; S >= 1, T) { input x: [T, V] input m: [S, V] use enc = Linear(V, V) use low = GRU(V, V) k = enc(m) z = low(x)
  a[t] = softmax(k @ z[t]) @ k loss = sum(a * a, axis = [0, 1]) per T }`,
};

interface Setting {
  readonly batch: number;
  readonly steps: number;
  readonly lengths: readonly number[] | undefined;
}

const settings: readonly Setting[] = [
  { batch: 1, steps: 300, lengths: undefined },
  { batch: 5, steps: 300, lengths: [300, 64, 0, 129, 70] },
];

/** What of a module and a call both ways need. */
interface Case {
  readonly module: CompiledModule;
  readonly axis: string;
  readonly setting: Setting;
  readonly drawn: TimedCall;
}

function caseOf(module: CompiledModule, setting: Setting): Case {
  const { axes, has } = module.manifest;
  const { axis } = has.segments!;
  const named = axes.flatMap(({ name, option }) => (option === "sizes" ? [[name, name === axis ? setting.steps : 3]] : [])); // prettier-ignore
  const sizes = { batch: setting.batch, steps: setting.steps, sizes: Object.fromEntries(named) as Record<string, number> }; // prettier-ignore
  return { module, axis, setting, drawn: drawTimedCall(module.manifest, sizes, 3) };
}

function valuesOf({ module, axis, setting: { lengths }, drawn }: Case): Record<string, unknown> {
  const { random } = module.manifest;
  const ofSteps = module.manifest.axes.some(({ option }) => option === "steps");
  const drawing = random === undefined ? {} : { seed: 5, train: true };
  if (lengths === undefined) return { ...drawn.forward, ...drawing };
  if (ofSteps) return { ...drawn.forward, ...drawing, lengths };
  const { sizes } = drawn.forward as { readonly sizes: Record<string, unknown> };
  return { ...drawn.forward, ...drawing, sizes: { ...sizes, [axis]: { padded: 300, each: lengths } } };
}

const roomOf = ({ axis, setting: { batch, steps } }: Case, sizes: Record<string, number>): SegmentsRoom => ({
  ...{ axis, batch, steps, more: {} },
  sizes: Object.fromEntries(Object.entries(sizes).filter(([name]) => name !== axis)),
});

function instanceOf(given: Case, steps: number, module = given.module): ModuleInstance {
  const { axis, setting: { batch } } = given; // prettier-ignore
  const ofSteps = module.manifest.axes.some(({ option }) => option === "steps");
  const named = module.manifest.axes.flatMap(({ name, option }) => (option === "sizes" ? [[name, name === axis ? steps : 3]] : [])); // prettier-ignore
  const sizes = Object.fromEntries(named) as Record<string, number>;
  const instance = module.instantiate({ batch, ...(ofSteps && { steps }), ...(named.length > 0 && { sizes }) });
  instance.init(2);
  return instance;
}

const isLoss = ({ manifest }: CompiledModule): boolean => (manifest.losses ?? []).length > 0;

/** In one call of the module, or of another of the same source. */
function whole(given: Case, module = given.module): Record<string, TensorRecord> {
  const instance = instanceOf(given, given.setting.steps, module);
  const values = valuesOf(given);
  if (isLoss(module)) {
    const { params, initial, final } = instance.gradient!(values);
    return { params, initial, final };
  }
  const { final } = instance.forward(values);
  const gradient = instance.backward!(given.drawn.cotangents);
  const contexts = Object.fromEntries(module.manifest.contexts.flatMap(({ name }) => (gradient[name] ? [[name, gradient[name]]] : []))); // prettier-ignore
  return { params: gradient.params, initial: gradient.initial, final, given: contexts };
}

function inSegments(given: Case, segment: number, results: readonly string[] = []): SegmentsGradient {
  const { module } = given;
  const { forward, backward } = instanceOf(given, segment);
  const named = module.manifest.axes.flatMap(({ name, option }) => (option === "sizes" ? [[name, 3]] : []));
  const room = roomOf(given, Object.fromEntries(named) as Record<string, number>);
  const options = isLoss(module) ? { results } : { cotangents: given.drawn.cotangents, results };
  return new SegmentedCall(
    { manifest: module.manifest, instance: { forward, backward: backward! }, room, segment },
    valuesOf(given),
    options,
  ).run();
}

/** Names of tensors that differ in a bit. */
function differences(
  found: Readonly<Record<string, TensorRecord>>,
  wanted: Readonly<Record<string, TensorRecord>>,
): string[] {
  // prettier-ignore
  return Object.entries(wanted).flatMap(([group, tensors]) =>
    Object.entries(tensors).flatMap(([name, data]) => {
      const own = found[group]?.[name];
      return own?.length === data.length && data.every((value, i) => Object.is(value, own[i])) ? [] : [`${group} ${name}`]; // prettier-ignore
    }),
  );
}

interface Built {
  readonly cell: string;
  readonly dimensions: Readonly<Record<string, number>>;
  readonly target?: "js" | "wasm";
  readonly segments?: boolean;
}

const load = (source: string, own: Built, dtype: "f32" | "f64" = "f32"): Promise<CompiledModule> =>
  dtype === "f32" ? cell(source, { ...own, dtype: "f32" }) : cell(source, { ...own, dtype: "f64" });

describe.each(["wasm", "js"] as const)("%s", (target) => {
  test.each(Object.entries(cells))("%s", async (name, { source, ...which }) => {
    for (const dtype of target === "wasm" && name === "LSTM" ? (["f32", "f64"] as const) : (["f32"] as const)) {
      const module = await load(source, { ...which, target, segments: true }, dtype);
      const plain = await load(source, { ...which, target }, dtype);
      for (const setting of settings) {
        const given = caseOf(module, setting);
        // Without segments kernels are others, and the bits the same.
        const wanted = whole(given, plain);
        for (const segment of [64, 192, 300]) {
          const found = inSegments(given, segment);
          const { params, initial, final, given: contexts } = found;
          expect(differences({ params, initial, final, given: contexts }, wanted), `${dtype} ${segment}`).toEqual([]);
        }
        expect(differences(whole(given), wanted)).toEqual([]);
      }
    }
  });

  test.each(Object.entries(networks))("network of %s", async (_, text) => {
    const module = await load(`${head}${text}`, { cell: "N", dimensions: { V: 3 }, target, segments: true });
    for (const setting of settings) {
      const given = caseOf(module, setting);
      const wanted = whole(given);
      for (const segment of [64, 192, 300]) {
        const { params, initial, final } = inSegments(given, segment);
        expect(differences({ params, initial, final }, wanted), `${segment}`).toEqual([]);
      }
    }
  });
});

test.each([cells["table"]!, { source: `${head}${networks["memory"]!}`, cell: "N", dimensions: { V: 3 } }])(
  "kernels of $cell mean what the graph does, and are sound after every pass",
  ({ source, ...which }) => {
    const { program } = lowerSource(source, which, "all sizes");
    const symbol = program!.stream ?? "T";
    const entries = buildEntries(program!, { gradient: true, jvp: false, hvp: false, segments: true });
    const sizes = new Map([["%B", 2], [symbol, 70], ["S", 2]]); // prettier-ignore
    const examples = [70, 3, 0].map((steps) => new Map([[symbol, steps], ["S", 2]])); // prettier-ignore
    for (const target of ["js", "wasm"] as const) {
      for (const { stage, kernel } of kernelStages(entries, target)) {
        expect(verifyKernel(kernel, sizes), `${target} ${stage}`).toEqual([]);
        expect(printKernel(parseKernel(printKernel(kernel)))).toBe(printKernel(kernel));
        if (stage !== "memory") continue;
        const errors = compareEntries(entries, examples, { dtype: "f64" }, (padding) => {
          const kernels = evaluated(kernel, padding);
          kernels.buffers[countsName]!.fill(0);
          return kernels;
        });
        expect([...errors].filter(([, error]) => !(error < 1e-9))).toEqual([]);
      }
    }
  },
);

it("gives outputs and gradients by inputs where they are asked for, and losses", async () => {
  const lstm = await load(cells["LSTM"]!.source, { cell: "LSTM", dimensions: { I: 3, H: 4 }, segments: true });
  const given = caseOf(lstm, settings[1]!);
  const instance = instanceOf(given, 300);
  const y = instance.forward(valuesOf(given))["y"]!.slice();
  const { x } = instance.backward!(given.drawn.cotangents);
  const found = inSegments(given, 64, ["y", "x"]);
  expect(differences({ all: { ...found.outputs, ...found.given } }, { all: { y, x: x! } })).toEqual([]);
  expect(found.loss).toBe(0);
  const net = await load(`${head}${networks["several"]!}`, { cell: "N", dimensions: { V: 3 }, segments: true }, "f64"); // prettier-ignore
  const losses = caseOf(net, settings[1]!);
  const { loss, losses: each } = instanceOf(losses, 300).gradient!(valuesOf(losses));
  const own = inSegments(losses, 64);
  expect(own.loss).toBeCloseTo(loss, 12);
  for (const [name, { value, weight }] of Object.entries(each)) {
    expect(own.losses[name]!.value).toBeCloseTo(value, 12);
    expect(own.losses[name]!.weight).toBe(weight);
  }
});

/** Undefined where the compiler says that the gradient of this cell cannot be had in segments. */
async function inSegmentsIfPossible(source: string, own: Built): Promise<CompiledModule | undefined> {
  try {
    return await load(source, { ...own, target: "js", segments: true }, "f64");
  } catch (error) {
    if (!(error instanceof CellError)) throw error;
    expect(error.diagnostics.flatMap(({ code, severity }) => (severity === "error" ? [code] : []))).toEqual(["no-segments"]); // prettier-ignore
    return undefined;
  }
}

it("random cells", async () => {
  let [drawn, refused] = [0, 0];
  await fc.assert(
    fc.asyncProperty(arbitraryCell({}), fc.integer({ min: 65, max: 200 }), async ({ cell: name, source, dimensions }, steps) => {
      const sizes = Object.fromEntries(dimensions.map((dimension) => [dimension, 2]));
      const module = await inSegmentsIfPossible(source, { cell: name, dimensions: sizes });
      drawn++;
      // Which contexts a branch takes in no step at all is known when all are through.
      if (module === undefined) return void refused++;
      const given = caseOf(module, { batch: 2, steps, lengths: [steps, 70 % steps] });
      const wanted = whole(given);
      const { params, initial, final, given: contexts } = inSegments(given, 64);
      const delays = module.manifest.states.filter(({ name: state }) => /past/u.test(state));
      const found = differences({ params, initial, final, given: contexts }, wanted);
      // What goes back more than a step adds up in another order at a seam.
      expect(delays.length > 0 ? [] : found).toEqual([]);
    }),
    fuzzParameters(3, 40),
  ); // prettier-ignore
  expect(refused).toBeLessThanOrEqual(drawn / 4);
});
