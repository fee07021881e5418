// Parameters: their arrays, what they start with, and how they are set.
import { checkInteger, checkTensors, namesOf, take } from "./check.js";
import { initialValues } from "./random.js";
import { record, write } from "./tensors.js";

/** @import { Core, Given, Parts, Slot } from "./types.js" */

/**
 * Parameters that are declared without random numbers begin as declared. The others wait for the seed that `init` is given,
 * and are 0 until then: nobody who loads weights waits for random numbers, and nothing depends on a seed that nobody chose.
 * @param {Core} core
 * @param {Parts} parts
 */
export function createParams(core, parts) {
  const slots = core.slots("params", "param.");
  const names = namesOf(slots);

  /** @type {(seed: number | undefined) => void} */
  const initialise = (seed) =>
    core.manifest.params.forEach(({ name, initializer, shape }, i) => {
      if (seed === undefined && !/^(constant|ones|identity)$/.test(initializer.kind)) return;
      const values = initialValues(initializer, /** @type {number[]} */ (shape), seed ?? 0, name, parts);
      /** @type {Slot} */ (slots[i]).data.set(values);
    });
  initialise(undefined);

  const params = record();
  for (const slot of slots) {
    const get = () => {
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
      initialise(seed);
      core.hold();
    },
    /** Copies values into parameters, without handing out arrays. @param {Given} values */
    setParams(values) {
      take("setParams", values, names);
      checkTensors("setParams", slots, [], false);
      for (const slot of slots) if (slot.value !== undefined) write(slot, []);
      core.hold();
    },
    /** Promises that nobody writes into arrays that were handed out. */
    freeze: () => core.hold(false),
  };
}
