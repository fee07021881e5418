// What the parts of an instance share: kernels, buffers, the sizes of calls.
import { bufferName, groups } from "./roles.js";
import { checkTensor, namesOf, optionalInteger, placeOf, take } from "./check.js";
import { fill } from "./tensors.js";

/** @import { SizedCall, Capacity, Core, InputEntry, Kernels, Manifest, OptionalParts, StateEntry, CallArgument, BufferedTensor } from "./instance-parts.js" */

/**
 * @param {Manifest} manifest
 * @param {Kernels} kernels
 * @param {Capacity} capacity
 * @param {OptionalParts} parts
 * @returns {Core}
 */
export function createCore(manifest, kernels, capacity, parts) {
  const { buffers, table } = kernels;
  const { axes } = manifest;
  const { batch, steps } = capacity;
  const refresh = capacity.computed?.refresh;
  const stepsAt = axes.findIndex(({ option }) => option === "steps");
  const streamAt = axes.findIndex(({ name, option }) => name === manifest.stream || option === "steps");
  const labels = axes.map(({ name, option, size }) => (size || option === "sizes" ? name : option));
  const capacities = axes.map(
    ({ name, option, size }) =>
      /** @type {number} */ (
        size || option === "sizes" ? capacity.sizes[name] : capacity[/** @type {"batch"} */ (option)]
      ),
  );
  /** The place of an axis among the sizes of a call. @type {(axis: string) => number} */
  const placeAmongSizes = (axis) => axes.findIndex(({ name }) => name === axis);
  /** @returns {SizedCall} */
  const newCall = () => ({
    sizes: [...capacities],
    full: true,
    extents: axes.slice(1).map(() => new Int32Array(batch)),
  });

  /** @type {Core["tensor"]} */
  const tensor = (name, dims, data, low, high, computed = false) => ({
    name,
    dims,
    labels,
    data,
    low,
    high,
    computed,
    value: undefined,
    plain: undefined,
    kind: "",
    length: 0,
    fault: "",
    given: false,
    ragged: undefined,
  });

  /** @type {Core["tensors"]} */
  const tensors = (kind, derived = [], streamed) => {
    /** @type {BufferedTensor[]} */
    const made = [];
    for (const entry of manifest[groups[kind]] ?? []) {
      const {
        dtype,
        bound = 0,
        initial,
        forLosses,
      } = /** @type {Partial<Omit<InputEntry & StateEntry, "bound">> & { bound?: number }} */ (entry);
      const isIndex = dtype === "index";
      // Indices have neither tangents nor gradients.
      if (isIndex && derived.length > 0) continue;
      const dims = [...entry.axes, ...entry.shape].map((size) =>
        typeof size === "number" ? size : ~placeAmongSizes(size),
      );
      const data = /** @type {BufferedTensor["data"]} */ (buffers[bufferName(kind, entry.name, derived, streamed)]);
      // Streams have nothing to do with losses, which examples share.
      const isOfLosses = forLosses || (kind === "output" && !entry.axes[0]);
      if (streamed !== undefined && isOfLosses) continue;
      // A stream has one step of what runs over steps.
      const own = streamed ? dims.filter((dim) => dim !== ~streamAt) : dims;
      made.push(tensor(entry.name, own, data, 0, isIndex ? bound - 1 : undefined, initial === "computed"));
    }
    return made;
  };

  // Lists of integers, one for each example, are checked like tensors of indices.
  /** @type {(name: string, low: number, high: number | undefined) => BufferedTensor} */
  const list = (name, low, high) => tensor(name, [~0], buffers[name] ?? new Int32Array(0), low, high);
  const lengths = list("lengths", 0, 0);
  const sizesPlace = placeOf("sizes");
  const batchPlace = placeOf("batch");
  const stepsPlace = placeOf("steps");
  const all = stepsAt < 0 ? [sizesPlace, batchPlace] : [lengths, sizesPlace, batchPlace, stepsPlace];
  /** @type {Core["options"]} */
  const options = { all, inStream: [batchPlace, sizesPlace], steps: stepsPlace };
  const sizeNames = namesOf(axes.flatMap(({ name, option }) => (option === "sizes" ? [placeOf(name)] : [])));
  /** Where messages about sizes come from, by call. @type {Record<string, string>} */
  const whereSizes = {};
  /** Of each axis but the first. */
  const extents = axes
    .slice(1)
    .map(({ name, kind, option, minimum = kind === "sequence" ? 0 : 1 }, i) =>
      option === "steps" ? lengths : list(bufferName("sizes", name), minimum, capacities[i + 1]),
    );

  /** What `readCall` read last. */
  let pending = newCall();
  /** Whose lists and sizes the kernels have. @type {SizedCall | undefined} */
  let loaded;
  /** Counts the times when weights may have changed. */
  let change = 0;
  /** The count when an entry ran last: if it is still that, its packed weights are those of now. @type {Map<string, number>} */
  const settled = new Map();
  /** Have arrays of parameters been handed out, which may be written at any time? */
  let open = false;

  /** @type {(list: ArrayLike<number>, value: number) => boolean} */
  const allAre = (list, value) => {
    for (let b = 0; b < /** @type {number} */ (pending.sizes[0]); b++) if (list[b] !== value) return false;
    return true;
  };

  // Arrays of memory that is not WebAssembly's can be transferred to another thread; all real numbers are in one.
  const isTransferable = kernels.variant === "js";
  const memory = isTransferable ? Object.values(buffers).find((array) => !(array instanceof Int32Array) && array.length > 0) : undefined; // prettier-ignore

  // One function: minifiers write a function that is used once where it is called, and it is made anew at every call.
  /** @type {Core["readCall"]} */
  const readCall = (where, isWhole) => {
    const { sizes } = pending;
    sizes[0] = optionalInteger(where, batchPlace, batch, 1, batch);
    pending.full = true;
    if (stepsAt > 0) {
      const each = /** @type {Int32Array} */ (pending.extents[stepsAt - 1]);
      sizes[stepsAt] = lengths.high = optionalInteger(where, stepsPlace, steps, 0, steps);
      if (lengths.value === undefined) fill(each, lengths.high, batch);
      else {
        checkTensor(where, lengths, sizes);
        for (let b = 0; b < sizes[0]; b++) each[b] = /** @type {number} */ (lengths.plain?.[b]);
        pending.full = allAre(each, lengths.high);
      }
    }
    const { value: asked } = sizesPlace;
    if (asked !== undefined) take((whereSizes[where] ??= `${where}: sizes`), asked, sizeNames);
    for (let i = 1, named = 0; i < axes.length; i++) {
      if (axes[i]?.option !== "sizes") continue;
      const each = /** @type {Int32Array} */ (pending.extents[i - 1]);
      const own = asked === undefined ? undefined : sizeNames.places[named]?.value;
      const size = own === undefined ? capacities[i] : own;
      const extent =
        parts.readExtent?.(
          where,
          /** @type {BufferedTensor} */ (extents[i - 1]),
          size,
          each,
          sizes,
          !isWhole && i === streamAt,
        ) ?? 0;
      sizes[i] = extent;
      pending.full = pending.full && allAre(each, extent);
      named++;
    }
    refresh?.(where, pending, isWhole);
    return pending;
  };

  /** Is a call at work? */
  let busy = false;

  return {
    manifest,
    buffers,
    options,
    streamAt,
    fewest: extents[streamAt - 1]?.low ?? 0,
    tensor,
    tensors,
    refresh,
    newCall,
    readCall,
    isTransferable,
    guarded: (where, call) => (a, b, c, d) => {
      // Getters of the arguments run while they are read.
      if (busy) throw new TypeError(`${where}: another call is reading its arguments`);
      if (memory?.length === 0) {
        throw new TypeError(
          `${where}: the memory of this instance is gone: an array of its params was transferred; make a new instance`,
        );
      }
      busy = true;
      try {
        return call(a, b, c, d);
      } finally {
        busy = false;
        // A refused call may not have come to reading them.
        for (let i = 0; i < all.length; i++) /** @type {CallArgument} */ (all[i]).value = undefined;
      }
    },
    begin(call) {
      const made = pending;
      pending = call;
      loaded = undefined;
      return made;
    },
    hold(handedOut = open) {
      change++;
      open = handedOut;
    },
    run(entry, call) {
      if (loaded !== call) {
        loaded = call;
        for (let i = 0; i < extents.length; i++) extents[i]?.data.set(/** @type {Int32Array} */ (call.extents[i]));
        for (let i = 0; i < labels.length; i++) table[i] = /** @type {number} */ (call.sizes[i]);
        table[labels.length] = call.full ? 1 : 0;
      }
      if (open) change++;
      const isSettled = settled.get(entry) === change;
      table[labels.length + 1] = isSettled ? 0 : 1;
      kernels[entry]?.();
      if (!isSettled) settled.set(entry, change);
    },
  };
}
