// Derivatives in a direction: the tangents that `jvp` and `hvp` take, and `jvp`.
import { checkNames, checkTensors, own } from "./check.js";
import { namesOf, record, resultOf, write, writeAll } from "./tensors.js";

/** @import { Core, Given, Sequence, Sizes } from "./types.js" */

/**
 * Tangents of what goes into a call: `{ x, m, h, params: { W } }`, missing ones zero. The tangent of an initial state
 * adds to what the tangents of parameters and contexts make of a computed one.
 * @param {Core} core
 * @param {Sequence} sequence
 */
export function tangents(core, sequence) {
  const inputs = core.slots("inputs", "tangent.input.", true);
  const values = [...inputs, ...core.slots("contexts", "tangent.context.")];
  const states = core.slots("states", "tangent.initial.");
  const params = core.slots("params", "tangent.param.");
  const names = namesOf([...values, ...states], ["params"]);
  const paramNames = namesOf(params);
  const none = record();
  return {
    /** @type {(where: string, given: Given, sizes: Sizes) => void} */
    check(where, given, sizes) {
      checkNames(where, given, names);
      checkTensors(where, values, given, sizes, false);
      checkTensors(where, states, given, sizes, false);
      const named = own(given, "params");
      if (named === undefined) return;
      const inParams = `${where}: params`;
      checkTensors(inParams, params, checkNames(inParams, named, paramNames), sizes, false);
    },
    /** @type {(given: Given) => void} */
    write(given) {
      const { sizes } = sequence.call;
      writeAll(values, given, sizes);
      writeAll(params, /** @type {Given} */ (own(given, "params") ?? none), sizes);
      if (sequence.computes) core.run("initialJvp", sequence.call);
      states.forEach((slot, i) => {
        const value = /** @type {number[] | undefined} */ (own(given, slot.name));
        if (sequence.states[i]?.given || !slot.computed) write(slot, value, sizes);
        else value?.forEach((tangent, k) => (slot.data[k] = (slot.data[k] ?? 0) + tangent));
      });
    },
  };
}

/**
 * @param {Core} core
 * @param {Sequence} sequence
 */
export function jvp(core, sequence) {
  const direction = tangents(core, sequence);
  const result = resultOf(core.slots("outputs", "tangent.output.", true), {
    final: core.slots("states", "tangent.final."),
  });
  return {
    /** @type {(values: Given, given: Given) => Record<string, unknown>} */
    jvp(values, given) {
      direction.check("jvp: tangents", given, sequence.check("jvp", values));
      sequence.begin(values);
      direction.write(given);
      core.run("jvp", sequence.call);
      return result(sequence.call.sizes);
    },
  };
}
