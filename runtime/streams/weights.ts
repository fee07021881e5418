/** The params that streams run with: set all at once between two steps, counted, and told apart by a hash. */
import { isRecord } from "../base/options.js";
import type { FileBytes } from "../io/bytes.js";
import { readParams } from "../io/params.js";
import { encodeUtf8 } from "../io/utf8.js";
import { storedTensors } from "../module/axes.js";
import type { CompiledModule, FloatArray, ModuleInstance } from "../module/compiled-module.js";
import type { Manifest } from "../module/manifest.js";
import type { RecordLayout } from "./layout.js";
import { shortHash } from "./snapshot.js";

/** As `setParams` takes them. */
export type ParamValues = Readonly<Record<string, FloatArray | readonly number[]>>;

export interface Weights {
  /** What a snapshot is of, beside the params: equations, sizes and dtype. */
  readonly program: Uint8Array;
  /** How often they were set. */
  readonly version: number;
  hash(): Uint8Array;
  /** @throws as `readParams` and `setParams` do; nothing is changed then. */
  set(where: string, weights: FileBytes | ParamValues): void;
}

export function createWeights(
  module: CompiledModule,
  instance: ModuleInstance,
  /** Of what streams: of the module, or of one of its entries. */
  cell: string,
  { states, contexts, axes }: RecordLayout,
): Weights {
  const { manifest } = module;
  const { program: equations = "", dtype, dimensions } = manifest;
  const identity = JSON.stringify([equations, cell, dtype, dimensions, states, contexts, axes]);
  const program = shortHash([encodeUtf8(identity)]);
  let version = 0;
  let hash: Uint8Array | undefined;
  instance.freeze();
  return {
    program,
    get version() {
      return version;
    },
    hash() {
      if (hash === undefined) {
        hash = hashOf(manifest, instance);
        // Arrays were read, but nobody else has them.
        instance.freeze();
      }
      return hash;
    },
    set(where, weights) {
      const values = isRecord(weights) ? all(where, manifest, weights as ParamValues) : readParams(module, weights as FileBytes); // prettier-ignore
      instance.setParams(values);
      instance.freeze();
      version++;
      hash = undefined;
    },
  };
}

function all(where: string, manifest: Manifest, weights: ParamValues): ParamValues {
  const missing = storedTensors(manifest).find(({ name }) => !Object.hasOwn(weights, name));
  if (missing !== undefined) throw new TypeError(`${where}: weights: ${missing.name} is missing`);
  return weights;
}

function hashOf(manifest: Manifest, instance: ModuleInstance): Uint8Array {
  const bytesOf = ({ buffer, byteOffset, byteLength }: FloatArray): Uint8Array => new Uint8Array(buffer, byteOffset, byteLength); // prettier-ignore
  return shortHash(storedTensors(manifest).map(({ name }) => bytesOf((instance.params[name] ?? instance.fixed?.[name])!))); // prettier-ignore
}
