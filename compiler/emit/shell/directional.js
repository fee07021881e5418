// Derivatives in a direction: the tangents that `jvp` and `hvp` take, and `jvp`.
import { checkTensors, countOf, namesOf, none, placeOf, take } from "./check.js";
import { resultOf, write, writeAll } from "./tensors.js";

/** @import { Core, GivenCall, Sequence, AxisSizes, BufferedTensor } from "./instance-parts.js" */

/**
 * Tangents of what goes into a call: `{ x, m, h, params: { W } }`, missing ones zero. The tangent of an initial state
 * adds to what the tangents of parameters and contexts make of a computed one.
 * @param {Core} core
 * @param {Sequence} sequence
 * @param {string} where
 */
export function tangents(core, sequence, where) {
  const values = [...core.tensors("input", ["tangent"]), ...core.tensors("context", ["tangent"])];
  const states = core.tensors("initial", ["tangent"]);
  // Indices have no tangents.
  const taken = sequence.states.filter(({ high }) => high === undefined);
  const params = core.tensors("param", ["tangent"]);
  const named = placeOf("params");
  const names = namesOf([...values, ...states, named]);
  const paramNames = namesOf(params);
  const whereParams = `${where}: params`;
  return {
    /** @type {(given: GivenCall) => void} */
    take(given) {
      take(where, given, names);
      take(whereParams, named.value === undefined ? none : named.value, paramNames);
    },
    /** @type {(sizes: AxisSizes) => void} */
    check(sizes) {
      checkTensors(where, values, sizes, values);
      checkTensors(where, states, sizes, states);
      checkTensors(whereParams, params, sizes, params);
    },
    write() {
      const { sizes } = sequence.call;
      writeAll(values, sizes);
      writeAll(params, sizes);
      core.hold();
      if (sequence.computes) core.run("initialJvp", sequence.call);
      for (let i = 0; i < states.length; i++) {
        const tensor = /** @type {BufferedTensor} */ (states[i]);
        const { data } = tensor;
        const value = /** @type {ArrayLike<number> | undefined} */ (tensor.value);
        const count = countOf(tensor, sizes);
        if (taken[i]?.given || !tensor.computed) write(tensor, sizes);
        else if (value !== undefined) {
          for (let k = 0; k < count; k++) data[k] = (data[k] ?? 0) + (value[k] ?? 0);
        }
        tensor.value = undefined;
      }
    },
  };
}

/**
 * @param {Core} core
 * @param {Sequence} sequence
 */
export function jvp(core, sequence) {
  const direction = tangents(core, sequence, "jvp: tangents");
  const result = resultOf(core, core.tensors("output", ["tangent"]), { final: core.tensors("final", ["tangent"]) });
  return {
    /** @type {(values: GivenCall, given: GivenCall) => Record<string, unknown>} */
    jvp(values, given) {
      sequence.take("jvp", values);
      direction.take(given);
      direction.check(sequence.check("jvp"));
      sequence.begin();
      direction.write();
      core.run("jvp", sequence.call);
      return result(sequence.call.sizes);
    },
  };
}
