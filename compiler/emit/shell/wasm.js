// Kernels in WebAssembly: their memory and the way to them.
import { createInstance } from "./instantiate.js";
import { record } from "./tensors.js";

/** @import { Capacity, Manifest, MemoryPlan, Parts, WasmSource } from "./types.js" */

/**
 * The exports `instantiate` and `instantiateAsync`. Each instance has a memory of its own, of just the pages that it
 * needs; it never grows.
 * @param {Manifest} manifest
 * @param {(capacity: Capacity) => MemoryPlan} planMemory
 * @param {WasmSource} source
 * @param {Parts} parts
 */
export function wasmInstances(manifest, planMemory, source, parts) {
  const page = 65536;
  // Before the addresses, the table has batch, steps, run-time dimensions, two flags and a zero.
  const addressesAt = manifest.runtimeDimensions.length + 5;

  /** @param {Capacity} capacity */
  const workspaceBytes = (capacity) => Math.ceil(planMemory(capacity).bytes / page) * page;

  /** @param {Capacity} capacity */
  const allocate = (capacity) => {
    const pages = workspaceBytes(capacity) / page;
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    const { addresses, reals, integers } = planMemory(capacity);
    new Int32Array(memory.buffer).set(addresses, addressesAt);
    const buffers = record();
    const Reals = manifest.dtype === "f32" ? Float32Array : Float64Array;
    for (const name in reals)
      buffers[name] = new Reals(memory.buffer, .../** @type {[number, number]} */ (reals[name]));
    for (const name in integers) {
      buffers[name] = new Int32Array(memory.buffer, .../** @type {[number, number]} */ (integers[name]));
    }
    return { imports: { recell: { memory } }, buffers, table: new Int32Array(memory.buffer, 0, addressesAt - 1) };
  };

  /** @param {Capacity} capacity */
  const create = (capacity) => {
    const { imports, buffers, table } = allocate(capacity);
    /** @param {unknown} given */
    return (given) => {
      const { module, variant } = source.compile(given);
      return { ...new WebAssembly.Instance(module, imports).exports, variant, buffers, table };
    };
  };

  /** @param {Capacity} capacity */
  const createAsync = (capacity) => {
    const { imports, buffers, table } = allocate(capacity);
    /** @param {unknown} given */
    return async (given) => {
      const { module, variant } = await source.compileAsync(given);
      return { ...(await WebAssembly.instantiate(module, imports)).exports, variant, buffers, table };
    };
  };

  return {
    /** @param {Record<string, unknown>} options */
    instantiate: (options) => createInstance(manifest, create, workspaceBytes, parts, options),
    /** @param {Record<string, unknown>} options */
    instantiateAsync: async (options) => createInstance(manifest, createAsync, workspaceBytes, parts, options),
  };
}
