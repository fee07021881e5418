/**
 * `verifyModule` finds edits of single instructions. A sample of them here; with `--mode fuzz` one for 25 of RUNS for each cell, precision
 * and target, and figures and survivors are printed. Of 5,000 edits of a module a few survive, which tell only at sizes that were not drawn.
 */
import { afterAll, describe, expect, test } from "vitest";
import { decodeModule } from "../../../../compiler/emit/wasm/assembler/decode.js";
import { printString } from "../../../../compiler/emit/text/literal.js";
import { encodeModule } from "../../../../compiler/emit/wasm/assembler/encode.js";
import { printable } from "../../../../compiler/emit/wasm/module/printable-bytes.js";
import { compile, type CompileSuccess, verifyModule } from "../../../../compiler/index.js";
import { type CompiledModule, loadModule } from "../../../../runtime/index.js";
import { createRandom } from "../../../../runtime/base/random.js";
import { fuzzParameters, isFuzzing } from "../../../support/fuzz.js";
import { standardCell } from "../../../support/models.js";
import { kernelMutants } from "../../../support/mutate-kernels.js";
import { type Mutant, sweep } from "../../../support/mutation-sweep.js";
import { editKinds, editWasm, wasmEdits } from "../../../support/mutate-wasm.js";

interface Subject {
  readonly file: string;
  readonly cell: string;
  readonly dimensions: Readonly<Record<string, number>>;
  readonly dtype: "f32" | "f64";
  readonly parts?: { readonly jvp: boolean; readonly hvp: boolean };
}

const lstm = { file: "lstm", cell: "LSTM", dimensions: { I: 3, H: 18 } };
const gru = { file: "gru", cell: "GRU", dimensions: { I: 3, H: 5 } };
const normed = { file: "layernorm-lstm", cell: "LayerNormLSTM", dimensions: { I: 2, H: 6 } };
const attention = { file: "luong", cell: "LuongDotGRU", dimensions: { E: 2, H: 5, O: 3 } };
const relu = { file: "simple-rnn", cell: "ReluRNN", dimensions: { I: 3, H: 9 } };
const small = { ...gru, dimensions: { I: 2, H: 3 } };
const everything = { jvp: true, hvp: true };

const suite = {
  wasm: [
    { ...lstm, dtype: "f32" },
    { ...gru, dtype: "f64" },
    { ...normed, dtype: "f32" },
  ],
  js: [{ ...small, dtype: "f32" }],
} satisfies Record<string, readonly Subject[]>;

const sweeps = {
  wasm: [lstm, gru, normed, attention, relu, { ...small, parts: everything }].flatMap((subject): Subject[] => [
    { ...subject, dtype: "f32" },
    { ...subject, dtype: "f64" },
  ]),
  js: [lstm, gru, normed, { ...small, parts: everything }].flatMap((subject): Subject[] => [
    { ...subject, dtype: "f32" },
    { ...subject, dtype: "f64" },
  ]),
};
const subjects: Readonly<Record<"wasm" | "js", readonly Subject[]>> = isFuzzing ? sweeps : suite;

/** The file compiled: of bytes the module would see at once that they are not those that were built. */
function withFile(module: CompiledModule, bytes: Uint8Array): CompiledModule {
  const wasm = new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>);
  return {
    ...module,
    instantiate: (options = {}) =>
      module.instantiate({ ...options, wasm } as Parameters<CompiledModule["instantiate"]>[0]),
  };
}

async function wasmSubject({ file, cell, dimensions, dtype, parts = { jvp: false, hvp: false } }: Subject) {
  const options = { cell, dimensions, dtype, ...parts, target: "wasm", wasmFile: true } as const;
  const { files, wasmFiles } = compile(standardCell(file), options) as CompileSuccess;
  const { bytes } = wasmFiles[0]!;
  const loaded = await loadModule(files[0].text);
  return { bytes, loaded, original: withFile(loaded, bytes) };
}

/** Edits that were made, those that engines refuse by themselves, and of the ones that were judged those that nothing tells. */
const tally = { made: 0, invalid: 0, judged: 0, survivors: 0 };

/** As many edits of each kind, as far as there are. */
function* chosen(loaded: CompiledModule, bytes: Uint8Array, count: number, seed: number): Generator<Mutant> {
  const edits = createRandom(seed).shuffle(wasmEdits(bytes, loaded.manifest.dtype));
  const byKind = editKinds.map((kind) => edits.filter((edit) => edit.kind === kind));
  const turns = edits.flatMap((_, turn) => byKind.flatMap((own) => (turn < own.length ? [own[turn]!] : [])));
  let made = 0;
  for (const edit of turns) {
    if (made === count) return;
    const edited = editWasm(bytes, edit);
    if (!WebAssembly.validate(edited as Uint8Array<ArrayBuffer>)) {
      tally.invalid += 1;
      continue;
    }
    made += 1;
    tally.made += 1;
    yield { kind: edit.kind, what: edit.what, module: withFile(loaded, edited) };
  }
}

async function* edited(text: string, count: number, seed: number): AsyncGenerator<Mutant> {
  const mutants = createRandom(seed).shuffle(kernelMutants(text, "(?:step|forward|backward|jvp|hvp)_"));
  for (const { line, text: own } of mutants.slice(0, count)) {
    yield { kind: "text", what: line, module: await loadModule(own) };
  }
}

async function expectAllFound(
  subject: Subject,
  target: string,
  original: CompiledModule,
  mutants: Parameters<typeof sweep>[1],
) {
  const { found, withoutEffect, rounding, survivors, kinds } = await sweep(original, mutants);
  if (isFuzzing) {
    const counts = `${found} found, ${withoutEffect} without effect, ${rounding.length} rounding, ${survivors.length} survive`;
    console.log(`${subject.cell} ${target} ${subject.dtype}: ${counts}`, JSON.stringify(kinds), survivors, rounding);
  }
  expect(found).toBeGreaterThan(withoutEffect);
  // Of many edits some change what these draws hardly see, such as the last bits of a coefficient: of all some 1 in 100, by chance more of one cell.
  const all = found + withoutEffect + rounding.length + survivors.length;
  tally.survivors += survivors.length;
  tally.judged += all;
  const most = isFuzzing ? 0.08 * all : 0;
  expect(survivors.length, JSON.stringify(survivors)).toBeLessThanOrEqual(most);
}

describe("an edited instruction", () => {
  afterAll(() => {
    console.log(`${tally.made} of ${tally.made + tally.invalid} edits of WebAssembly are valid`);
    expect(tally.made).toBeGreaterThanOrEqual(tally.invalid);
    expect(tally.survivors).toBeLessThanOrEqual(0.03 * tally.judged);
  });

  test.each(subjects.wasm)("of $cell in WebAssembly, $dtype, is found", async (subject) => {
    const { numRuns, seed } = fuzzParameters(9, 25);
    const { bytes, loaded, original } = await wasmSubject(subject);
    await expectAllFound(subject, "wasm", original, chosen(loaded, bytes, numRuns, seed));
  });

  test.each(subjects.js)("of $cell in JavaScript, $dtype, is found", async (subject) => {
    const { numRuns, seed } = fuzzParameters(4, 25);
    const { file, cell, dimensions, dtype, parts } = subject;
    const { files } = compile(standardCell(file), {
      cell,
      dimensions,
      dtype,
      ...parts,
      target: "js",
    }) as CompileSuccess;
    await expectAllFound(subject, "js", await loadModule(files[0].text), edited(files[0].text, numRuns, seed));
  });

  test("is found in kernels that are in the text of a module", async () => {
    const options = { cell: "GRU", dimensions: { I: 2, H: 3 }, target: "wasm" } as const;
    const { text } = (compile(standardCell("gru"), options) as CompileSuccess).files[0];
    const { wasmFiles } = compile(standardCell("gru"), { ...options, wasmFile: true }) as CompileSuccess;
    const bytes = encodeModule({ ...decodeModule(wasmFiles[0]!.bytes), customSections: [] });
    const smuggled = (kernels: Uint8Array): string =>
      text.replace(/^const kernels = "(.*)";$/mu, () => `const kernels = ${printString(printable(kernels))};`);
    expect(smuggled(bytes) === text).toBe(true);
    // In `backward`, which comes last, so that `forward` is as it was.
    const edits = wasmEdits(bytes, "f32").filter(({ kind }) => kind === "add/sub");
    const report = await verifyModule(smuggled(editWasm(bytes, edits.at(-1)!)), { runs: 1, seed: 1 });
    expect(report.checks.filter(({ status }) => status === "failed").map(({ name }) => name)).toContain("gradient");
  });
});
