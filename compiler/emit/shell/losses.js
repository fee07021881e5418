// Losses of networks: `forward` without what only they need, and `gradient`.
import { describe, fields, kindOf, none } from "./check.js";
import { grad, gradientResult } from "./gradient.js";
import { writeAll } from "./tensors.js";

/** @import { Core, GivenCall, Sequence, BufferedTensor } from "./instance-parts.js" */

/** The outputs of a loss: its value, the sum over the examples, and what that is divided by. @type {(loss: string) => [string, string, string]} */
export const partsOfLoss = (loss) => [loss, `${loss}.sum`, `${loss}.weight`];

/**
 * @param {Core} core
 * @param {Sequence} sequence
 */
export function losses(core, sequence) {
  const { inputs, result } = sequence;
  const names = core.manifest.losses ?? [];
  const ofLosses = core.manifest.inputs.flatMap(({ name, forLosses }) => (forLosses ? [name] : []));
  const optional = inputs.filter(({ name }) => ofLosses.includes(name));
  const outputs = core.tensors("output");
  /** @type {(name: string) => BufferedTensor} */
  const named = (name) => /** @type {BufferedTensor} */ (outputs.find((tensor) => tensor.name === name));
  const parts = names.map((name) => partsOfLoss(name).map((part) => named(part).data));
  /** Made of what such a call leaves out, perhaps: what losses alone read. */
  const ends = core.tensors("final").filter((_, i) => core.manifest.states[i]?.forLosses);
  /** @type {(where: string, values: unknown, isWhole: boolean, entry?: "weights") => void} */
  const run = (where, values, isWhole, entry) => {
    sequence.take(where, /** @type {GivenCall} */ (values));
    const isPart = !isWhole && optional.some(({ value }) => value === undefined);
    sequence.check(where, isPart ? optional : undefined);
    sequence.begin();
    core.run(entry ?? "forward", sequence.call);
    if (entry) return;
    // Without losses there is nothing that `backward` could differentiate.
    sequence.ran = !isPart;
    if (!isPart) return;
    for (const part of parts.flat()) part[0] = NaN;
    for (const { data } of ends) data.fill(NaN);
  };
  /** @type {{ [method: string]: (...given: unknown[]) => unknown }} */
  const methods = {
    forward(values) {
      run("forward", values, false);
      return result(sequence.call.sizes);
    },
  };
  if (!core.manifest.has.gradient) return methods;
  const cotangents = [...core.tensors("output", grad), ...core.tensors("final", grad)];
  const gradients = gradientResult(core, grad);
  /** @type {(divisor: unknown, name: string) => number | undefined} */
  const divisorOf = (divisor, name) => {
    if (divisor === undefined) return undefined;
    if (typeof divisor === "number" && divisor > 0 && divisor < Infinity) return divisor;
    throw new TypeError(`gradient: per.${name} must be a number above 0, got ${describe(divisor)}`);
  };
  /** One number for all losses, or one for each by its name. @type {(per: unknown) => (number | undefined)[]} */
  const divisorsOf = (per) => {
    if (typeof per === "number") return names.map((name) => divisorOf(per, name));
    if (per === undefined) return names.map(() => undefined);
    if (typeof per !== "object" || per === null || kindOf(per) !== undefined)
      throw new TypeError(`gradient: per must be a number or an object, got ${describe(per)}`);
    return fields("gradient: per", per, names).map((divisor, i) => divisorOf(divisor, names[i] ?? ""));
  };
  methods["gradient"] = (values, options = none) => {
    const [per] = fields("gradient: options", options, ["per"]);
    const divisors = divisorsOf(per);
    run("gradient", values, true);
    writeAll(cotangents, sequence.call.sizes);
    /** @type {Record<string, { value: number; sum: number; weight: number }>} */
    const told = Object.create(null);
    let loss = 0;
    names.forEach((name, i) => {
      const [value = 0, sum = 0, weight = 0] = (parts[i] ?? []).map((part) => part[0]);
      const divisor = divisors[i];
      const at = cotangents.find((tensor) => tensor.name === partsOfLoss(name)[divisor === undefined ? 0 : 1]);
      if (at !== undefined) at.data[0] = divisor === undefined ? 1 : 1 / divisor;
      told[name] = { value: divisor === undefined ? value : sum / divisor, sum, weight };
      loss += told[name].value;
    });
    core.run("backward", sequence.call);
    const { final } = result(sequence.call.sizes);
    return Object.freeze({ ...gradients(sequence.call.sizes), loss, losses: told, final });
  };
  if (names.length > 1) {
    methods["weights"] = (values) => {
      run("weights", values, true, "weights");
      return Object.fromEntries(names.map((name, i) => [name, parts[i]?.[2]?.[0]]));
    };
  }
  return methods;
}
