/** Products of a kernel at work, and the copies of matrices that they read. */
import { invariant } from "../../base/diagnostics/invariant.js";
import { axisValues } from "./evaluate-axes.js";
import type { CallState } from "./evaluate-expressions.js";
import type {
  LoopAxis,
  PackedPart,
  PackStatement,
  ProductStatement,
  ScheduledTerms,
  Statement,
} from "./kernel-program.js";
import { termsOf } from "./visit.js";

/** Runs `body` for all values of the axes, the first outermost, with the number of the combination. */
function forEachTerm(axes: readonly LoopAxis[], state: CallState, body: (term: number) => void): void {
  let count = 0;
  const visit = (depth: number): void => {
    const axis = axes[depth];
    if (axis === undefined) {
      body(count++);
      return;
    }
    for (const value of axisValues(axis, state)) {
      state.set(axis.variable, value);
      visit(depth + 1);
    }
  };
  visit(0);
}

/**
 * Where a copy lies in panels is the target's own business: here column after column. One that is packed where changed is left
 * as it lies in memory where its matrix is what was packed last.
 */
export function packMatrix(statement: PackStatement, state: CallState): void {
  const { to, from, columns, contracted, parts, strips, length, onChange } = statement;
  const values = axisValues(columns, state);
  invariant(values.length === strips * length, `${to} has ${values.length} columns, not ${strips} strips of ${length}`);
  const matrix: number[] = [];
  let count = 0;
  forEachTerm(parts, state, () => {
    count++;
    for (const value of values) {
      state.set(columns.variable, value);
      forEachTerm(contracted, state, () => matrix.push(state.load(from)));
    }
  });
  const last = state.packed.get(to)?.matrix;
  const isLast = last?.length === matrix.length && matrix.every((value, i) => Object.is(value, last[i]));
  state.packed.set(to, { matrix, columns: values.length, parts: count });
  if (!(onChange && isLast)) for (const [i, value] of matrix.entries()) state.memory.write(to, i, value);
}

/**
 * All sums of a row, then what becomes of them: a tail may overwrite the row that they were made of.
 *
 * @param run runs the statements of a tail
 */
export function runProduct(
  product: ProductStatement,
  state: CallState,
  run: (statements: readonly Statement[], state: CallState) => void,
): void {
  const { rows, columns, initial, result, out, schedule: { tail } = {} } = product;
  const terms = termsOf(product);
  const all = rows === undefined ? [undefined] : axisValues(rows, state);
  const left = copyRows(product, all, state);
  for (const [position, row] of all.entries()) {
    if (rows !== undefined) state.set(rows.variable, row as number);
    const places = columns === undefined ? [undefined] : axisValues(columns, state);
    const sums = places.map((column, at) => {
      if (columns !== undefined) state.set(columns.variable, column as number);
      const start = initial === undefined ? 0 : state.expression(initial);
      return terms.reduce(
        (sum, own, i) => sumTerms(own, sum, at, i === terms.length - 1 ? left?.[position] : undefined, state),
        start,
      );
    });
    if (tail !== undefined) {
      invariant(sums.length === tail.sums.length * tail.length, "a tail with other columns than its product");
      for (let unit = 0; unit < tail.length; unit++) {
        state.set(tail.unit, unit);
        for (const [i, name] of tail.sums.entries()) state.set(name, sums[i * tail.length + unit] as number);
        run(tail.body, state);
      }
      continue;
    }
    for (const [at, sum] of sums.entries()) {
      if (columns !== undefined) state.set(columns.variable, places[at] as number);
      // Beside what is called so around the product.
      const own = state.lane();
      own.set("sum", sum);
      invariant(out !== undefined, "sums that nothing takes");
      state.memory.write(out.buffer, state.affine(out.offset), result === undefined ? sum : own.expression(result));
    }
  }
}

/** The rows of the left operand before anything is stored, where they are copied. */
function copyRows(
  { rows, contracted, a, schedule: { copied } = {} }: ProductStatement,
  all: readonly (number | undefined)[],
  state: CallState,
): number[][] | undefined {
  if (copied === undefined) return undefined;
  let at = 0;
  return all.map((row) => {
    if (rows !== undefined) state.set(rows.variable, row as number);
    const values: number[] = [];
    forEachTerm(contracted, state, () => {
      const value = state.load(a);
      values.push(value);
      state.memory.write(copied.to, at++, value);
    });
    return values;
  });
}

/** Every multiplication and addition is rounded, of `fused` terms too: of the two results that they may have, this is that of a host with two operations. */
function sumTerms(
  { contracted, a, b, packed }: ScheduledTerms,
  start: number,
  column: number,
  row: readonly number[] | undefined,
  state: CallState,
): number {
  const right = packed === undefined ? () => state.load(b) : panelReader(packed, column, state);
  let sum = start;
  forEachTerm(contracted, state, (term) => {
    sum += (row === undefined ? state.load(a) : known(row[term], a.buffer)) * right(term);
  });
  return sum;
}

/** Reads the terms of a column in the copy of its matrix. */
function panelReader({ buffer, part }: PackedPart, column: number, state: CallState): (term: number) => number {
  const copy = state.packed.get(buffer);
  invariant(copy !== undefined, `${buffer} is read before it is packed`);
  const { matrix, columns, parts } = copy;
  const own = part.reduce((number, { index, of }) => number * of + state.affine(index), 0);
  const depth = matrix.length / (columns * parts);
  return (term) => {
    invariant(term < depth, `the copy of ${buffer} has fewer terms than are read`);
    return state.memory.read(buffer, (own * columns + column) * depth + term);
  };
}

function known(value: number | undefined, copy: string): number {
  invariant(value !== undefined, `the copy of ${copy} has fewer terms than are read`);
  return value;
}
