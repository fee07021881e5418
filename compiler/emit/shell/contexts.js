// Contexts of a stream, which are kept from step to step.
import { checkTensor, own } from "./check.js";
import { write } from "./tensors.js";

/** @import { Contexts, Core } from "./types.js" */

/**
 * @param {Core} core
 * @returns {Contexts}
 */
export function createContexts(core) {
  const slots = core.slots("contexts", "step.context.");
  return {
    slots,
    fit(call, next) {
      return (
        next.sizes.every((size, i) => i === 1 || size === call.sizes[i]) &&
        next.extents.every((extent, i) =>
          // Behind the examples of the call stand sizes of other calls.
          extent.every((size, b) => b >= /** @type {number} */ (next.sizes[0]) || size === call.extents[i]?.[b]),
        )
      );
    },
    check(where, values, sizes, required) {
      for (const slot of slots) {
        const value = own(values, slot.name);
        if (value !== undefined || required(slot)) checkTensor(where, slot, value, sizes);
      }
    },
    write(values, sizes) {
      for (const slot of slots) {
        const value = own(values, slot.name);
        if (value === undefined) continue;
        write(slot, value, sizes);
        slot.given = true;
      }
    },
    forget() {
      for (const slot of slots) slot.given = false;
    },
  };
}
