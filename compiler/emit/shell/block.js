// Several steps of a stream in one call: `forward`, from the stream's state and back into it.
import { checkTensors, optionalInteger, padIndices } from "./check.js";
import { resultOf, writeAll } from "./tensors.js";

/** @import { StreamBlock, SizedCall, Core, Sequence, BufferedTensor } from "./instance-parts.js" */

/**
 * @param {Core} core
 * @param {Sequence} sequence whose buffers it uses
 * @param {string} where
 * @returns {StreamBlock}
 */
export function createBlock(core, sequence, where) {
  const inputs = core.tensors("input", [], false);
  const result = resultOf(core, core.tensors("output", [], false), {});
  /** @param {readonly BufferedTensor[]} targets @param {readonly BufferedTensor[]} sources */
  const copyAll = (targets, sources) => {
    // Whole buffers: what is after the sizes of the call is not looked at.
    return () => targets.forEach(({ data }, i) => data.set(/** @type {typeof sources[number]} */ (sources[i]).data));
  };
  const states = core.tensors("state", [], true);
  const takeContexts = copyAll(core.tensors("context"), core.tensors("context", [], true));
  const takeStates = copyAll(core.tensors("initial", [], false), states);
  const giveStates = copyAll(states, core.tensors("final", [], false));
  const { streamAt } = core;
  const capacity = /** @type {number} */ (core.newCall().sizes[streamAt]);
  /** The stream's call with the number of steps, made again where that changes. @type {SizedCall | undefined} */
  let call;
  return {
    inputs,
    check(stream) {
      const steps = optionalInteger(where, core.options.steps, capacity, core.fewest, capacity);
      let made = call;
      if (made?.sizes[streamAt] !== steps) {
        const sizes = [...stream.sizes];
        sizes[streamAt] = steps;
        const extents = stream.extents.map((own, i) => (i + 1 === streamAt ? own.slice().fill(steps) : own));
        made = { ...stream, sizes, extents };
        core.refresh?.(where, made, true);
      }
      padIndices(inputs, made);
      checkTensors(where, inputs, made.sizes);
      // A call that is refused leaves none.
      call = made;
    },
    run() {
      const own = /** @type {SizedCall} */ (call);
      sequence.ran = false;
      writeAll(inputs, own.sizes);
      takeContexts();
      core.order?.();
      takeStates();
      core.run("forward", own);
      giveStates();
      return result(own.sizes);
    },
    forget() {
      call = undefined;
    },
  };
}
