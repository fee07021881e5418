// The export `instantiate`.
import { allocate, readCapacity } from "./capacity.js";
import { createCore } from "./core.js";
import { createParams } from "./params.js";
import { createSequence } from "./sequence.js";

/** @import { Capacity, Kernels, Manifest, Method, Parts } from "./types.js" */

/**
 * An instance: one set of parameters, states and buffers; a promise of it where the kernels come behind one.
 * @template {Kernels | Promise<Kernels>} K
 * @param {Manifest} manifest
 * @param {(capacity: Capacity) => K | ((wasm: unknown) => K)} createKernels
 * @param {(capacity: Capacity) => number} workspaceBytes
 * @param {Parts} parts
 * @param {Record<string, unknown>} options
 */
export function createInstance(manifest, createKernels, workspaceBytes, parts, options) {
  const { capacity, bytes, others } = readCapacity(manifest, workspaceBytes, options, parts.options ?? []);
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
 * @param {Parts} parts
 */
function assemble(manifest, kernels, capacity, parts) {
  const core = createCore(manifest, kernels, capacity, parts);
  const sequence = createSequence(core);

  /** @type {(name: string, why: string) => () => never} */
  const absent = (name, why) => () => {
    throw new TypeError(`${name}: this module ${why}`);
  };
  const streaming = ["step", "steps", "reset", "snapshot", "restore"];
  const noStream = Object.fromEntries(streaming.map((name) => [name, absent(name, "cannot stream")]));
  /** @type {(name: string) => Record<string, Method>} */
  const without = (name) => ({
    [name]: absent(name, `was compiled without ${name === "backward" ? "gradient" : name}`),
  });

  const { params, ...setting } = createParams(core, parts);
  /** @type {Record<string, Method>} */
  const methods = {
    ...setting,
    forward: sequence.forward,
    ...(parts.stream?.(core, sequence, parts) ?? noStream),
    ...(parts.gradient?.(core, sequence) ?? without("backward")),
    ...(parts.jvp?.(core, sequence) ?? without("jvp")),
    ...(parts.hvp?.(core, sequence) ?? without("hvp")),
  };
  for (const name in methods) methods[name] = core.guarded(name, /** @type {() => unknown} */ (methods[name]));
  return Object.freeze({ variant: kernels.variant, params, ...methods });
}
