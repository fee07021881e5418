// The export `instantiate`.
import { checkInteger } from "./check.js";
import { createCore } from "./core.js";
import { initialValues } from "./random.js";
import { createSequence } from "./sequence.js";
import { createStream } from "./stream.js";
import { record } from "./tensors.js";

/** @import { Capacity, Kernels, Manifest, Parts } from "./types.js" */

/**
 * An instance: one set of parameters, states and buffers.
 * @param {Manifest} manifest
 * @param {(capacity: Capacity) => Kernels} createKernels
 * @param {(capacity: Capacity) => number} workspaceBytes
 * @param {Parts} parts
 * @param {unknown} options
 */
export function createInstance(manifest, createKernels, workspaceBytes, parts, options) {
  const core = createCore(manifest, createKernels, workspaceBytes, options);
  const sequence = createSequence(core);
  const params = record();
  for (const slot of core.slots("params", "param.")) params[slot.name] = slot.data;

  /** Sets every parameter by its declared initialiser. @param {number} seed */
  const init = (seed) => {
    checkInteger("init", "seed", seed, 0, Number.MAX_SAFE_INTEGER);
    for (const { name, initializer, shape } of manifest.params) {
      const sizes = /** @type {number[]} */ (shape);
      params[name].set(initialValues(initializer, sizes, seed, name, parts.orthogonalize));
    }
  };

  /** @type {(name: string, option: string) => () => never} */
  const absent = (name, option) => () => {
    throw new TypeError(`${name}: this module was compiled without ${option}`);
  };

  return Object.freeze({
    params: Object.freeze(params),
    init,
    forward: sequence.forward,
    ...createStream(core),
    ...(parts.gradient?.(core, sequence) ?? { backward: absent("backward", "gradient") }),
    ...(parts.jvp?.(core, sequence) ?? { jvp: absent("jvp", "jvp") }),
    ...(parts.hvp?.(core, sequence) ?? { hvp: absent("hvp", "hvp") }),
  });
}
