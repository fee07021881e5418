// Streaming: `step`, `steps`, `reset`, `snapshot`, `restore`.
import { createBlock } from "./block.js";
import { checkTensors, countOf, describe, namesOf, none, padIndices, placeOf, quote, take } from "./check.js";
import { record, resultOf, write, writeAll } from "./tensors.js";

/** @import { Core, GivenCall, OptionalParts, Sequence, BufferedTensor } from "./instance-parts.js" */

/** What instances have to stream. */
export const streamMethods = ["step", "steps", "reset", "snapshot", "restore"];

/**
 * @param {Core} core
 * @param {Sequence} sequence
 * @param {OptionalParts} parts
 * @param {readonly string[]} places what messages of the methods are of
 */
export function createStream(core, sequence, parts, places = streamMethods) {
  const { manifest } = core;
  const [atStep, atSteps, atReset, , atRestore] = /** @type {[string, string, string, string, string]} */ (places);
  const inputs = core.tensors("input", [], true);
  const states = core.tensors("state", [], true);
  const contexts = parts.createContexts?.(core);
  const held = contexts?.tensors ?? [];
  const block = createBlock(core, sequence, atSteps);
  const { inStream, steps: count } = core.options;
  const cell = placeOf("cell");
  const ofStates = placeOf("states");
  const ofContexts = placeOf("contexts");
  const stepNames = namesOf([...inputs, ...held]);
  const blockNames = namesOf([...block.inputs, ...held, count]);
  const resetNames = namesOf([...held, ...states, ...inStream]);
  const snapshotNames = namesOf([cell, ...inStream, ofStates, ofContexts]);
  const [stateNames, contextNames] = [namesOf(states), namesOf(held)];
  const result = resultOf(core, core.tensors("output", [], true), {});
  let call = core.newCall();
  let running = false;

  /** @param {BufferedTensor} tensor */
  const isMissing = (tensor) => !tensor.given;

  /** @param {BufferedTensor} tensor */
  const isOpen = (tensor) => tensor.computed && tensor.value === undefined;

  /** Starts a stream with the sizes and values that were just read and checked. */
  const start = () => {
    call = core.begin(call);
    core.order?.(true);
    contexts?.write(call, true);
    if (states.some(isOpen)) core.run("stepInitial", call);
    for (const tensor of states) if (!isOpen(tensor)) write(tensor, call.sizes);
    running = true;
  };

  /** @param {GivenCall} [values] */
  const reset = (values = none) => {
    take(atReset, values, resetNames);
    const next = core.readCall(atReset);
    const fit = contexts?.fit(call, next);
    checkTensors(atReset, states, next.sizes, states);
    const computes = states.some(isOpen);
    contexts?.check(atReset, next, (tensor) => computes && !(fit && tensor.given));
    if (!fit) contexts?.forget();
    block.forget();
    start();
  };

  return {
    ...parts.createSelect?.(core, states, () => (running ? call : undefined)),
    reset,
    /** @param {GivenCall} values */
    step(values) {
      if (!running) take(atStep, none, resetNames);
      take(atStep, values, stepNames);
      const next = running ? call : core.readCall(atStep, false);
      const { sizes } = next;
      padIndices(inputs, next);
      checkTensors(atStep, inputs, sizes);
      contexts?.check(atStep, next, isMissing);
      if (running) contexts?.write(call);
      else start();
      writeAll(inputs, sizes);
      core.run("step", call);
      return result(sizes);
    },
    /** @param {GivenCall} [values] */
    steps(values = none) {
      if (!running) take(atSteps, none, resetNames);
      take(atSteps, values, blockNames);
      const next = running ? call : core.readCall(atSteps, false);
      contexts?.check(atSteps, next, isMissing);
      // Last, as it keeps the call that it has checked.
      block.check(next);
      if (running) contexts?.write(call);
      else start();
      return block.run();
    },
    snapshot() {
      if (!running) reset();
      core.order?.();
      /** @param {readonly BufferedTensor[]} tensors */
      const copies = (tensors) => {
        const made = record();
        for (const tensor of tensors) made[tensor.name] = tensor.data.slice(0, countOf(tensor, call.sizes));
        return made;
      };
      const batch = call.sizes[0];
      const sizes = record();
      manifest.axes.forEach(({ name, option }, i) => {
        if (option !== "sizes" || i === core.streamAt) return;
        const each = [.../** @type {Int32Array} */ (call.extents[i - 1])].slice(0, batch);
        sizes[name] = { padded: call.sizes[i], each };
      });
      const kept = held.filter((tensor) => tensor.given);
      return {
        cell: manifest.cell,
        batch,
        sizes,
        states: copies(states),
        contexts: copies(kept),
        ...core.kept?.(call),
      };
    },
    /** @param {unknown} snapshot */
    restore(snapshot) {
      take(atRestore, snapshot, snapshotNames);
      if (cell.value !== manifest.cell) {
        const { value } = cell;
        const other = typeof value === "string" ? quote(value.slice(0, 40)) : describe(value);
        throw new TypeError(`${atRestore}: this is no snapshot of ${quote(manifest.cell)}, but of ${other}`);
      }
      take(`${atRestore}: states`, ofStates.value, stateNames);
      take(`${atRestore}: contexts`, ofContexts.value, contextNames);
      const next = core.readCall(atRestore);
      const { sizes } = next;
      contexts?.check(atRestore, next, () => false);
      checkTensors(atRestore, states, sizes);
      call = core.begin(call);
      core.order?.(true);
      block.forget();
      contexts?.forget();
      contexts?.write(call, true);
      writeAll(states, sizes);
      running = true;
    },
  };
}
