// The examples of a stream in another order, as a beam search goes on with the best of them: `select`.
import { checkTensor, convert, countOf } from "./check.js";

/** @import { Core, SizedCall, BufferedTensor } from "./instance-parts.js" */

/**
 * @param {Core} core
 * @param {readonly BufferedTensor[]} states of the stream
 * @param {() => SizedCall | undefined} running
 */
export function createSelect(core, states, running) {
  const [batch = 1] = core.newCall().sizes;
  const where = core.called?.("select") ?? "select";
  const rows = core.tensor("rows", [~0], new Int32Array(batch), 0, 0);
  return {
    /** @param {unknown} given of each example, whose states it goes on with */
    select(given) {
      const call = running();
      if (call === undefined) throw new TypeError(`${where}: there is no stream yet: call reset or step first`);
      const { sizes } = call;
      const count = /** @type {number} */ (sizes[0]);
      rows.high = count - 1;
      rows.value = convert(rows, given);
      checkTensor(where, rows, sizes);
      core.order?.();
      for (const tensor of states) {
        const { data } = tensor;
        const own = data.slice(0, countOf(tensor, sizes));
        const width = own.length / count;
        for (let b = 0; b < count; b++) {
          const from = /** @type {number} */ (rows.plain?.[b]) * width;
          data.set(own.subarray(from, from + width), b * width);
        }
      }
    },
  };
}
