/** Weights as array libraries like them: inputs along rows, the gates side by side in columns. */
import { cells, partSize, type WeightEntry } from "./cells.js";
import { get, type Weights } from "./data.js";
import type { Workload } from "./workloads.js";

export interface Matrix {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** `[gates, H, n]` to `[n, gates · H]` and back; vectors `[gates, H]` become `[gates · H]`. */
export function toColumns(workload: Workload, weights: Weights<Float32Array>): Record<string, Matrix> {
  const { H } = workload;
  return Object.fromEntries(
    cells[workload.cell].weights.map((entry) => {
      const data = get(weights, entry.name);
      const rows = entry.params.length * H;
      const columns = columnsOf(entry, workload);
      if (columns === undefined) return [entry.name, { shape: [rows], data }];
      return [entry.name, { shape: [columns, rows], data: transposed(data, rows, columns) }];
    }),
  );
}

/** Gradients in the layout of {@link toColumns}, in the one of the data. */
export function fromColumns(
  workload: Workload,
  gradients: Readonly<Record<string, ArrayLike<number>>>,
): Record<string, ArrayLike<number>> {
  const { H } = workload;
  return Object.fromEntries(
    cells[workload.cell].weights.map((entry) => {
      const data = get(gradients, entry.name);
      const columns = columnsOf(entry, workload);
      return [entry.name, columns === undefined ? data : transposed(data, columns, entry.params.length * H)];
    }),
  );
}

/** Elements per row, of a matrix. */
function columnsOf(entry: WeightEntry, workload: Workload): number | undefined {
  return entry.shape(workload).length === 2 ? partSize(entry, workload) / workload.H : undefined;
}

function transposed(data: ArrayLike<number>, rows: number, columns: number): Float32Array {
  const result = new Float32Array(rows * columns);
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) result[c * rows + r] = data[r * columns + c]!;
  return result;
}
