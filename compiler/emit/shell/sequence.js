// Whole sequences: `forward`.
import { checkTensors, namesOf, take } from "./check.js";
import { resultOf, write, writeAll } from "./tensors.js";

/** @import { Core, Sequence, Slot } from "./types.js" */

/**
 * @param {Core} core
 * @returns {Sequence}
 */
export function createSequence(core) {
  const inputs = [...core.slots("input"), ...core.slots("context")];
  const indices = inputs.filter((slot) => slot.high !== undefined);
  const states = core.slots("initial");
  const known = namesOf([...inputs, ...states, ...core.options.all]);
  const result = resultOf(core, core.slots("output"), { final: core.slots("final"), ...core.told });
  /** @type {Sequence} */
  const sequence = {
    call: core.newCall(),
    inputs,
    result,
    states,
    computes: false,
    ran: false,
    take(where, values) {
      take(where, values, known);
    },
    check(where) {
      const call = core.readCall(where);
      const { sizes } = call;
      for (let i = 0; i < indices.length; i++) {
        /** @type {Slot} */ (indices[i]).ragged = call.full ? undefined : call;
      }
      checkTensors(where, inputs, sizes, true);
      checkTensors(where, states, sizes, false);
      return sizes;
    },
    begin() {
      const call = (sequence.call = core.begin(sequence.call));
      sequence.ran = false;
      writeAll(inputs, call.sizes);
      sequence.computes = false;
      for (let i = 0; i < states.length; i++) {
        const slot = /** @type {Slot} */ (states[i]);
        slot.given = slot.value !== undefined;
        if (slot.computed && !slot.given) sequence.computes = true;
      }
      if (sequence.computes) core.run("initial", call);
      for (let i = 0; i < states.length; i++) {
        const slot = /** @type {Slot} */ (states[i]);
        if (slot.given || !slot.computed) write(slot, call.sizes);
      }
    },
    forward(values) {
      sequence.take("forward", values);
      sequence.check("forward");
      sequence.begin();
      core.run("forward", sequence.call);
      sequence.ran = true;
      return result(sequence.call.sizes);
    },
  };
  return sequence;
}
