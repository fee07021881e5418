// What the parts of an instance share: kernels, buffers, the sizes of calls.
import { checkInteger, checkNames, checkTensor, own } from "./check.js";
import { record } from "./tensors.js";

/** @import { Call, Capacity, Core, Kernels, Manifest, Slot } from "./types.js" */

/**
 * Checks the options of `instantiate` and allocates.
 * @param {Manifest} manifest
 * @param {(capacity: Capacity) => Kernels} createKernels
 * @param {(capacity: Capacity) => number} workspaceBytes
 * @param {unknown} options
 * @returns {Core}
 */
export function createCore(manifest, createKernels, workspaceBytes, options) {
  const where = "instantiate";
  const given = checkNames(where, options, new Set(["batch", "steps", "sizes", "maxBytes"]));
  const dimensions = manifest.runtimeDimensions;
  const known = new Set(dimensions);
  const most = 2 ** 31 - 1;
  const batch = checkInteger(where, "batch", own(given, "batch") ?? 1, 1, most);
  const steps = checkInteger(where, "steps", own(given, "steps") ?? 1, 1, most);
  const sizes = record();
  const givenSizes = checkNames(`${where}: sizes`, own(given, "sizes") ?? {}, known);
  for (const name of dimensions) sizes[name] = checkInteger(where, `sizes.${name}`, own(givenSizes, name), 1, most);
  const capacity = { batch, steps, sizes };

  const bytes = workspaceBytes(capacity);
  const maxBytes = checkInteger(where, "maxBytes", own(given, "maxBytes") ?? 2 ** 32, 0, Number.MAX_SAFE_INTEGER);
  if (!(bytes <= maxBytes)) {
    throw new RangeError(`${where}: these sizes take ${bytes} bytes, more than maxBytes, ${maxBytes}`);
  }
  /** @type {Kernels} */
  let kernels;
  try {
    kernels = createKernels(capacity);
  } catch (cause) {
    throw new RangeError(`${where}: these sizes take ${bytes} bytes, more than this host gives`, { cause });
  }

  const labels = ["batch", "steps", ...dimensions];
  /** @type {number[]} */
  const capacities = [batch, steps, ...dimensions.map((name) => sizes[name])];
  /** @returns {Call} */
  const newCall = () => ({
    sizes: [...capacities],
    untimed: capacities.filter((_, i) => i !== 1),
    lengths: new Int32Array(batch),
    extents: dimensions.map(() => new Int32Array(batch)),
  });

  /** @type {Core["slots"]} */
  const slots = (role, prefix, timed = false) => {
    /** @type {Slot[]} */
    const made = [];
    for (const entry of manifest[role]) {
      const isIndex = "dtype" in entry && entry.dtype === "index";
      // Indices have neither tangents nor gradients.
      if (isIndex && /^(tangent|grad)/.test(prefix)) continue;
      const axes = entry.shape.map((size) => (typeof size === "number" ? size : ~(2 + dimensions.indexOf(size))));
      if (timed) axes.unshift(~1);
      if (role !== "params") axes.unshift(~0);
      const data = kernels.buffers[prefix + entry.name];
      if (data === undefined) throw new Error(`no buffer ${prefix}${entry.name}`);
      const high = isIndex ? (entry.bound ?? 0) - 1 : undefined;
      const computed = "initial" in entry && entry.initial === "computed";
      made.push({ name: entry.name, axes, labels, data, low: 0, high, computed, given: false });
    }
    return made;
  };

  const pending = newCall();
  // Lists of integers, one for each example, are checked like tensors of indices.
  /** @type {(name: string, data: Int32Array, low: number, high: number) => Slot} */
  const list = (name, data, low, high) => ({
    name,
    axes: [~0],
    labels,
    data,
    low,
    high,
    computed: false,
    given: false,
  });
  const lengths = list("lengths", pending.lengths, 0, 0);
  const extents = dimensions.map((name, i) =>
    list(`sizes.${name}`, /** @type {Int32Array} */ (pending.extents[i]), 1, sizes[name]),
  );

  /** @type {Core["readCall"]} */
  const readCall = (where, given) => {
    pending.sizes[0] = pending.untimed[0] = checkInteger(where, "batch", own(given, "batch") ?? batch, 1, batch);
    pending.sizes[1] = lengths.high = checkInteger(where, "steps", own(given, "steps") ?? steps, 0, steps);
    const real = own(given, "lengths");
    if (real === undefined) pending.lengths.fill(lengths.high);
    else pending.lengths.set(checkTensor(where, lengths, real, pending.sizes));
    const asked = own(given, "sizes");
    const named = asked === undefined ? sizes : checkNames(`${where}: sizes`, asked, known);
    for (let i = 0; i < extents.length; i++) {
      const name = /** @type {string} */ (dimensions[i]);
      const extent = readExtent(where, /** @type {Slot} */ (extents[i]), own(named, name) ?? sizes[name]);
      pending.sizes[i + 2] = pending.untimed[i + 1] = extent;
    }
    return pending;
  };

  /**
   * Reads the size of a run-time dimension: a number for all examples; or a list with each example's own, where the
   * tensors are padded to the largest of them; or `{ padded, each }`, where they are padded to more.
   * @type {(where: string, slot: Slot, size: unknown) => number}
   */
  const readExtent = (where, slot, size) => {
    const capacity = /** @type {number} */ (slot.high);
    if (typeof size === "number") {
      checkInteger(where, slot.name, size, 1, capacity);
      slot.data.fill(size);
      return size;
    }
    const nested = typeof size === "object" && size !== null && !Array.isArray(size) && !ArrayBuffer.isView(size);
    const parts = nested ? checkNames(`${where}: ${slot.name}`, size, new Set(["padded", "each"])) : undefined;
    const each = checkTensor(where, slot, parts === undefined ? size : own(parts, "each"), pending.sizes);
    let largest = 1;
    for (let i = 0; i < each.length; i++) largest = Math.max(largest, each[i] ?? 1);
    slot.data.set(each);
    return parts === undefined
      ? largest
      : checkInteger(where, `${slot.name}.padded`, own(parts, "padded"), largest, capacity);
  };

  /** @type {Core["begin"]} */
  const begin = (call) => {
    for (let i = 0; i < pending.sizes.length; i++) call.sizes[i] = pending.sizes[i] ?? 0;
    for (let i = 0; i < pending.untimed.length; i++) call.untimed[i] = pending.untimed[i] ?? 0;
    call.lengths.set(pending.lengths);
    for (let i = 0; i < extents.length; i++) call.extents[i]?.set(pending.extents[i] ?? []);
  };

  const extentBuffers = dimensions.map((name) => kernels.buffers[`sizes.${name}`]);
  /** @type {Core["run"]} */
  const run = (entry, call) => {
    kernels.buffers["lengths"]?.set(call.lengths);
    for (let i = 0; i < extentBuffers.length; i++) extentBuffers[i]?.set(call.extents[i] ?? []);
    kernels[entry]?.apply(undefined, entry.startsWith("step") ? call.untimed : call.sizes);
  };
  return { manifest, kernels, slots, newCall, readCall, begin, run };
}
