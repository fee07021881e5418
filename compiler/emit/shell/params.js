// Parameters: their arrays, what they start with, and how they are set.
import { checkInteger, checkTensors, describe, fields, namesOf, none, take } from "./check.js";
import { initialValues } from "./random.js";
import { record, write } from "./tensors.js";

/** @import { Core, GivenCall, OptionalParts, BufferedTensor } from "./instance-parts.js" */

/**
 * Parameters that are declared without random numbers begin as declared. The others wait for the seed that `init` is given,
 * and are 0 until then: nobody who loads weights waits for random numbers, and nothing depends on a seed that nobody chose.
 * @param {Core} core
 * @param {OptionalParts} parts
 */
export function createParams(core, parts) {
  const { manifest } = core;
  const paramTensors = core.tensors("param");
  const fixedTensors = core.tensors("fixed");
  const tensors = [...paramTensors, ...fixedTensors];
  const names = namesOf(tensors);

  const starts = parts.createStarts?.(core, parts, tensors);
  /** @type {(seed: number | undefined, all?: boolean) => void} */
  const initialise = (seed, all) => {
    [...manifest.params, ...(manifest.fixed ?? [])].forEach(({ name, initializer, shape }, i) => {
      const tensor = /** @type {BufferedTensor} */ (tensors[i]);
      if (initializer.kind === "computed") return;
      if (seed === undefined && (initializer.law || initializer.kind === "zeros")) return;
      // A fixed value stays as its caller has it.
      if (tensor.given && !all) return;
      tensor.data.set(initialValues(initializer, /** @type {number[]} */ (shape), seed ?? 0, name, parts));
    });
    starts?.(seed, all);
  };
  initialise(undefined);

  /** @param {readonly BufferedTensor[]} list */
  const arrays = (list) => {
    const made = record();
    for (const tensor of list) {
      const get = () => {
        // Whoever reads a parameter's array may write into it.
        core.hold(true);
        tensor.given = fixedTensors.includes(tensor);
        return tensor.data;
      };
      Object.defineProperty(made, tensor.name, { get, enumerable: true });
    }
    return Object.freeze(made);
  };

  return {
    params: arrays(paramTensors),
    ...(fixedTensors.length > 0 && { fixed: arrays(fixedTensors) }),
    /**
     * Sets every parameter by its declared initialiser, and the fixed values that nobody has set; all with `fixed`.
     * @param {number} seed
     * @param {GivenCall} options
     */
    init(seed, options = none) {
      checkInteger("init", "seed", seed, 0, Number.MAX_SAFE_INTEGER);
      const [all = false] = fields("init", options, fixedTensors.length > 0 ? ["fixed"] : []);
      if (typeof all !== "boolean") throw new TypeError(`init: fixed must be true or false, got ${describe(all)}`);
      initialise(seed, all);
      core.hold();
    },
    /** Copies values into parameters, without handing out arrays. @param {GivenCall} values */
    setParams(values) {
      take("setParams", values, names);
      checkTensors("setParams", tensors, [], tensors);
      for (const tensor of tensors) {
        if (tensor.value === undefined) continue;
        write(tensor, []);
        tensor.given = fixedTensors.includes(tensor);
      }
      core.hold();
    },
    /** Promises that nobody writes into arrays that were handed out. */
    freeze: () => core.hold(false),
  };
}
