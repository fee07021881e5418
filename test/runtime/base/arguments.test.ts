import { expect, test } from "vitest";
import {
  adam, asModule, clipByGlobalNorm, createRandom, embedParams, fromNumbers, loadModule, loadParams,
  readParams, readSafetensors, runSequence, saveParams, sgd, toNumbers, writeSafetensors,
  type CompiledModule, type ModuleInstance,
} from "../../../runtime/index.js"; // prettier-ignore
import * as runtime from "../../../runtime/index.js";
import { checkManifest } from "../../../runtime/module/check-manifest.js";
import { sumManifest } from "../../support/sum-module.js";
import { type Calls, functionsOf, refuseStrangers } from "../../support/strangers.js";

const param = { name: "W", documentation: "", axes: [], shape: [2], initializer: { kind: "zeros" } };
const manifest = checkManifest({ ...sumManifest, params: [param] });
const make = (params: Record<string, Float32Array>): ModuleInstance =>
  ({ params, forward: () => ({ final: {} }) }) as unknown as ModuleInstance;
const instance = make({ W: new Float32Array(2) });
const module = { manifest, instantiate: () => instance } as unknown as CompiledModule;
const other = make({ V: new Float32Array(2) });
const file = saveParams(module, instance);
const sizes = { batch: 1, steps: 1 };
const two = new Float32Array(2);
const store = { list: async () => [], read: async () => file, write: async () => undefined, remove: async () => undefined }; // prettier-ignore

/** Whatever is given by mistake for something else. */
const strangers: readonly unknown[] = [
  undefined, null, 3, "text", 2n, Symbol("s"), true, () => 0, [], [7], new Map(), new Date(0), Promise.resolve({}),
  new DataView(new ArrayBuffer(8)), new BigInt64Array(2),
]; // prettier-ignore

/** Every function, with a stranger for each of its arguments in turn. */
const calls: Calls = {
  loadModule: [(x) => loadModule(x)],
  asModule: [(x) => asModule(x)],
  checkManifest: [(x) => checkManifest(x)],
  embedParams: [(x) => embedParams(x, {}), (x) => embedParams("text", x)],
  runSequence: [
    (x) => runSequence(x, instance, {}, { ...sizes, chunk: 1 }),
    (x) => runSequence(module, x, {}, { ...sizes, chunk: 1 }),
    (x) => runSequence(module, instance, x, { ...sizes, chunk: 1 }),
    (x) => runSequence(module, instance, { x: two }, (x ?? null) as never),
  ],
  sgd: [(x) => sgd((x ?? null) as never), (x) => sgd().attach(x)],
  adam: [(x) => adam((x ?? null) as never), (x) => adam().attach(instance).step(x)],
  adamw: [(x) => runtime.adamw((x ?? null) as never), (x) => runtime.adamw().attach({ params: x })],
  nadam: [(x) => runtime.nadam((x ?? null) as never), (x) => runtime.nadam().attach({ params: { W: x } })],
  rmsprop: [(x) => runtime.rmsprop((x ?? null) as never), (x) => runtime.rmsprop().attach(instance).step({ W: x })],
  adagrad: [(x) => runtime.adagrad((x ?? null) as never), (x) => runtime.adagrad({ groups: [x] })],
  lion: [(x) => runtime.lion((x ?? null) as never), (x) => runtime.lion({ groups: [{ match: [x, 7] as never }] })],
  train: [
    (x) => runtime.train(x),
    (x) => runtime.train({ module: x, data: x, optimizer: x, batch: 1, updates: 1, seed: 0 }),
  ],
  arrays: [(x) => runtime.arrays(x), (x) => runtime.arrays({ x: [x, "1"] } as never)],
  checkpoints: [(x) => runtime.checkpoints(x, { every: 1 }), (x) => runtime.checkpoints(store, x)],
  csv: [(x) => runtime.csv(x, { columns: {} }), (x) => runtime.csv("a", x)],
  jsonLines: [(x) => runtime.jsonLines(x)],
  seriesOf: [(x) => runtime.seriesOf(x), (x) => runtime.seriesOf({ x: ["1", x] } as never)],
  windows: [(x) => runtime.windows(x, { length: 1 }), (x) => runtime.windows(runtime.seriesOf({ x: [1] }), x)],
  splitByGroup: [
    (x) => runtime.splitByGroup(x, [1, 2], { share: 0.5, seed: 1 }),
    (x) => runtime.splitByGroup(runtime.arrays({ x: [1, 2] }), x, { share: 0.5, seed: 1 }),
    (x) => runtime.splitByGroup(runtime.arrays({ x: [1, 2] }), [1, 2], x),
  ],
  iterate: [(x) => runtime.iterate(() => [], x)],
  openSegments: [(x) => runtime.openSegments(x, { steps: 1 }), (x) => runtime.openSegments(module, x)],
  openStreams: [(x) => runtime.openStreams(x, { capacity: 1 }), (x) => runtime.openStreams(module, x)],
  streamTransform: [
    (x) => runtime.streamTransform(x),
    (x) => runtime.streamTransform({} as never, (x ?? null) as never),
  ],
  generate: [
    (x) => runtime.generate(x, { output: "y", feed: "x", start: 0, max: 1 }),
    (x) => runtime.generate({} as never, x),
  ],
  beam: [
    (x) => runtime.beam(x, { output: "y", feed: "x", start: 0, end: 0, max: 1, width: 1 }),
    (x) => runtime.beam({} as never, x),
  ],
  splitByTime: [(x) => runtime.splitByTime(x, 1), (x) => runtime.splitByTime(runtime.seriesOf({ x: [1] }), x)],
  text: [(x) => runtime.text(x === "text" ? "" : x, { unit: "word" }), (x) => runtime.text("a", x)],
  loadVocabulary: [(x) => runtime.loadVocabulary(x)],
  stepDecay: [(x) => runtime.stepDecay(1, x)],
  cosine: [(x) => runtime.cosine(1, x)],
  oneCycle: [(x) => runtime.oneCycle(1, x)],
  plateau: [(x) => runtime.plateau(1, (x ?? null) as never)],
  clipByGlobalNorm: [(x) => clipByGlobalNorm(x, 1), (x) => clipByGlobalNorm({ W: x }, 1)],
  loadParams: [
    (x) => loadParams(x, instance, file),
    (x) => loadParams(module, x, file),
    (x) => loadParams(module, instance, x),
    (x) => loadParams(module, instance, file, (x ?? null) as never),
  ],
  loadWeights: [
    (x) => runtime.loadWeights(x, instance, file),
    (x) => runtime.loadWeights(module, x, file),
    (x) => runtime.loadWeights(module, instance, x),
    (x) => runtime.loadWeights(module, instance, file, (x ?? null) as never),
  ],
  readParams: [(x) => readParams(x, file), (x) => readParams(module, x)],
  saveParams: [
    (x) => saveParams(x, instance),
    (x) => saveParams(module, x),
    (x) => saveParams(module, instance, (x ?? null) as never),
  ],
  readSafetensors: [(x) => readSafetensors(x)],
  writeSafetensors: [
    (x) => writeSafetensors(x === undefined || (x as unknown) instanceof Map ? (null as never) : x),
    (x) => writeSafetensors(new Map([["W", x]])),
    (x) => writeSafetensors(new Map(), new Map([["note", typeof x === "string" ? (1 as never) : x]])),
  ],
  fromNumbers: [(x) => fromNumbers(x, [2]), (x) => fromNumbers(two, x)],
  toNumbers: [(x) => toNumbers(x)],
  convertWeights: [
    (x) => runtime.convertWeights((x as unknown) instanceof Map ? (null as never) : x, { to: "keras" }),
    (x) => runtime.convertWeights(readSafetensors(file).tensors, x),
  ],
  readNpy: [(x) => runtime.readNpy(x)],
  readNpz: [(x) => runtime.readNpz(x), (x) => runtime.readNpz(runtime.writeNpz(new Map()), (x ?? null) as never)],
  readWav: [(x) => runtime.readWav(x)],
  writeNpy: [(x) => runtime.writeNpy(x), (x) => runtime.writeNpy({ shape: x, values: two })],
  writeNpz: [(x) => runtime.writeNpz((x as unknown) instanceof Map ? (null as never) : x)],
  writeWav: [
    (x) => runtime.writeWav(x),
    (x) => runtime.writeWav({ sampleRate: 8, channels: 1, samples: two }, (x ?? null) as never),
  ],
};

/** Errors of an engine, and not of somebody who thought of the call. */
const raw = /undefined or null|Cannot |is not (?:a function|iterable|an object)|reading '|evaluating|Iterator/u;

refuseStrangers(calls, strangers, raw);

test("no function that takes something is left out", () => {
  // Of numbers alone, or what refuses by a promise (test/runtime/pool, test/runtime/streams/serve.test.ts).
  const others = ["constant", "createRandom", "openPool", "serve"];
  expect(functionsOf(runtime)).toEqual([...Object.keys(calls), ...others].sort());
});

test.each<[string, () => unknown, string]>([
  [
    "a manifest for a module",
    () => saveParams(manifest as never, instance),
    "saveParams: the first argument must be a module (from loadModule, cell() or import), got a manifest",
  ],
  [
    "an instance for a module",
    () => loadParams(instance as never, module as never, file),
    "loadParams: the first argument must be a module (from loadModule, cell() or import), got an instance",
  ],
  [
    "a module for an instance",
    () => runSequence(module, module as never, {}, { ...sizes, chunk: 1 }),
    "runSequence: the second argument must be an instance (from instantiate), got a module",
  ],
  [
    "a promise of an instance",
    () => saveParams(module, Promise.resolve(instance) as never),
    "saveParams: the second argument must be an instance (from instantiate), got a Promise: await it first",
  ],
  [
    "an instance of another module",
    () => saveParams(module, other),
    "saveParams: the instance is another module's: its parameters are V",
  ],
  [
    "an instance of another size",
    () => saveParams(module, make({ W: new Float32Array(3) })),
    "saveParams: the instance must have a parameter W of length 2, it has one of length 3",
  ],
  [
    "no gradients",
    () =>
      adam()
        .attach(instance)
        .step(undefined as never),
    "step: the first argument must be gradients by name (those of gradient or backward, .params or .sparse), got undefined",
  ],
  [
    "parameters for an instance",
    () => adam().attach(instance.params as never),
    "attach: the first argument must be an instance (from instantiate) or another object with `params`, got an object",
  ],
  [
    "all of a gradient",
    () => clipByGlobalNorm({ x: two, initial: {}, params: {} } as never, 1),
    "clipByGlobalNorm: initial must be a Float32Array or Float64Array, got an object",
  ],
  [
    "numbers for texts",
    () => saveParams(module, instance, { epoch: 3 } as never),
    'saveParams: metadata "epoch" must be a text, got 3',
  ],
  ["a text for a seed", () => createRandom("7" as never), 'seed must be an integer, got "7"'],
  [
    "a tensor that is not in the file",
    () => toNumbers(readSafetensors(file).tensors.get("V") as never),
    "toNumbers: the first argument must be a stored tensor { dtype, shape, bytes }, got undefined",
  ],
])("%s is named", (_, call, message) => {
  expect(call).toThrow(new TypeError(message).message);
});
