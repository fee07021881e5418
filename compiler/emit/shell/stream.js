// Streaming, one step at a time: `step`, `reset`, `snapshot`, `restore`.
import { checkNames, checkTensors, countOf, own, quote } from "./check.js";
import { namesOf, record, resultOf, write, writeAll } from "./tensors.js";

/** @import { Core, Given, Parts, Slot } from "./types.js" */

/**
 * @param {Core} core
 * @param {Parts} parts
 */
export function createStream(core, parts) {
  const { manifest } = core;
  const inputs = core.slots("inputs", "step.input.");
  const states = core.slots("states", "step.state.");
  const contexts = parts.createContexts?.(core);
  const held = contexts?.slots ?? [];
  const stepNames = namesOf([...inputs, ...held]);
  const resetNames = namesOf([...held, ...states], ["batch", "sizes"]);
  const snapshotNames = namesOf([], ["cell", "batch", "sizes", "states", "contexts"]);
  const result = resultOf(core.slots("outputs", "step.output."), {});
  let call = core.newCall();
  const none = record();
  let running = false;

  /** @param {Slot} slot */
  const isMissing = (slot) => !slot.given;

  /** @param {Given} values */
  const mustCompute = (values) => states.some((slot) => slot.computed && own(values, slot.name) === undefined);

  /** Starts a stream with the sizes that were just read and checked values. @param {Given} values */
  const start = (values) => {
    call = core.begin(call);
    contexts?.write(values, call.sizes);
    if (mustCompute(values)) core.run("stepInitial", call);
    for (const slot of states) {
      const value = own(values, slot.name);
      if (value !== undefined || !slot.computed) write(slot, value, call.sizes);
    }
    running = true;
  };

  /** @param {Given} [values] */
  const reset = (values = {}) => {
    checkNames("reset", values, resetNames);
    const next = core.readCall("reset", values);
    const fit = contexts?.fit(call, next);
    const computes = mustCompute(values);
    contexts?.check("reset", values, next.sizes, (slot) => computes && !(fit && slot.given));
    checkTensors("reset", states, values, next.sizes, false);
    if (!fit) contexts?.forget();
    start(values);
  };

  return {
    reset,
    /** @param {Given} values */
    step(values) {
      checkNames("step", values, stepNames);
      const { sizes } = running ? call : core.readCall("step", none);
      checkTensors("step", inputs, values, sizes, true);
      contexts?.check("step", values, sizes, isMissing);
      if (!running) start(values);
      else contexts?.write(values, sizes);
      writeAll(inputs, values, sizes);
      core.run("step", call);
      return result(sizes);
    },
    snapshot() {
      if (!running) reset();
      /** @param {readonly Slot[]} slots */
      const copies = (slots) => {
        const made = record();
        for (const slot of slots) made[slot.name] = slot.data.slice(0, countOf(slot, call.sizes));
        return made;
      };
      const batch = call.sizes[0];
      const sizes = record();
      manifest.runtimeDimensions.forEach((name, i) => {
        const each = [.../** @type {Int32Array} */ (call.extents[i])].slice(0, batch);
        sizes[name] = { padded: call.sizes[i + 2], each };
      });
      const kept = held.filter((slot) => slot.given);
      return { cell: manifest.cell, batch, sizes, states: copies(states), contexts: copies(kept) };
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
      const known = checkNames(`${where}: contexts`, own(given, "contexts"), namesOf(held));
      const { sizes } = core.readCall(where, given);
      checkTensors(where, states, values, sizes, true);
      checkTensors(where, held, known, sizes, false);
      call = core.begin(call);
      contexts?.forget();
      contexts?.write(known, sizes);
      writeAll(states, values, sizes);
      running = true;
    },
  };
}
