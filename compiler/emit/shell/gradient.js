// Reverse mode: `backward`.
import { checkTensors, countOf, namesOf, none, placeOf, take } from "./check.js";
import { resultOf, writeAll } from "./tensors.js";

/** @import { Core, Derivation, GivenCall, Sequence, AxisSizes, BufferedTensor } from "./instance-parts.js" */

/** @type {readonly Derivation[]} */
export const grad = ["grad"];

/**
 * Cotangents, or tangents of cotangents, of outputs and final states: `{ y, final: { h } }`, missing ones zero.
 * @param {Core} core
 * @param {readonly Derivation[]} derived
 * @param {string} where
 */
export function cotangents(core, derived, where) {
  const outputs = core.tensors("output", derived);
  const finals = core.tensors("final", derived);
  const final = placeOf("final");
  const names = namesOf([...outputs, final]);
  const finalNames = namesOf(finals);
  const whereFinal = `${where}: final`;
  return {
    /** @type {(values: GivenCall) => void} */
    take(values) {
      take(where, values, names);
      take(whereFinal, final.value === undefined ? none : final.value, finalNames);
    },
    /** @type {(sizes: AxisSizes) => void} */
    check(sizes) {
      checkTensors(where, outputs, sizes, outputs);
      checkTensors(whereFinal, finals, sizes, finals);
    },
    /** @type {(sizes: AxisSizes) => void} */
    write(sizes) {
      writeAll(outputs, sizes);
      writeAll(finals, sizes);
    },
  };
}

/**
 * Gradients of a call, or their tangents.
 * @param {Core} core
 * @param {readonly Derivation[]} derived
 */
export function gradientResult(core, derived) {
  const given = core.manifest.has.gradient === "params" ? [] : [...core.tensors("input", derived), ...core.tensors("context", derived)]; // prettier-ignore
  const params = core.tensors("param", derived);
  const byRows = derived === grad ? core.byRows : undefined;
  const result = resultOf(core, given, {
    initial: core.tensors("initial", derived),
    params: byRows?.others(params) ?? params,
  });
  if (byRows === undefined) return result;
  /** @type {Record<string, any>} */
  let made;
  /** @type {Record<string, any>} */
  let shown;
  /** @type {typeof result} */
  return (sizes) => {
    const found = result(sizes);
    if (found !== made) shown = byRows.shown((made = found));
    return shown;
  };
}

/**
 * Carries the gradients of computed initial values on to parameters and contexts, with the entry `name`. Given initial
 * values do not depend on those: their gradients are set aside meanwhile.
 * @param {Core} core
 * @param {Sequence} sequence
 * @param {readonly (readonly Derivation[])[]} derivations of which buffers
 */
export function createInitialGradient(core, sequence, derivations) {
  // Indices have no gradients.
  const states = sequence.states.filter(({ high }) => high === undefined);
  const tensors = derivations.flatMap((derived) => core.tensors("initial", derived));
  // Room is only needed where one state may be given while another is computed, an index among them.
  const several = sequence.states.filter((tensor) => tensor.computed).length > 1;
  const kept = tensors.map((tensor) => (several && tensor.computed ? tensor.data.slice() : undefined));
  /** @type {(visit: (data: BufferedTensor["data"], copy: BufferedTensor["data"], count: number) => void) => void} */
  const eachGiven = (visit) => {
    for (let i = 0; i < tensors.length; i++) {
      const tensor = /** @type {BufferedTensor} */ (tensors[i]);
      const copy = kept[i];
      if (copy === undefined || !states[i % states.length]?.given) continue;
      visit(tensor.data, copy, countOf(tensor, sequence.call.sizes));
    }
  };
  /** @type {(data: BufferedTensor["data"], copy: BufferedTensor["data"], count: number) => void} */
  const setAside = (data, copy, count) => {
    for (let k = 0; k < count; k++) copy[k] = /** @type {number} */ (data[k]);
    data.fill(0, 0, count);
  };
  /** @type {(data: BufferedTensor["data"], copy: BufferedTensor["data"], count: number) => void} */
  const putBack = (data, copy, count) => {
    for (let k = 0; k < count; k++) data[k] = /** @type {number} */ (copy[k]);
  };
  /** @param {"initialBackward" | "initialHvp"} entry */
  return (entry) => {
    if (!sequence.computes) return;
    eachGiven(setAside);
    core.run(entry, sequence.call);
    eachGiven(putBack);
  };
}

/**
 * @param {Core} core
 * @param {Sequence} sequence
 */
export function gradient(core, sequence) {
  const given = cotangents(core, grad, "backward");
  const result = gradientResult(core, grad);
  const initialGradient = createInitialGradient(core, sequence, [grad]);
  return {
    /** @param {GivenCall} values */
    backward(values = none) {
      const { sizes } = sequence.call;
      if (!sequence.ran)
        throw new TypeError("backward: call forward first; its results are what backward differentiates");
      given.take(values);
      given.check(sizes);
      given.write(sizes);
      core.run("backward", sequence.call);
      initialGradient("initialBackward");
      return result(sizes);
    },
  };
}
