// The options of `instantiate`.
import { checkInteger, fields } from "./check.js";
import { record } from "./tensors.js";

/** @import { Capacity, Manifest, OptionalParts } from "./instance-parts.js" */

/**
 * These sizes take more than there is; who decides by how much they take reads no words.
 * @param {number} bytes
 * @param {string} most
 * @param {ErrorOptions} [options]
 */
const beyond = (bytes, most, options) =>
  Object.assign(new RangeError(`instantiate: these sizes take ${bytes} bytes, more than ${most}`, options), { bytes });

/**
 * What `make` gives, which takes memory and does nothing else that may fail.
 * @template T
 * @param {number} bytes
 * @param {() => T} make
 * @returns {T}
 */
export function allocate(bytes, make) {
  try {
    return make();
  } catch (cause) {
    throw beyond(bytes, "this host gives", { cause });
  }
}

/**
 * Checks the options of `instantiate`.
 * @param {Manifest} manifest
 * @param {(capacity: Capacity) => number} workspaceBytes
 * @param {Record<string, unknown>} options
 * @param {OptionalParts} parts
 * @returns {{ capacity: Capacity, bytes: number, others: readonly unknown[] }}
 */
export function readCapacity(manifest, workspaceBytes, options, parts) {
  const { axes } = manifest;
  const where = "instantiate";
  const most = 2 ** 31 - 1;
  const named = axes.flatMap(({ name, option }) => (option === "sizes" ? [name] : []));
  // A module without steps takes none.
  const steady = !axes.some(({ option }) => option === "steps");
  const names = ["batch", "steps", "sizes", "maxBytes", ...(parts.options ?? [])].filter(
    (name) => !steady || name !== "steps",
  );
  const values = fields(where, options, names);
  if (steady) values.splice(1, 0, 1);
  const [ofBatch = 1, ofSteps = 1, ofSizes = {}, ofBytes = 2 ** 32, ...others] = values;
  const batch = checkInteger(where, "batch", ofBatch, 1, most);
  const steps = checkInteger(where, "steps", ofSteps, 1, most);
  const sizes = record();
  fields(`${where}: sizes`, ofSizes, named).forEach((size, i) => {
    const name = /** @type {string} */ (named[i]);
    sizes[name] = checkInteger(where, `sizes.${name}`, size, 1, most);
  });
  const capacity = { batch, steps, sizes, computed: parts.createComputed?.(manifest, { batch, steps, sizes }) };
  const bytes = workspaceBytes(capacity);
  const maxBytes = checkInteger(where, "maxBytes", ofBytes, 0, Number.MAX_SAFE_INTEGER);
  if (!(bytes <= maxBytes)) throw beyond(bytes, `maxBytes, ${maxBytes}`);
  return { capacity, bytes, others };
}
