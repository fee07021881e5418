// The export `instantiate`.
import { allocate, readCapacity } from "./capacity.js";
import { createCore } from "./core.js";
import { createParams } from "./params.js";
import { createSequence } from "./sequence.js";
import { createStream, streamMethods } from "./stream.js";

/** @import { Capacity, Kernels, Manifest, InstanceMethod, OptionalParts } from "./instance-parts.js" */

/**
 * An instance: one set of parameters, states and buffers; a promise of it where the kernels are loaded later.
 * @template {Kernels | Promise<Kernels>} K
 * @param {Manifest} manifest
 * @param {(capacity: Capacity) => K | ((wasm: unknown) => K)} createKernels
 * @param {(capacity: Capacity) => number} workspaceBytes
 * @param {OptionalParts} parts
 * @param {Record<string, unknown>} options
 */
export function createInstance(manifest, createKernels, workspaceBytes, parts, options) {
  const { capacity, bytes, others } = readCapacity(manifest, workspaceBytes, options, parts);
  const made = allocate(bytes, () => createKernels(capacity));
  const kernels = typeof made === "function" ? made(others[0]) : made;
  /** @param {Kernels} kernels */
  const finish = (kernels) => assemble(manifest, kernels, capacity, parts);
  return kernels instanceof Promise ? kernels.then(finish) : finish(kernels);
}

/**
 * @param {Manifest} manifest
 * @param {Kernels} kernels
 * @param {Capacity} capacity
 * @param {OptionalParts} parts
 */
function assemble(manifest, kernels, capacity, parts) {
  const core = createCore(manifest, kernels, capacity, parts);
  parts.around?.forEach((change) => change(core));
  const sequence = createSequence(core);

  const { params, fixed, ...setters } = createParams(core, parts);
  /** @type {Record<string, InstanceMethod>} */
  const methods = {
    ...setters,
    forward: sequence.forward,
    ...(manifest.has.step && createStream(core, sequence, parts)),
    ...parts.gradient?.(core, sequence),
    ...parts.losses?.(core, sequence),
    ...parts.jvp?.(core, sequence),
    ...parts.hvp?.(core, sequence),
  };
  for (const name of streamMethods) {
    methods[name] ??= () => {
      throw new TypeError(`${name}: this module cannot stream`);
    };
  }
  for (const [name, option] of Object.entries({ backward: "gradient", jvp: "jvp", hvp: "hvp" })) {
    methods[name] ??= () => {
      throw new TypeError(`${name}: this module was compiled without ${option}`);
    };
  }
  for (const name in methods) methods[name] = core.guarded(name, /** @type {() => unknown} */ (methods[name]));
  return Object.freeze({
    variant: kernels.variant,
    params,
    ...(fixed && { fixed }),
    ...methods,
    ...parts.createEntries?.(core, kernels, capacity, parts),
  });
}
