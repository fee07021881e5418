// Reverse mode: `backward`.
import { checkTensors, countOf, namesOf, placeOf, take } from "./check.js";
import { record, resultOf, writeAll } from "./tensors.js";

/** @import { Core, Given, Sequence, Sizes, Slot } from "./types.js" */

/**
 * Cotangents, or tangents of cotangents, of outputs and final states: `{ y, final: { h } }`, missing ones zero.
 * @param {Core} core
 * @param {string} prefix
 */
export function cotangents(core, prefix) {
  const outputs = core.slots("outputs", `${prefix}output.`, true);
  const finals = core.slots("states", `${prefix}final.`);
  const final = placeOf("final");
  const names = namesOf([...outputs, final]);
  const finalNames = namesOf(finals);
  const none = record();
  return {
    /** @type {(where: string, values: Given, sizes: Sizes) => void} */
    check(where, values, sizes) {
      take(where, values, names);
      checkTensors(where, outputs, sizes, false);
      const { value = none } = final;
      take(`${where}: final`, value, finalNames);
      checkTensors(`${where}: final`, finals, sizes, false);
    },
    /** @type {(sizes: Sizes) => void} */
    write(sizes) {
      writeAll(outputs, sizes);
      writeAll(finals, sizes);
    },
  };
}

/**
 * Gradients of a call in buffers named `prefix` and a role.
 * @param {Core} core
 * @param {string} prefix
 */
export function gradientResult(core, prefix) {
  const inputs = core.slots("inputs", `${prefix}input.`, true);
  return resultOf([...inputs, ...core.slots("contexts", `${prefix}context.`)], {
    initial: core.slots("states", `${prefix}initial.`),
    params: core.slots("params", `${prefix}param.`),
  });
}

/**
 * Carries the gradients of computed initial values on to parameters and contexts, with the entry `name`. Given initial
 * values do not depend on those: their gradients are set aside meanwhile.
 * @param {Core} core
 * @param {Sequence} sequence
 * @param {readonly string[]} prefixes
 */
export function createInitialGradient(core, sequence, prefixes) {
  const { states } = sequence;
  const slots = prefixes.flatMap((prefix) => core.slots("states", `${prefix}initial.`));
  // Room is only needed where one state may be given while another is computed.
  const several = states.filter((slot) => slot.computed).length > 1;
  const kept = slots.map((slot) => (several && slot.computed ? slot.data.slice() : undefined));
  /** @type {(visit: (slot: Slot, copy: Slot["data"], count: number) => void) => void} */
  const eachGiven = (visit) => {
    slots.forEach((slot, i) => {
      const copy = kept[i];
      if (copy !== undefined && states[i % states.length]?.given) visit(slot, copy, countOf(slot, sequence.call.sizes));
    });
  };
  /** @param {"initialBackward" | "initialHvp"} entry */
  return (entry) => {
    if (!sequence.computes) return;
    eachGiven((slot, copy, count) => {
      copy.set(slot.data.subarray(0, count));
      slot.data.fill(0, 0, count);
    });
    core.run(entry, sequence.call);
    eachGiven((slot, copy, count) => slot.data.set(copy.subarray(0, count)));
  };
}

/**
 * @param {Core} core
 * @param {Sequence} sequence
 */
export function gradient(core, sequence) {
  const given = cotangents(core, "grad.");
  const result = gradientResult(core, "grad.");
  const initialGradient = createInitialGradient(core, sequence, ["grad."]);
  return {
    /** @param {Given} values */
    backward(values = {}) {
      const { sizes } = sequence.call;
      if (!sequence.ran)
        throw new TypeError("backward: call forward first; its results are what backward differentiates");
      given.check("backward", values, sizes);
      given.write(sizes);
      core.run("backward", sequence.call);
      initialGradient("initialBackward");
      return result(sizes);
    },
  };
}
