import { expect, test } from "vitest";
import * as recell from "../../compiler/index.js";
import { dataFromCsv, type DiagnoseOptions, type GradientCheckOptions } from "../../compiler/index.js";
import { type Calls, functionsOf, refuseStrangers } from "../support/strangers.js";

const text = "cell A(H) { input x: [H] state h: [H] h' = tanh(x + h) output y = h' }";
const dimensions = { H: 1 };
const failed = recell.compile("cell A(");
const noSource = (): undefined => undefined;
const diagnostic = failed.diagnostics[0] as recell.Diagnostic;

/** Whatever is given by mistake for something else. */
const strangers: readonly unknown[] = [
  undefined, null, 3, 2n, Symbol("s"), true, () => 0, [], [1], new Map(), new Date(0), Promise.resolve({}), {},
  new Uint8Array(8), { manifest: {} }, { files: [], diagnostics: [] },
]; // prettier-ignore

/** Left out is left out; everything else must be right. */
const options = (x: unknown): never => (x === undefined || isEmpty(x) ? "options" : x) as never;
const isEmpty = (x: unknown): boolean => Object.prototype.toString.call(x) === "[object Object]" && Object.keys(x as object).length === 0; // prettier-ignore

const calls: Calls = {
  cell: [(x) => recell.cell(x), (x) => recell.cell(text, options(x))],
  check: [(x) => recell.check(x), (x) => recell.check(text, options(x))],
  checkGradients: [(x) => recell.checkGradients(x), (x) => recell.checkGradients(text, options(x))],
  compile: [(x) => recell.compile(x), (x) => recell.compile(text, options(x))],
  dataFromCsv: [(x) => dataFromCsv(x, new Map()), (x) => dataFromCsv("x\n1\n", typeof x === "object" && (x as unknown) instanceof Map ? (null as never) : x)], // prettier-ignore
  dataFromSafetensors: [(x) => recell.dataFromSafetensors(x)],
  declarations: [(x) => recell.declarations(x)],
  diagnose: [(x) => recell.diagnose(x), (x) => recell.diagnose(text, options(x))],
  diagnosisPage: [(x) => recell.diagnosisPage(x)],
  diagnosticToJson: [(x) => recell.diagnosticToJson(x, noSource), (x) => recell.diagnosticToJson(diagnostic, typeof x === "function" ? (null as never) : x)], // prettier-ignore
  drawDiagnosis: [(x) => recell.drawDiagnosis(x)],
  format: [(x) => recell.format(x), (x) => recell.format(text, options(x))],
  printDiagnosis: [(x) => recell.printDiagnosis(x)],
  renderDiagnostic: [(x) => recell.renderDiagnostic(x, noSource), (x) => recell.renderDiagnostic(diagnostic, typeof x === "function" ? (null as never) : x)], // prettier-ignore
  printReplay: [(x) => recell.printReplay(x)],
  replay: [
    (x) => recell.replay(x, new Uint8Array(8)),
    (x) => recell.replay(text, x),
    (x) => recell.replay(text, new Uint8Array(8), options(x)),
  ],
  verifyModule: [(x) => recell.verifyModule(x), (x) => recell.verifyModule("export {};", options(x))],
  renderDiagnostics: [(x) => recell.renderDiagnostics(Array.isArray(x) && (x as unknown[]).length === 0 ? (null as never) : x, noSource)], // prettier-ignore
};

/** Errors of an engine, and not of somebody who thought of the call. */
const raw = /undefined or null|Cannot (?!find)|is not (?:a function|iterable|an object)|reading '|Iterator/u;

refuseStrangers(calls, strangers, raw);

test("no function that takes something is left out", () => {
  expect(functionsOf(recell)).toEqual(Object.keys(calls).sort());
});

const diagnose = (given: object): Promise<unknown> =>
  recell.diagnose(text, { dimensions, ...given } as DiagnoseOptions);
const module = recell.compile(text, { dimensions, target: "js" }).files[0]?.text ?? "";
const verify = (given: unknown): Promise<unknown> => recell.verifyModule(module, given as recell.VerifyOptions);
const gradients = (given: object): Promise<unknown> => recell.checkGradients(text, given as GradientCheckOptions);

test.each<[string, () => Promise<unknown>, string]>([
  ["an instance", async () => recell.checkGradients((await recell.cell(text, { dimensions })).instantiate() as never),
    "checkGradients: the first argument must be the text of a cell or a module (from loadModule, cell() or import), got an instance"],
  ["a cell that nobody waited for", () => recell.checkGradients(recell.cell(text, { dimensions }) as never),
    "or a module (from loadModule, cell() or import), got a Promise: await it first"],
  ["another name of dimensions", () => recell.diagnose(text, { dims: dimensions } as DiagnoseOptions), "diagnose: unknown option dims; expected cell, dimensions, "],
  ["an unknown option", () => diagnose({ foo: 1 }), "diagnose: unknown option foo"],
  ["a text for a number of steps", () => diagnose({ steps: "50" }), 'steps must be an integer from 1 to 2147483647, got "50"'],
  ["data that is no map", () => diagnose({ data: { x: [1, 2, 3] } }), "diagnose: data must be a map of { shape, values } by name, got an object"],
  ["data without shapes", () => diagnose({ data: new Map([["x", [1, 2, 3]]]) }), "diagnose: data x must be { shape, values }, got Array of length 3"],
  ["data that does not fill its shape", () => diagnose({ data: new Map([["x", { shape: [3, 1], values: [1] }]]) }), "diagnose: data x of shape [3, 1] must have 3 values, got 1"],
  ["null for options of verifyModule", () => verify(null), "verifyModule: the options must be an object, got null"],
  ["a misspelt option of verifyModule", () => verify({ run: 1 }), "verifyModule: unknown option run; expected seed, runs, ranges, wasm, bail, onProgress, signal, maxSeconds"],
  ["a text for the runs of verifyModule", () => verify({ runs: "1" }), 'verifyModule: runs must be a positive integer, got "1"'],
  ["null for a seed", () => verify({ seed: null }), "verifyModule: seed must be an integer from 0 to 2^32 - 1, got null"],
  ["a number for a flag", () => verify({ bail: 1 }), "verifyModule: bail must be true or false, got 1"],
  ["a flag for a function", () => verify({ onProgress: true }), "verifyModule: onProgress must be a function, got true"],
  ["a path for kernels", () => verify({ wasm: "gru.wasm" }), 'verifyModule: wasm must be the bytes of a .wasm file, or a function that gives them, got "gru.wasm"'],
  ["a text for a number of runs", () => gradients({ runs: "2" }), 'checkGradients: runs must be an integer of at least 1, got "2"'],
  ["a text for a tolerance", () => gradients({ tolerance: "1e-6" }), 'checkGradients: tolerance must be a positive number, got "1e-6"'],
  ["a text for a size", () => recell.cell(text, { dimensions: { H: "32" as never } }), 'dimensions.H must be a number, got "32"'],
  ["a text for a flag", () => recell.cell(text, { dimensions, gradient: "no" as never }), 'gradient must be true, false or "params", got "no"'],
  ["a source with errors", () => recell.declarations(failed as never), "declarations: the source has errors (`diagnostics`), so there are no types"],
])("%s is named", async (_, call, message) => {
  await expect(call()).rejects.toThrow(message);
}); // prettier-ignore
