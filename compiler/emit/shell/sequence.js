// Whole sequences: `forward`.
import { checkNames, checkTensors, own } from "./check.js";
import { namesOf, resultOf, write, writeAll } from "./tensors.js";

/** @import { Core, Sequence } from "./types.js" */

/**
 * @param {Core} core
 * @returns {Sequence}
 */
export function createSequence(core) {
  const inputs = [...core.slots("inputs", "input.", true), ...core.slots("contexts", "context.")];
  const states = core.slots("states", "initial.");
  const known = namesOf([...inputs, ...states], ["lengths", "sizes", "batch", "steps"]);
  const result = resultOf(core.slots("outputs", "output.", true), { final: core.slots("states", "final.") });
  /** @type {Sequence} */
  const sequence = {
    call: core.newCall(),
    states,
    computes: false,
    ran: false,
    check(where, values) {
      checkNames(where, values, known);
      const { sizes } = core.readCall(where, values);
      checkTensors(where, inputs, values, sizes, true);
      checkTensors(where, states, values, sizes, false);
      return sizes;
    },
    begin(values) {
      const call = (sequence.call = core.begin(sequence.call));
      sequence.ran = false;
      writeAll(inputs, values, call.sizes);
      sequence.computes = false;
      for (const slot of states) {
        slot.given = own(values, slot.name) !== undefined;
        if (slot.computed && !slot.given) sequence.computes = true;
      }
      if (sequence.computes) core.run("initial", call);
      for (const slot of states) {
        if (slot.given || !slot.computed) write(slot, own(values, slot.name), call.sizes);
      }
    },
    forward(values) {
      sequence.check("forward", values);
      sequence.begin(values);
      core.run("forward", sequence.call);
      sequence.ran = true;
      return result(sequence.call.sizes);
    },
  };
  return sequence;
}
