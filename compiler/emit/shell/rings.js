// Delay lines of a stream, which steps keep as rings.

/** @import { Core } from "./instance-parts.js" */

/**
 * Brings states into the rings before a step where they were written, and back where they are read.
 * @param {Core} core
 */
export function createRings(core) {
  const { run } = core;
  /** The call whose states the rings have. @type {Parameters<Core["run"]>[1] | undefined} */
  let held;
  Object.assign(core, {
    /** @type {Core["run"]} */
    run(entry, call) {
      if (entry === "step" && held === undefined) run("takeRings", (held = call));
      run(entry, call);
    },
    /** @type {NonNullable<Core["order"]>} */
    order(replaced) {
      if (held !== undefined && !replaced) run("giveRings", held);
      held = undefined;
    },
  });
}
