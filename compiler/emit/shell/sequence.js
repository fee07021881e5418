// Whole sequences: `forward`.
import { checkTensors, namesOf, padIndices, take } from "./check.js";
import { resultOf, write, writeAll } from "./tensors.js";

/** @import { Core, Sequence, BufferedTensor } from "./instance-parts.js" */

/**
 * @param {Core} core
 * @param {string} place what messages of `forward` are of
 * @returns {Sequence}
 */
export function createSequence(core, place = "forward") {
  const inputs = [...core.tensors("input"), ...core.tensors("context")];
  const states = core.tensors("initial");
  const known = namesOf([...inputs, ...states, ...core.options.all]);
  const result = resultOf(core, core.tensors("output"), { final: core.tensors("final"), ...core.told });
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
    check(where, optional) {
      const call = core.readCall(where, true);
      const { sizes } = call;
      padIndices(inputs, call);
      checkTensors(where, inputs, sizes, optional);
      checkTensors(where, states, sizes, states);
      return sizes;
    },
    begin() {
      const call = (sequence.call = core.begin(sequence.call));
      sequence.ran = false;
      writeAll(inputs, call.sizes);
      sequence.computes = false;
      for (let i = 0; i < states.length; i++) {
        const tensor = /** @type {BufferedTensor} */ (states[i]);
        tensor.given = tensor.value !== undefined;
        if (tensor.computed && !tensor.given) sequence.computes = true;
      }
      if (sequence.computes) core.run("initial", call);
      for (let i = 0; i < states.length; i++) {
        const tensor = /** @type {BufferedTensor} */ (states[i]);
        if (tensor.given || !tensor.computed) write(tensor, call.sizes);
      }
    },
    forward(values) {
      sequence.take(place, values);
      sequence.check(place);
      sequence.begin();
      core.run("forward", sequence.call);
      sequence.ran = true;
      return result(sequence.call.sizes);
    },
  };
  return sequence;
}
