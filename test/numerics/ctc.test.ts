/** `std/ctc` beside a walk through every way to give each frame a class: values and gradients, alone and in padded batches, on both targets. */
import { describe, expect, it } from "vitest";
import { cell } from "../../compiler/driver/in-process.js";
import type { CompiledModule } from "../../runtime/index.js";
import { randomSource } from "../support/evaluate-helpers.js";
import { bits } from "../support/several-axes.js";

const C = 3;
const text = `import { CTC } from "std/ctc"
network Alone(C; F, U) {
  input z: [F, C]
  input labels: index(C)[U]
  use ctc = CTC(C)
  output raw = ctc(z, labels)
  output nll = ctc(log_softmax(z, axis = C), labels)
}`;

interface Example {
  readonly z: readonly (readonly number[])[];
  readonly labels: readonly number[];
}

/** What a path of classes says: runs of one class are one, and the class 0 is nothing. */
const collapsed = (path: readonly number[]): string =>
  path.filter((own, t) => own !== 0 && own !== path[t - 1]).join(" ");

/** The negative logarithm of the sum over all paths that say the labels, and its derivative by each element. */
function bruteForce({ z, labels }: Example): { readonly nll: number; readonly slopes: number[] } {
  const wanted = labels.join(" ");
  let total = 0;
  const through = z.map(() => new Array<number>(C).fill(0));
  for (let code = 0; code < C ** z.length; code++) {
    const path = z.map((_, t) => Math.floor(code / C ** t) % C);
    if (collapsed(path) !== wanted) continue;
    const weight = Math.exp(path.reduce((sum, own, t) => sum + z[t]![own]!, 0));
    total += weight;
    path.forEach((own, t) => (through[t]![own]! += weight));
  }
  return { nll: -Math.log(total), slopes: through.flat().map((weight) => (total === 0 ? 0 : -weight / total)) };
}

const logSoftmax = (row: readonly number[]): number[] => {
  const sum = Math.log(row.reduce((all, value) => all + Math.exp(value), 0));
  return row.map((value) => value - sum);
};

/** The same of the probabilities that z stands for, and by z. */
function ofLogits({ z, labels }: Example): { readonly nll: number; readonly slopes: number[] } {
  const p = z.map(logSoftmax);
  const { nll, slopes } = bruteForce({ z: p, labels });
  const byLogits = p.flatMap((row, t) => {
    const own = slopes.slice(t * C, t * C + C);
    const sum = own.reduce((a, b) => a + b, 0);
    return row.map((value, k) => own[k]! - Math.exp(value) * sum);
  });
  return { nll, slopes: byLogits };
}

const random = randomSource(3);
const frames = (count: number): number[][] =>
  Array.from({ length: count }, () => Array.from({ length: C }, () => 4 * random() - 2));

const examples: readonly Example[] = [
  { z: frames(5), labels: [1, 2] },
  { z: frames(5), labels: [1, 1] },
  { z: frames(6), labels: [2, 1, 1] },
  { z: frames(3), labels: [2, 1, 2] },
  { z: frames(1), labels: [2] },
  { z: frames(4), labels: [] },
  { z: [], labels: [] },
  // Nothing is long enough for these, the last because of the blank between equal labels.
  { z: [], labels: [1] },
  { z: frames(2), labels: [1, 2, 1] },
  { z: frames(2), labels: [2, 2] },
];

/** Classes that are impossible, some on every way. */
const blocked: readonly Example[] = [
  { z: frames(4).map(([a, , c]) => [a!, -Infinity, c!]), labels: [2] },
  { z: frames(4).map(([a, , c]) => [a!, -Infinity, c!]), labels: [2, 1] },
  { z: frames(3).map((row, t) => (t === 1 ? [-Infinity, -Infinity, 0] : row)), labels: [1, 2, 1] },
  { z: [[0, -Infinity, -Infinity]], labels: [] },
];

type Output = "raw" | "nll";

interface Result {
  readonly value: number;
  readonly slopes: readonly number[];
}

/** All of them in one call, with NaN and the label 1 beyond their ends. */
function call(module: CompiledModule, given: readonly Example[], output: Output): Result[] {
  const [F, U] = [7, 4];
  const instance = module.instantiate({ batch: given.length, sizes: { F: F + 1, U } });
  const row = [NaN, NaN, NaN];
  const z = given.flatMap((own) => Array.from({ length: F }, (_, t) => own.z[t] ?? row).flat());
  const labels = given.flatMap((own) => Array.from({ length: U }, (_, u) => own.labels[u] ?? 1));
  const sizes = {
    F: { padded: F, each: given.map((own) => own.z.length) },
    U: { padded: U, each: given.map((own) => own.labels.length) },
  };
  const values = instance.forward({ z, labels, sizes } as never)[output]!;
  const slopes = instance.backward!({ [output]: given.map(() => 1) })["z"]!;
  return given.map((own, b) => ({
    value: values[b]!,
    slopes: [...slopes.slice(b * F * C, b * F * C + own.z.length * C)],
  }));
}

const load = (target: "js" | "wasm"): Promise<CompiledModule> =>
  cell(text, { cell: "Alone", dimensions: { C }, dtype: "f64", gradient: true, target });

describe.each(["js", "wasm"] as const)("on %s", (target) => {
  it.each([
    ["logarithms of weights", "raw", examples, bruteForce],
    ["logits", "nll", examples, ofLogits],
    ["impossible classes", "raw", blocked, bruteForce],
  ] as const)("is the sum over all ways, of %s", async (_, output, given, wanted) => {
    const module = await load(target);
    for (const [b, own] of call(module, given, output).entries()) {
      const { nll, slopes } = wanted(given[b]!);
      const label = `${JSON.stringify(given[b])}`;
      if (nll === Infinity) expect(own.value, label).toBe(Infinity);
      else expect(Math.abs(own.value - nll), label).toBeLessThan(1e-12);
      own.slopes.forEach((slope, i) => expect(Math.abs(slope - slopes[i]!), `${label} by ${i}`).toBeLessThan(1e-12));
    }
  });
});

it("has for each example the bits that it has alone, the same on both targets", async () => {
  const modules = [await load("js"), await load("wasm")] as const;
  const flat = (results: readonly Result[]): string => bits(results.flatMap(({ value, slopes }) => [value, ...slopes]));
  const all = [...examples, ...blocked];
  expect(flat(call(modules[1], all, "raw"))).toBe(flat(call(modules[0], all, "raw")));
  const whole = call(modules[0], examples, "nll");
  expect(flat(call(modules[1], examples, "nll"))).toBe(flat(whole));
  for (const [b, own] of examples.entries()) expect(flat(call(modules[b % 2]!, [own], "nll"))).toBe(flat([whole[b]!]));
});

it("has any class for the blank, and nothing that a call carries on", async () => {
  const source = text.replace("use ctc = CTC(C)", "use ctc = CTC(C, blank = 2)");
  const last = await cell(source, { cell: "Alone", dimensions: { C }, dtype: "f64", gradient: true });
  expect(last.manifest.states).toEqual([]);
  const turned = ({ z, labels }: Example): Example => ({
    z: z.map(([none, one, two]) => [one!, two!, none!]),
    labels: labels.map((label) => label - 1),
  });
  const found = call(last, examples.map(turned), "raw").map(({ value }) => value);
  expect(bits(found)).toBe(bits(call(await load("js"), examples, "raw").map(({ value }) => value)));
});

it("is as accurate for a hundred frames in f32", async () => {
  const [short, long] = await Promise.all(
    (["f32", "f64"] as const).map((dtype) => cell(text, { cell: "Alone", dimensions: { C }, dtype, gradient: true })),
  );
  const z = frames(100).flat().map(Math.fround);
  const labels = Array.from({ length: 30 }, (_, u) => 1 + ((u * u) % 2));
  const [found, wanted] = [short!, long!].map((module) => {
    const instance = module.instantiate({ batch: 1, sizes: { F: 100, U: 30 } });
    const value = instance.forward({ z, labels } as never)["nll"]![0]!;
    return { value, slopes: [...instance.backward!({ nll: [1] })["z"]!] };
  });
  expect(Math.abs(found!.value / wanted!.value - 1)).toBeLessThan(1e-5);
  const worst = found!.slopes.reduce((most, own, i) => Math.max(most, Math.abs(own - wanted!.slopes[i]!)), 0);
  expect(worst).toBeLessThan(1e-4);
});
