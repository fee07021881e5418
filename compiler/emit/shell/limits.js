// Indices below a size that each example has for itself.

/** @import { Core } from "./instance-parts.js" */

/**
 * Tensors of such indices know how far those of an example go.
 * @param {Core} core
 */
export function createLimits(core) {
  const { manifest, readCall, tensors } = core;
  const { axes } = manifest;
  const bounds = new Map(
    [...manifest.inputs, ...manifest.contexts, ...manifest.states].flatMap(({ name, bound }) =>
      typeof bound === "string" ? [[name, axes.findIndex((axis) => axis.name === bound)]] : [],
    ),
  );
  /** What was read last, of which states are. */
  let last = core.newCall();
  const most = [...last.sizes];
  Object.assign(core, {
    /** @type {Core["tensors"]} */
    tensors(kind, derived, streamed) {
      const made = tensors(kind, derived, streamed);
      for (const tensor of made) {
        const place = tensor.high === undefined ? undefined : bounds.get(tensor.name);
        if (place === undefined) continue;
        tensor.high = /** @type {number} */ (most[place]) - 1;
        tensor.limit = (i, count) => {
          const { sizes, extents } = tensor.ragged ?? last;
          return Number(extents[place - 1]?.[Math.floor((i * /** @type {number} */ (sizes[0])) / count)]) - 1;
        };
      }
      return made;
    },
    /** @type {Core["readCall"]} */
    readCall: (where, isWhole) => (last = readCall(where, isWhole)),
  });
}
