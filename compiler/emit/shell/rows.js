// Gradients of tables that are only looked up in: by rows, so that no call costs what the whole table would.
import { countOf, isPadding } from "./check.js";
import { bufferName } from "./roles.js";
import { record } from "./tensors.js";

/** @import { Core, BufferedTensor, TableGradient } from "./instance-parts.js" */

/**
 * Clears what the call before has left of such gradients, finds the rows that a call has touched, and shows them: in `sparse`, and as whole arrays to
 * those who read these. Kernels have a buffer that nobody else sees, since what was written into its other rows would stay there.
 * @param {Core} core
 */
export function createRows(core) {
  const { manifest, buffers, run, tensor } = core;
  /** @type {Map<string, TableGradient>} */
  const tables = new Map();
  for (const { name, shape, rows } of manifest.params) {
    if (rows === undefined) continue;
    const total = bufferName("param", name, ["grad"]);
    const data = /** @type {TableGradient["data"]} */ (buffers[total]);
    const list = /** @type {Int32Array} */ (buffers[bufferName("rows", total)]);
    const dims = rows.map((size) =>
      typeof size === "number" ? size : ~manifest.axes.findIndex((axis) => axis.name === size),
    );
    const height = /** @type {number} */ (shape[0]);
    const most = Math.min(height, list.length);
    tables.set(name, {
      data,
      places: tensor(name, [~0, ...dims], list, 0, height - 1),
      width: data.length / height,
      isTouched: new Uint8Array(height),
      rows: new Int32Array(most),
      count: 0,
      values: undefined,
      whole: undefined,
      shown: undefined,
      isWhole: false,
    });
  }
  /** An array of that length, where it is not taken away by a transfer. @type {(table: TableGradient, array: BufferedTensor["data"] | undefined, length: number) => any} */
  const room = ({ data }, array, length) =>
    array?.length === length ? array : new /** @type {Float32ArrayConstructor} */ (data.constructor)(length);
  /** The rows of the last call, as its caller may change them. @type {(table: TableGradient) => NonNullable<TableGradient["shown"]>} */
  const shownOf = (table) => {
    const { data, width, rows, count } = table;
    if (table.shown !== undefined) return table.shown;
    const values = (table.values = room(table, table.values, rows.length * width));
    for (let k = 0; k < count; k++) {
      const at = /** @type {number} */ (rows[k]) * width;
      values.set(data.subarray(at, at + width), k * width);
    }
    return (table.shown = Object.freeze({ rows: rows.slice(0, count), values: values.subarray(0, count * width) }));
  };
  /** @type {(table: TableGradient) => BufferedTensor["data"]} */
  const wholeOf = (table) => {
    const { data, width, rows, count } = table;
    const whole = room(table, table.whole, data.length);
    if (table.isWhole && whole === table.whole) return whole;
    table.whole = whole;
    table.isWhole = true;
    whole.fill(0);
    for (let k = 0; k < count; k++) {
      const at = /** @type {number} */ (rows[k]) * width;
      whole.set(data.subarray(at, at + width), at);
    }
    return whole;
  };
  Object.assign(core, {
    /** @type {Core["run"]} */
    run(entry, call) {
      if (entry !== "backward") {
        run(entry, call);
        return;
      }
      for (const { data, rows, width, count, isTouched } of tables.values()) {
        for (let k = 0; k < count; k++) {
          const row = /** @type {number} */ (rows[k]);
          data.fill(0, row * width, (row + 1) * width);
          isTouched[row] = 0;
        }
      }
      run(entry, call);
      for (const table of tables.values()) {
        const { places, rows, isTouched } = table;
        const all = countOf(places, call.sizes);
        places.ragged = call;
        let count = 0;
        for (let i = 0; i < all; i++) {
          const row = /** @type {number} */ (places.data[i]);
          if ((!call.full && isPadding(places, i, all)) || isTouched[row]) continue;
          isTouched[row] = 1;
          rows[count++] = row;
        }
        table.count = count;
        table.shown = undefined;
        table.isWhole = false;
      }
    },
    /** @type {NonNullable<Core["byRows"]>} */
    byRows: {
      others: (tensors) => tensors.filter(({ name }) => !tables.has(name)),
      shown(result) {
        const [params, sparse] = [record(), record()];
        for (const { name } of manifest.params) {
          const table = tables.get(name);
          const value = result["params"][name];
          Object.defineProperty(params, name, table ? { get: () => wholeOf(table), enumerable: true } : { value, enumerable: true }); // prettier-ignore
          Object.defineProperty(sparse, name, table ? { get: () => shownOf(table), enumerable: true } : { value, enumerable: true }); // prettier-ignore
        }
        return Object.freeze({ ...result, params: Object.freeze(params), sparse: Object.freeze(sparse) });
      },
    },
  });
}
