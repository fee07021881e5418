// Initial values of parameters by expressions, which the kernels compute of what is drawn here.
import { initialValues } from "./random.js";
import { bufferName } from "./roles.js";

/** @import { Core, DrawEntry, OptionalParts, BufferedTensor } from "./instance-parts.js" */

/**
 * Computes those that are no numbers or draws alone. They read each other as they are, so it takes a round for each that
 * waits for another.
 * @param {Core} core
 * @param {OptionalParts} parts
 * @param {readonly BufferedTensor[]} tensors those of the parameters, then of the fixed values
 */
export function createStarts(core, parts, tensors) {
  const { manifest, buffers } = core;
  const computed = [...manifest.params, ...(manifest.fixed ?? [])].flatMap(({ name, initializer }, i) =>
    initializer.kind === "computed"
      ? [
          {
            random: initializer.random,
            tensor: /** @type {BufferedTensor} */ (tensors[i]),
            made: buffers[bufferName("start", name)],
          },
        ]
      : [],
  );
  const call = core.newCall();

  /** Each head is drawn for itself. @type {(draw: DrawEntry, seed: number) => void} */
  const fill = ({ name, initializer, shape, heads }, seed) => {
    const data = /** @type {Float64Array} */ (buffers[bufferName("draw", name)]);
    const count = data.length / heads;
    let own = /** @type {number[]} */ (shape);
    for (let left = heads; left > 1 && own.length > 0; own = own.slice(1)) left /= /** @type {number} */ (own[0]);
    for (let head = 0; head < heads; head++) {
      const values = initialValues(initializer, own, seed, heads > 1 ? `${name} ${head}` : name, parts);
      // Below 1 in float32 too: there are logarithms of them.
      if (initializer.kind === "uniform") values.forEach((value, i) => (values[i] = Math.min(value, 1 - 2 ** -24)));
      data.set(values, head * count);
    }
  };

  /** @param {number | undefined} seed @param {boolean} [all] */
  return (seed, all) => {
    const chosen = computed.filter(({ random, tensor }) => (seed !== undefined || !random) && (all || !tensor.given));
    if (chosen.length === 0) return;
    for (const draw of manifest.draws ?? [])
      if (seed !== undefined || draw.initializer.law === undefined) fill(draw, seed ?? 0);
    for (let round = 0; round < (manifest.startRounds ?? 1); round++) {
      core.hold();
      core.run("start", call);
      for (const { tensor, made } of chosen) tensor.data.set(/** @type {Float64Array} */ (made));
    }
  };
}
