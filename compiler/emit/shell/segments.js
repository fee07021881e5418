// Gradients in segments: sums over the steps that go on from one `backward` to the next.
import { describe, fields, none } from "./check.js";
import { bufferName } from "./roles.js";

/** @import { Core, SizedCall } from "./instance-parts.js" */

/** Steps of the blocks that sums are cut into. */
const block = 64;

/**
 * Gives `backward` the option `continues`: its sums go on with those of the `backward` before it, which was of the steps that follow.
 * @param {Core} core
 */
export function createSegments(core) {
  const { manifest, buffers, guarded, run } = core;
  const counts = /** @type {Int32Array | undefined} */ (buffers[bufferName("counts", "sums")]);
  const along = manifest.axes.findIndex(({ name }) => name === manifest.has.segments?.axis);
  let continues = false;
  /** The sizes of the call that the sums are of, with none along the segments. @type {number[] | undefined} */
  let last;
  Object.assign(core, {
    /** @type {Core["guarded"]} */
    guarded: (where, call) =>
      where === "backward"
        ? guarded(where, (values, options = none) => {
            const [given = false] = fields(`${where}: options`, options, ["continues"]);
            if (typeof given !== "boolean")
              throw new TypeError(`${where}: continues must be true or false, got ${describe(given)}`);
            continues = given;
            try {
              return call(values);
            } finally {
              continues = false;
            }
          })
        : guarded(where, call),
    /** @type {Core["run"]} */
    run(entry, call) {
      if (entry === "backward") {
        const others = call.sizes.map((size, i) => (i === along ? 0 : size));
        if (!continues) counts?.fill(0);
        else check(last, others, call);
        last = others;
      }
      run(entry, call);
    },
  });
  /** @type {(before: number[] | undefined, others: number[], call: SizedCall) => void} */
  const check = (before, others, { sizes }) => {
    const name = manifest.axes[along]?.name;
    const length = sizes[along];
    if (Number(length) % block !== 0)
      throw new RangeError(`backward: steps before others must be a multiple of ${block}; ${name} is ${length}`);
    if (before?.join() !== others.join())
      throw new TypeError("backward: it continues a backward of the same sizes, and there was none");
  };
}
