/**
 * The runtime where there is nothing but the language and WebAssembly, as in an audio worklet: no `TextDecoder`, no `atob`,
 * no `URL`, no clock.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import vm from "node:vm";
import ts from "typescript";
import { rolldown } from "rolldown";
import { beforeAll, expect, test } from "vitest";
import { compile, type CompileOptions } from "../../compiler/index.js";
import * as runtime from "../../runtime/index.js";

let bundle = "";
beforeAll(async () => {
  const input = fileURLToPath(new URL("../../runtime/index.ts", import.meta.url));
  const { output } = await (await rolldown({ input })).generate({ format: "iife", name: "recell" });
  bundle = output[0].code;
});

/** A context whose globals are those of ECMAScript, and WebAssembly. */
function bareContext(): vm.Context {
  const context = vm.createContext(Object.create(null) as object);
  vm.runInContext("delete globalThis.console", context);
  return context;
}

const moduleText = (options: CompileOptions): string => {
  const source = `import { GRU } from "std/gru"\n`;
  const { files } = compile(source, { cell: "GRU", dimensions: { I: 2, H: 3 }, segments: true, ...options });
  return files[0]!.text;
};

/** The module as a script: `vm.Module` is not stable. */
const scriptOf = (text: string, exported: readonly string[]): string =>
  `const gru = (() => {\n${text.replaceAll(/^export /gmu, "")}\nreturn { ${exported.join(", ")} };\n})();`;

const program = `
  const used = new Set();
  const { ...names } = recell;
  const use = (name) => (used.add(name), names[name]);
  const instance = gru.instantiate({ batch: 2, steps: 3 });
  instance.init(7);
  const file = use("saveParams")(gru, instance, { note: "é 😀" });
  const { tensors, metadata } = use("readSafetensors")(file);
  const again = use("writeSafetensors")(tensors, metadata);
  const other = gru.instantiate({ batch: 2, steps: 3 });
  use("loadParams")(gru, other, again);
  other.setParams(use("readParams")(gru, again));
  const random = use("createRandom")(1);
  const x = Float32Array.from({ length: 12 }, () => random.normal());
  use("runSequence")(gru, other, { x }, { batch: 2, steps: 3, chunk: 2 });
  use("openSegments")(gru, { batch: 2, steps: 3 }).gradient({ x });
  const y = other.forward({ x }).y;
  const grad = other.backward({ y });
  use("clipByGlobalNorm")(grad.params, 0.5);
  const rates = [use("constant")(0.1), use("stepDecay")(0.1, { every: 2 }), use("cosine")(0.1, { updates: 9 })];
  rates.push(use("oneCycle")(0.1, { updates: 9 }), use("plateau")(0.1));
  for (const name of ["sgd", "adam", "adamw", "nadam", "rmsprop", "adagrad", "lion"]) {
    use(name)({ learningRate: rates.pop() ?? 0.1 }).attach(other).step(grad.params);
  }
  const { x: column } = { x: [[1], [2, 3]] };
  use("train");
  use("arrays")({ x: column });
  const days = use("csv")("a,b\\n1,2\\n3,4", { columns: { x: ["a", "b"] } });
  use("windows")(use("splitByTime")(days, 1)[0], { length: 1 });
  use("splitByGroup")(use("arrays")({ x: column }), ["a", "b"], { share: 0.5, seed: 1 });
  use("iterate")(() => [], { fingerprint: "none" });
  use("seriesOf")({ x: [1, 2] });
  use("jsonLines")('{"x": [1]}');
  use("loadVocabulary")(use("text")("é", { unit: "byte" }).vocabulary.save()).decode([196]);
  const store = { list: () => [], read: () => file, write: () => 0, remove: () => 0 };
  use("checkpoints")(store, { every: 1 });
  use("loadWeights")(gru, other, use("saveParams")(gru, instance), { partial: true });
  use("asModule")(gru);
  const streams = use("openStreams")(gru, { capacity: 2 });
  const stream = streams.restore(streams.snapshot(streams.open()));
  streams.step([stream], { x: [1, 2] });
  use("generate");
  use("beam");
  use("serve")(streams, { [Symbol.asyncIterator]: () => ({}) });
  try {
    use("streamTransform")(streams);
  } catch {}
  use("openPool")(gru, { threads: 1 });
  use("checkManifest")(gru.manifest);
  const [[name, tensor]] = tensors;
  use("fromNumbers")(Float32Array.from(use("toNumbers")(tensor)), tensor.shape);
  use("convertWeights")(tensors, { to: "keras" });
  const array = use("readNpy")(use("writeNpy")({ shape: [2], values: Float64Array.of(1, 2) }));
  use("readNpz")(use("writeNpz")(new Map([["a", array]])));
  use("readWav")(use("writeWav")({ sampleRate: 8000, channels: 1, samples: array.values }));
  let refused;
  file[20] = 0xff;
  try {
    use("readSafetensors")(file);
  } catch (error) {
    refused = error.code + ": " + error.message;
  }
  const trained = use("embedParams")(text, instance.params);
  use("loadModule");
  for (const name of Object.keys(names)) if (/Error$/.test(name)) use(name);
  ({ refused, trained, note: metadata.get("note"), y: Array.from(y), used: [...used].sort().join() });
`;

interface Outcome {
  readonly refused: string;
  readonly trained: string;
  readonly note: string;
  readonly y: readonly number[];
  readonly used: string;
}

test.each<CompileOptions>([{ target: "js" }, { target: "wasm" }, { target: "wasm", fma: true }])(
  "parameters, training and sequences with a module for %o",
  (options) => {
    const context = bareContext();
    const text = moduleText(options);
    const wanted = ["manifest", "instantiate", "instantiateAsync"];
    vm.runInContext(`${bundle}\n${scriptOf(text, wanted)}\nconst text = ${JSON.stringify(text)};`, context);
    const { refused, trained, note, y, used } = vm.runInContext(program, context) as Outcome;
    expect(refused).toBe("invalid-header: the header is not JSON in UTF-8: byte 12, 0xff, begins no character");
    expect(note).toBe("é 😀");
    expect(y.every((value) => Number.isFinite(value) && value !== 0)).toBe(true);
    expect(used).toBe(Object.keys(runtime).sort().join());
    const fresh = bareContext();
    vm.runInContext(`${scriptOf(trained, wanted)}\nconst instance = gru.instantiate();`, fresh);
    expect(vm.runInContext("instance.params.W_r.length", fresh)).toBe(6);
  },
);

test("loading modules fails with an error of ours where nothing can be imported", async () => {
  const context = bareContext();
  vm.runInContext(bundle, context);
  const failed = vm.runInContext(
    `recell.loadModule("export const a = 1;\\n").then(() => "loaded", (error) => error.code)`,
    context,
  ) as Promise<string>;
  expect(await failed).toBe("not-loadable");
});

test("nothing of a host is named in the runtime, but for what imports modules and makes workers", () => {
  const own = new Set(vm.runInContext("Object.getOwnPropertyNames(globalThis)", bareContext()) as string[]);
  const ofHost = new Set(Object.getOwnPropertyNames(globalThis).filter((name) => !own.has(name)));
  for (const name of ["TextDecoder", "Buffer", "fetch", "performance"]) expect(ofHost).toContain(name);
  const folder = fileURLToPath(new URL("../../runtime", import.meta.url));
  // `recell/node` is apart: nothing of the others imports it.
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(
    (file) => file.endsWith(".ts") && !/^node\b/u.test(file),
  );
  const found: string[] = [];
  for (const file of files) {
    const visit = (node: ts.Node): void => {
      const isProperty = ts.isPropertyAccessExpression(node.parent) && node.parent.name === node;
      if (ts.isIdentifier(node) && ofHost.has(node.text) && !isProperty) found.push(`${file}: ${node.text}`);
      if (ts.isImportDeclaration(node) && /node[/:]/u.test(node.moduleSpecifier.getText())) found.push(file);
      ts.forEachChild(node, visit);
    };
    const source = ts.createSourceFile(file, readFileSync(join(folder, file), "utf8"), ts.ScriptTarget.ES2022, true);
    ts.forEachChild(source, visit);
  }
  const [text, workers] = [join("module", "import-text.ts"), `${join("pool", "host.ts")}: `];
  const others = [...new Set(found)].filter((name) => !name.startsWith(workers));
  expect(others.sort()).toEqual([`${text}: Blob`, `${text}: URL`]);
});
