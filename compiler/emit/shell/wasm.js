// Kernels in WebAssembly: their memory and the way to them.
import { allocate } from "./capacity.js";
import { createInstance } from "./instantiate.js";
import { record } from "./tensors.js";

/** @import { Capacity, CompiledKernels, Kernels, Manifest, MemoryPlan, OptionalParts, WasmSource } from "./instance-parts.js" */

/**
 * The exports `instantiate` and `instantiateAsync`. Each instance has a memory of its own, of just the pages that it
 * needs, which the kernels bring along: they import nothing, so that no host looks for a module to give them.
 * @param {Manifest} manifest
 * @param {(capacity: Capacity) => MemoryPlan} planMemory
 * @param {WasmSource} source
 * @param {OptionalParts} parts
 */
export function wasmInstances(manifest, planMemory, source, parts) {
  const page = 65536;
  // Before the addresses, the table has the sizes of the call, two flags and a zero.
  const addressesAt = manifest.axes.length + 3;

  /** @param {Capacity} capacity */
  const workspaceBytes = (capacity) => Math.ceil(planMemory(capacity).bytes / page) * page;

  /** @type {(compiled: CompiledKernels, instance: WebAssembly.Instance, capacity: Capacity) => Kernels} */
  const kernelsOf = ({ variant }, { exports }, capacity) => {
    const { memory } = exports;
    allocate(workspaceBytes(capacity), () => memory.grow(workspaceBytes(capacity) / page - 1));
    const { addresses, reals, integers } = planMemory(capacity);
    new Int32Array(memory.buffer).set(addresses, addressesAt);
    const buffers = record();
    const Reals = manifest.dtype === "f32" ? Float32Array : Float64Array;
    for (const name in reals)
      buffers[name] = new Reals(memory.buffer, .../** @type {[number, number]} */ (reals[name]));
    for (const name in integers) {
      buffers[name] = new Int32Array(memory.buffer, .../** @type {[number, number]} */ (integers[name]));
    }
    return { ...exports, variant, buffers, table: new Int32Array(memory.buffer, 0, addressesAt - 1) };
  };

  const ensureHost = () => {
    if (typeof WebAssembly === "object") return;
    throw new TypeError("instantiate: this host has no WebAssembly; build with --target js or auto");
  };

  /** @type {(capacity: Capacity) => (given: unknown) => Kernels} */
  const create = (capacity) => (given) => {
    ensureHost();
    const compiled = source.compile(given);
    // Without imports nothing but memory can be missing.
    const instance = allocate(workspaceBytes(capacity), () => new WebAssembly.Instance(compiled.module));
    return kernelsOf(compiled, instance, capacity);
  };

  /** @type {(capacity: Capacity) => (given: unknown) => Promise<Kernels>} */
  const createAsync = (capacity) => async (given) => {
    ensureHost();
    const compiled = await source.compileAsync(given);
    const instance = await WebAssembly.instantiate(compiled.module).catch((cause) =>
      allocate(workspaceBytes(capacity), () => {
        throw cause;
      }),
    );
    return kernelsOf(compiled, instance, capacity);
  };

  return {
    /** @param {Record<string, unknown>} options */
    instantiate: (options) => createInstance(manifest, create, workspaceBytes, parts, options),
    /** @param {Record<string, unknown>} options */
    instantiateAsync: async (options) => createInstance(manifest, createAsync, workspaceBytes, parts, options),
  };
}
