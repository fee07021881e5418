/** onnxruntime-web (WebAssembly with SIMD) and onnxruntime-node (native), each on one thread. */
import { cells } from "../cells.js";
import { stepCount } from "../data.js";
import { type OnnxModel, onnxModels } from "../onnx/cells.js";
import type { Workload } from "../workloads.js";
import { loadPackage, packageVersion } from "./packages.js";
import type { Contender, Peer, Tensors } from "./peer.js";

interface OrtTensor {
  readonly data: Float32Array;
}

type Feeds = Record<string, OrtTensor>;

interface Session {
  run(feeds: Feeds): Promise<Feeds>;
}

interface Ort {
  readonly env: { readonly wasm: { numThreads?: number }; logLevel?: string };
  readonly Tensor: new (type: "float32", data: Float32Array, dims: readonly number[]) => OrtTensor;
  readonly InferenceSession: { create(model: Uint8Array, options: unknown): Promise<Session> };
}

async function contender(
  ort: Ort,
  options: unknown,
  { variant, bytes, inputs }: OnnxModel,
  workload: Workload,
  x: Float32Array,
): Promise<Contender> {
  const { cell, kind, I, H } = workload;
  const session = await ort.InferenceSession.create(bytes, options);
  const states = cells[cell].states;
  if (kind === "forward") {
    const run = async (): Promise<Feeds> => session.run({ x: new ort.Tensor("float32", x, inputs["x"]!) });
    const results = async (): Promise<Tensors> => {
      const found = await run();
      const read = (name: string): Float32Array => found[name]!.data;
      return { y: read("y"), ...Object.fromEntries(states.map((name) => [name, read(`last_${name}`)])) };
    };
    return { variant, run, results };
  }
  const tensors = Array.from(
    { length: stepCount },
    (_, at) => new ort.Tensor("float32", x.subarray(at * I, (at + 1) * I), inputs["x"]!),
  );
  const zeros = (): Feeds =>
    Object.fromEntries(states.map((name) => [name, new ort.Tensor("float32", new Float32Array(H), inputs[name]!)]));
  const feeds = zeros();
  let at = 0;
  const run = async (): Promise<Feeds> => {
    feeds["x"] = tensors[at]!;
    at = (at + 1) % stepCount;
    const found = await session.run(feeds);
    for (const name of states) feeds[name] = found[`last_${name}`]!;
    return found;
  };
  const results = async (): Promise<Tensors> => {
    Object.assign(feeds, zeros());
    at = 0;
    const y = new Float32Array(stepCount * H);
    for (let i = 0; i < stepCount; i++) y.set((await run())["y"]!.data, i * H);
    return { y };
  };
  return { variant, run, results };
}

/**
 * Both packages keep their backends in one registry, and a backend called "cpu" of the one that is loaded later does not
 * replace the other's: loaded after the web package, the native one would run its WebAssembly.
 */
function loadNativeFirst(): void {
  try {
    loadPackage("onnxruntime-node");
  } catch {
    // Not on every machine; then there is nothing to mix up.
  }
}

function ortPeer(
  name: "ort-web" | "ort-node",
  title: string,
  packageName: string,
  native: boolean,
  options: unknown,
): Peer {
  const ort = (): Ort => {
    loadNativeFirst();
    const loaded = loadPackage(packageName) as Ort;
    loaded.env.logLevel = "error";
    if (!native) loaded.env.wasm.numThreads = 1;
    return loaded;
  };
  return {
    name,
    title,
    native,
    load() {
      ort();
      return Promise.resolve(packageVersion(packageName));
    },
    prepare: (workload, data) =>
      Promise.all(onnxModels(workload, data).map((model) => contender(ort(), options, model, workload, data.x))),
  };
}

const common = { graphOptimizationLevel: "all", logSeverityLevel: 3 };

export const ortWeb = ortPeer("ort-web", "onnxruntime-web", "onnxruntime-web", false, {
  ...common,
  executionProviders: ["wasm"],
});

export const ortNode = ortPeer("ort-node", "onnxruntime-node (native)", "onnxruntime-node", true, {
  ...common,
  executionProviders: ["cpu"],
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
});
