// Sizes that follow from those of a call, as results tell them.

/** @import { Core } from "./instance-parts.js" */

/**
 * Results have the sizes of their examples that the shapes of outputs ask for. They are those of what ran last, as outputs are.
 * @param {Core} core
 */
export function createTold(core) {
  const { manifest, run } = core;
  const [batch = 1] = core.newCall().sizes;
  const sizes = manifest.axes.flatMap(({ name, size }, i) =>
    size !== undefined && manifest.outputs.some(({ shape }) => shape.includes(name))
      ? [{ name, i, dims: [~0], data: new Int32Array(batch) }]
      : [],
  );
  if (sizes.length === 0) return;
  Object.assign(core, {
    /** @type {Core["told"]} */
    told: { sizes },
    /** @type {Core["run"]} */
    run(entry, call) {
      run(entry, call);
      if (entry === "forward")
        for (const { i, data } of sizes) data.set(/** @type {Int32Array} */ (call.extents[i - 1]));
    },
  });
}
