// Reverse mode: `backward`.
import { checkTensors, countOf, namesOf, none, placeOf, take } from "./check.js";
import { resultOf, writeAll } from "./tensors.js";

/** @import { Core, Derivation, GivenCall, Sequence, AxisSizes, Slot } from "./types.js" */

/** @type {readonly Derivation[]} */
export const grad = ["grad"];

/**
 * Cotangents, or tangents of cotangents, of outputs and final states: `{ y, final: { h } }`, missing ones zero.
 * @param {Core} core
 * @param {readonly Derivation[]} derived
 * @param {string} where
 */
export function cotangents(core, derived, where) {
  const outputs = core.slots("output", derived);
  const finals = core.slots("final", derived);
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
      checkTensors(where, outputs, sizes, false);
      checkTensors(whereFinal, finals, sizes, false);
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
  const given = core.manifest.has.gradient === "params" ? [] : [...core.slots("input", derived), ...core.slots("context", derived)]; // prettier-ignore
  const params = core.slots("param", derived);
  const byRows = derived === grad ? core.byRows : undefined;
  const result = resultOf(core, given, {
    initial: core.slots("initial", derived),
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
  const { states } = sequence;
  const slots = derivations.flatMap((derived) => core.slots("initial", derived));
  // Room is only needed where one state may be given while another is computed.
  const several = states.filter((slot) => slot.computed).length > 1;
  const kept = slots.map((slot) => (several && slot.computed ? slot.data.slice() : undefined));
  /** @type {(visit: (data: Slot["data"], copy: Slot["data"], count: number) => void) => void} */
  const eachGiven = (visit) => {
    for (let i = 0; i < slots.length; i++) {
      const slot = /** @type {Slot} */ (slots[i]);
      const copy = kept[i];
      if (copy === undefined || !states[i % states.length]?.given) continue;
      visit(slot.data, copy, countOf(slot, sequence.call.sizes));
    }
  };
  /** @type {(data: Slot["data"], copy: Slot["data"], count: number) => void} */
  const setAside = (data, copy, count) => {
    for (let k = 0; k < count; k++) copy[k] = /** @type {number} */ (data[k]);
    data.fill(0, 0, count);
  };
  /** @type {(data: Slot["data"], copy: Slot["data"], count: number) => void} */
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
