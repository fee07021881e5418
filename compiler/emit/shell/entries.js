// Parts of a network that are called by themselves: each has the functions of an instance, over buffers and kernels of its own, and the
// parameters of the whole.
import { createCore } from "./core.js";
import { bufferName, groups } from "./roles.js";
import { createSequence } from "./sequence.js";
import { createStream, streamMethods } from "./stream.js";
import { record } from "./tensors.js";

/** @import { BufferedTensorKind, Capacity, Core, Kernels, Manifest, InstanceMethod, OptionalParts } from "./instance-parts.js" */

const kernelNames = /** @type {const} */ ([
  "forward",
  "initial",
  "lengths",
  "step",
  "stepInitial",
  "stepContexts",
  "takeRings",
  "giveRings",
]);

/** What a buffer or a kernel of a part is called. @type {(part: string, name: string) => string} */
export const nameInPart = (part, name) => `${part}$${name}`;

/**
 * What the parts of an instance read of a manifest. Sizes that it has nothing to do with are 0.
 * @param {Manifest} whole
 * @param {NonNullable<Manifest["entries"]>[number]} entry
 * @returns {Manifest}
 */
function manifestOf(whole, { name, axes, ...own }) {
  const made = {
    ...own,
    params: [],
    // Of which a snapshot is.
    cell: `${whole.cell}.${name}`,
    axes: whole.axes.map((axis) => {
      if (axes.includes(axis.name)) return axis;
      const { kind, size } = axis;
      return { name: axis.name, kind, option: "none", ...(size && { size: { dividend: [], divisor: [1] } }) };
    }),
  };
  return /** @type {Manifest} */ (/** @type {unknown} */ (made));
}

/**
 * What the kernels of the whole have of a part, under the names that an instance has for it.
 * @param {Manifest} manifest of the part
 * @param {string} name
 * @param {Kernels} kernels
 * @returns {Kernels}
 */
function kernelsOf(manifest, name, kernels) {
  const { variant, table } = kernels;
  const all = kernels.buffers;
  const buffers = record();
  /** @type {(kind: Parameters<typeof bufferName>[0], tensors?: readonly { readonly name: string }[]) => void} */
  const take = (kind, tensors = []) => {
    for (const tensor of tensors)
      for (const streamed of [false, true]) {
        const own = bufferName(kind, tensor.name, [], streamed);
        const data = all[nameInPart(name, own)];
        if (data) buffers[own] = data;
      }
  };
  for (const kind in groups) {
    const own = /** @type {BufferedTensorKind} */ (kind);
    take(own, manifest[groups[own]]);
  }
  take("random", manifest.random);
  take("setting", manifest.settings);
  take("found", manifest.axes);
  for (const { name: axis } of manifest.axes) {
    const own = bufferName("sizes", axis);
    buffers[own] = all[own];
  }
  /** @type {Record<string, unknown>} */
  const made = { variant, table, buffers };
  for (const own of kernelNames) made[own] = kernels[/** @type {"forward"} */ (nameInPart(name, own))];
  return /** @type {Kernels} */ (made);
}

/**
 * @param {Core} whole
 * @param {Kernels} kernels
 * @param {Capacity} capacity
 * @param {OptionalParts} parts
 */
export function createEntries(whole, kernels, capacity, parts) {
  /** Whose sizes the kernels have. @type {Core | undefined} */
  let last;
  /** @param {Core} core */
  const taking = (core) => {
    const { run } = core;
    Object.assign(core, {
      /** @type {Core["run"]} */
      run(entry, call) {
        // A call that it does not know yet is loaded anew.
        const own = last === core ? call : { ...call };
        run(entry, own);
        // Lengths that it has found are those of the call, also for what comes next.
        call.full = own.full;
        last = core;
      },
    });
    return core;
  };
  const { hold } = taking(whole);
  /** @type {Core[]} */
  const cores = [];
  Object.assign(whole, {
    /** @type {Core["hold"]} */
    hold(handedOut) {
      hold(handedOut);
      for (const core of cores) core.hold(handedOut);
    },
  });
  const entries = record();
  for (const entry of whole.manifest.entries ?? []) {
    const manifest = manifestOf(whole.manifest, entry);
    const sizes = { ...capacity.sizes };
    const computed = parts.createComputed?.(manifest, { ...capacity, sizes });
    const core = createCore(manifest, kernelsOf(manifest, entry.name, kernels), { ...capacity, sizes, computed, none: 0 }, parts); // prettier-ignore
    /** @type {Core["called"]} */
    const called = (name) => `${entry.name}.${name}`;
    Object.assign(core, { called });
    parts.around?.forEach((change) => change(core));
    cores.push(taking(core));
    const sequence = createSequence(core, called("forward"));
    /** @type {Record<string, InstanceMethod>} */
    const methods = {
      forward: sequence.forward,
      ...(manifest.stream && createStream(core, sequence, parts, streamMethods.map(called))),
    };
    for (const name of streamMethods) {
      methods[name] ??= () => {
        throw new TypeError(`${called(name)}: this entry looks ahead, so it cannot stream`);
      };
    }
    for (const name in methods) {
      const where = called(name);
      const own = core.guarded(where, /** @type {InstanceMethod} */ (methods[name]));
      // One call of the instance at a time.
      methods[name] = whole.guarded(where, own);
    }
    entries[entry.name] = Object.freeze(methods);
  }
  return { entries: Object.freeze(entries) };
}
