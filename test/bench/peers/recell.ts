/** recell itself: one peer for each target, each a module compiled from the library's cell. */
import { hasFusedMultiplyAdd } from "../../../compiler/tools/bench/ceiling.js";
import { cell as compileCell, type CompileOptions, version } from "../../../compiler/index.js";
import type { CellOptions } from "../../../compiler/index.js";
import type { ModuleInstance } from "../../../runtime/index.js";
import { type BenchCell, cells, partSize } from "../cells.js";
import { type Data, get, stepCount } from "../data.js";
import type { PeerName, Sizes, Workload } from "../workloads.js";
import type { Contender, Peer, Tensors } from "./peer.js";

type Floats = Float32Array | Float64Array;

/** Sets the parameters of an instance from weights in the benchmark's layout. */
export function setWeights(
  instance: ModuleInstance,
  { weights: entries }: BenchCell,
  weights: Readonly<Record<string, Floats>>,
  sizes: Pick<Sizes, "I" | "H">,
): void {
  for (const entry of entries) {
    const size = partSize(entry, sizes);
    entry.params.forEach((param, gate) =>
      get(instance.params, param).set(get(weights, entry.name).subarray(gate * size, (gate + 1) * size)),
    );
  }
}

/** Gradients of parameters, joined to the benchmark's layout. */
export function joinGradients(
  gradients: Readonly<Record<string, Floats>>,
  { weights: entries }: BenchCell,
): Record<string, Float64Array> {
  return Object.fromEntries(
    entries.map(({ name, params }) => [name, Float64Array.from(params.flatMap((param) => [...get(gradients, param)]))]),
  );
}

export async function instantiateCell(workload: Workload, options: CompileOptions): Promise<ModuleInstance> {
  const { file, cell: name } = cells[workload.cell];
  const { I, H, B, T, kind } = workload;
  const source = `import { ${name} } from "${file}"\n`;
  const module = await compileCell(source, {
    cell: name,
    dimensions: { I, H },
    // To the weights, as the peers.
    gradient: kind === "gradient" ? "params" : false,
    ...(options as CellOptions),
  });
  return module.instantiate({ batch: B, steps: T });
}

/** Derivatives of sum(h²) / (B·T) by the hidden states. */
export function lossCotangent(y: Floats, dy: Floats, { B, T }: Sizes): void {
  const factor = 2 / (B * T);
  for (let i = 0; i < y.length; i++) dy[i] = factor * y[i]!;
}

export function contender(workload: Workload, instance: ModuleInstance, { weights, x }: Data): Contender {
  const { kind, I, H, B, T } = workload;
  const cell = cells[workload.cell];
  setWeights(instance, cell, weights, workload);
  const variant = "module";
  // As with the peers, whose weights are constants where nothing is trained.
  if (kind !== "gradient") instance.freeze();
  if (kind === "forward") {
    const run = (): ReturnType<ModuleInstance["forward"]> => instance.forward({ x });
    const results = (): Tensors => {
      const { final, ...outputs } = run();
      return { ...outputs, ...final };
    };
    return { variant, run, results };
  }
  if (kind === "step") {
    const inputs = Array.from({ length: stepCount }, (_, at) => x.subarray(at * I, (at + 1) * I));
    let at = 0;
    const run = (): unknown => {
      const result = instance.step({ x: inputs[at] });
      at = (at + 1) % stepCount;
      return result;
    };
    const results = (): Tensors => {
      instance.reset();
      at = 0;
      const y = new Float32Array(stepCount * H);
      for (const [i, input] of inputs.entries()) y.set(get(instance.step({ x: input }), "y"), i * H);
      return { y };
    };
    return { variant, run, results };
  }
  const dy = new Float32Array(B * T * H);
  const cotangents = { y: dy };
  const run = (): ReturnType<NonNullable<ModuleInstance["backward"]>> => {
    lossCotangent(instance.forward({ x })["y"]!, dy, workload);
    return instance.backward!(cotangents);
  };
  return { variant, run, results: () => joinGradients(run().params, cell) };
}

function recellPeer(name: PeerName, title: string, settings: CompileOptions): Peer {
  return {
    name,
    title,
    native: false,
    load() {
      if (settings.fma === true && !hasFusedMultiplyAdd()) throw new Error("this host runs no fused multiply-add");
      return Promise.resolve(version);
    },
    async prepare(workload, data) {
      return [contender(workload, await instantiateCell(workload, settings), data)];
    },
  };
}

export const recellPeers: readonly Peer[] = [
  recellPeer("recell-js", "recell js", { target: "js" }),
  recellPeer("recell-wasm", "recell wasm", { target: "wasm" }),
  recellPeer("recell-fma", "recell wasm --fma", { target: "wasm", fma: true }),
];
