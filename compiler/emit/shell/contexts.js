// Contexts of a stream, which are kept from step to step.
import { checkTensor } from "./check.js";
import { write } from "./tensors.js";

/** @import { Contexts, Core, Slot } from "./types.js" */

/**
 * @param {Core} core
 * @returns {Contexts}
 */
export function createContexts(core) {
  const slots = core.slots("context", [], true);
  return {
    slots,
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
      for (let i = 0; i < slots.length; i++) {
        const slot = /** @type {Slot} */ (slots[i]);
        if (slot.high !== undefined) slot.ragged = call.full ? undefined : call;
        if (slot.value !== undefined || required(slot)) checkTensor(where, slot, sizes);
      }
    },
    write(call, begins = false) {
      let any = begins;
      for (let i = 0; i < slots.length; i++) {
        const slot = /** @type {Slot} */ (slots[i]);
        if (slot.value === undefined) continue;
        write(slot, call.sizes);
        slot.given = any = true;
      }
      // What a network makes of them alone.
      if (any) core.run("stepContexts", call);
    },
    forget() {
      for (const slot of slots) slot.given = false;
    },
  };
}
