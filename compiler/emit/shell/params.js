// Parameters: their arrays, what they start with, and how they are set.
import { checkInteger, checkTensors, namesOf, take } from "./check.js";
import { initialValues } from "./random.js";
import { record, write } from "./tensors.js";

/** @import { Core, Given, Parts, Slot } from "./types.js" */

/**
 * A parameter has the values of `init(0)` until it is set. They are made when somebody looks, or when the first kernel
 * runs: whoever loads weights into a new instance does not wait for random numbers. A slot is `given` once it has values.
 * @param {Core} core
 * @param {Parts} parts
 */
export function createParams(core, parts) {
  const slots = core.slots("params", "param.");
  const names = namesOf(slots);

  /** @type {(slot: Slot, seed: number) => void} */
  const initialise = (slot, seed) => {
    const { name, initializer, shape } = /** @type {typeof core.manifest.params[number]} */ (
      core.manifest.params[slots.indexOf(slot)]
    );
    slot.data.set(initialValues(initializer, /** @type {number[]} */ (shape), seed, name, parts));
    slot.given = true;
  };

  /** @param {Slot} slot */
  const settle = (slot) => {
    if (!slot.given) initialise(slot, 0);
  };
  core.beforeFirstRun(() => slots.forEach(settle));

  const params = record();
  for (const slot of slots) {
    const get = () => {
      settle(slot);
      // Whoever reads a parameter's array may write into it.
      core.hold(true);
      return slot.data;
    };
    Object.defineProperty(params, slot.name, { get, enumerable: true });
  }

  return {
    params: Object.freeze(params),
    /** Sets every parameter by its declared initialiser. @param {number} seed */
    init(seed) {
      checkInteger("init", "seed", seed, 0, Number.MAX_SAFE_INTEGER);
      for (const slot of slots) initialise(slot, seed);
      core.hold();
    },
    /** Copies values into parameters, without handing out arrays. @param {Given} values */
    setParams(values) {
      take("setParams", values, names);
      checkTensors("setParams", slots, [], false);
      for (const slot of slots) {
        if (slot.value === undefined) continue;
        write(slot, []);
        slot.given = true;
      }
      core.hold();
    },
    /** Promises that nobody writes into arrays that were handed out. */
    freeze: () => core.hold(false),
  };
}
