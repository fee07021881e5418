// Lengths that values tell: before an entry runs that has them, another one finds them.
import { bufferName } from "./roles.js";

/** @import { Core } from "./instance-parts.js" */

/** Entries over all that a call gives. @type {readonly string[]} */
const wholeEntries = ["forward", "jvp", "hvp"];

/** @param {Core} core */
export function createFound(core) {
  const { manifest, buffers, run } = core;
  const refresh = /** @type {NonNullable<Core["refresh"]>} */ (core.refresh);
  /** By the place of the axis. @type {(ArrayLike<number> | undefined)[]} */
  const lengths = manifest.axes.map(({ name, found }) => (found ? buffers[bufferName("found", name)] : undefined));
  Object.assign(core, {
    /** @type {Core["run"]} */
    run(entry, call) {
      if (wholeEntries.includes(entry)) {
        // Each is as long as it can be, until it is known; and what has the sizes of before is another call to the kernels.
        const where = core.called?.(entry) ?? entry;
        refresh(where, call, true);
        run("lengths", { ...call });
        refresh(where, call, true, lengths);
        call.full = false;
      }
      run(entry, call);
    },
  });
}
