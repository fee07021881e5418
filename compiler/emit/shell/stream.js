// Streaming, one step at a time: `step`, `reset`, `snapshot`, `restore`.
import { checkNames, checkTensor, checkTensors, countOf, own, quote } from "./check.js";
import { namesOf, record, resultOf, write, writeAll } from "./tensors.js";

/** @import { Core, Given, Sizes, Slot } from "./types.js" */

/** @param {Core} core */
export function createStream(core) {
  const { manifest } = core;
  const inputs = core.slots("inputs", "step.input.");
  const contexts = core.slots("contexts", "step.context.");
  const states = core.slots("states", "step.state.");
  const stepNames = namesOf([...inputs, ...contexts]);
  const resetNames = namesOf([...contexts, ...states], ["batch", "sizes"]);
  const snapshotNames = new Set(["cell", "batch", "sizes", "states", "contexts"]);
  const result = resultOf(core.slots("outputs", "step.output."), {});
  let call = core.newCall();
  const none = record();
  let running = false;

  /**
   * Checks contexts; those that are held from before may be missing where `keep` says so.
   * @type {(where: string, values: Given, sizes: Sizes, keep: boolean) => void}
   */
  const checkContexts = (where, values, sizes, keep) => {
    for (const slot of contexts) {
      const value = own(values, slot.name);
      if (value !== undefined || !(keep && slot.given)) checkTensor(where, slot, value, sizes);
    }
  };

  /** @param {Given} values */
  const writeContexts = (values) => {
    for (const slot of contexts) {
      const value = own(values, slot.name);
      if (value === undefined) continue;
      write(slot, value, call.sizes);
      slot.given = true;
    }
  };

  /** Would the sizes that were just read change the stream's? @type {(next: import("./types.js").Call) => boolean} */
  const resizes = (next) =>
    next.sizes.some((size, i) => i !== 1 && size !== call.sizes[i]) ||
    next.extents.some((extent, i) =>
      // Behind the examples of the call stand sizes of other calls.
      extent.some((size, b) => b < (next.sizes[0] ?? 0) && size !== call.extents[i]?.[b]),
    );

  /**
   * Starts a stream with the sizes that were just read and checked values.
   * @type {(values: Given, resized: boolean) => void}
   */
  const start = (values, resized) => {
    call = core.begin(call);
    if (resized) forgetContexts();
    writeContexts(values);
    if (mustCompute(values)) core.run("stepInitial", call);
    for (const slot of states) {
      const value = own(values, slot.name);
      if (value !== undefined || !slot.computed) write(slot, value, call.sizes);
    }
    running = true;
  };

  /** @param {Given} values */
  const mustCompute = (values) => states.some((slot) => slot.computed && own(values, slot.name) === undefined);

  const forgetContexts = () => {
    for (const slot of contexts) slot.given = false;
  };

  /** @param {Given} [values] */
  const reset = (values = {}) => {
    checkNames("reset", values, resetNames);
    const next = core.readCall("reset", values);
    const resized = resizes(next);
    if (mustCompute(values)) checkContexts("reset", values, next.sizes, !resized);
    else checkTensors("reset", contexts, values, next.sizes, false);
    checkTensors("reset", states, values, next.sizes, false);
    start(values, resized);
  };

  return {
    reset,
    /** @param {Given} values */
    step(values) {
      checkNames("step", values, stepNames);
      const { sizes } = running ? call : core.readCall("step", none);
      checkTensors("step", inputs, values, sizes, true);
      checkContexts("step", values, sizes, true);
      if (running) writeContexts(values);
      else start(values, false);
      writeAll(inputs, values, sizes);
      core.run("step", call);
      return result(call.sizes);
    },
    snapshot() {
      if (!running) reset();
      /** @param {readonly Slot[]} slots */
      const copies = (slots) => {
        const made = record();
        for (const slot of slots) made[slot.name] = slot.data.slice(0, countOf(slot, call.sizes));
        return made;
      };
      const sizes = record();
      manifest.runtimeDimensions.forEach((name, i) => {
        sizes[name] = {
          padded: call.sizes[i + 2],
          each: [.../** @type {Int32Array} */ (call.extents[i])].slice(0, call.sizes[0]),
        };
      });
      const kept = contexts.filter((slot) => slot.given);
      return { cell: manifest.cell, batch: call.sizes[0], sizes, states: copies(states), contexts: copies(kept) };
    },
    /** @param {unknown} snapshot */
    restore(snapshot) {
      const where = "restore";
      const given = checkNames(where, snapshot, snapshotNames);
      const cell = own(given, "cell");
      if (cell !== manifest.cell) {
        throw new TypeError(`${where}: this is no snapshot of ${quote(manifest.cell)}, but of ${quote(String(cell))}`);
      }
      const values = checkNames(`${where}: states`, own(given, "states"), namesOf(states));
      const known = checkNames(`${where}: contexts`, own(given, "contexts"), namesOf(contexts));
      const { sizes } = core.readCall(where, given);
      checkTensors(where, states, values, sizes, true);
      checkTensors(where, contexts, known, sizes, false);
      call = core.begin(call);
      forgetContexts();
      writeContexts(known);
      writeAll(states, values, sizes);
      running = true;
    },
  };
}
