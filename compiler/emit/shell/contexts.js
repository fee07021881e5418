// Contexts of a stream, which are kept from step to step.
import { checkTensor, padIndices } from "./check.js";
import { write } from "./tensors.js";

/** @import { Contexts, Core, BufferedTensor } from "./instance-parts.js" */

/**
 * @param {Core} core
 * @returns {Contexts}
 */
export function createContexts(core) {
  const tensors = core.tensors("context", [], true);
  return {
    tensors,
    fit(call, next) {
      return (
        next.sizes.every((size, i) => i === core.streamAt || size === call.sizes[i]) &&
        next.extents.every(
          (extent, i) =>
            // A stream goes step by step. After the examples of the call stand sizes of other calls.
            i + 1 === core.streamAt ||
            extent.every((size, b) => b >= /** @type {number} */ (next.sizes[0]) || size === call.extents[i]?.[b]),
        )
      );
    },
    check(where, call, required) {
      const { sizes } = call;
      padIndices(tensors, call);
      for (let i = 0; i < tensors.length; i++) {
        const tensor = /** @type {BufferedTensor} */ (tensors[i]);
        if (tensor.value !== undefined || required(tensor)) checkTensor(where, tensor, sizes);
      }
    },
    write(call, begins = false) {
      let any = begins;
      for (let i = 0; i < tensors.length; i++) {
        const tensor = /** @type {BufferedTensor} */ (tensors[i]);
        if (tensor.value === undefined) continue;
        write(tensor, call.sizes);
        tensor.given = any = true;
      }
      // What a network makes of them alone.
      if (any) core.run("stepContexts", call);
    },
    forget() {
      for (const tensor of tensors) tensor.given = false;
    },
  };
}
