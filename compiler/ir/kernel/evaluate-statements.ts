/** Statements of a kernel at work. */
import { unreachable } from "../../base/diagnostics/invariant.js";
import { BATCH_SYMBOL, TIME_SYMBOL } from "../../base/types/dim.js";
import { axisValues, examplesIn } from "./evaluate-axes.js";
import type { CallState } from "./evaluate-expressions.js";
import { runProduct, packMatrix } from "./evaluate-products.js";
import { FULL_PIECE, PIECE, type PiecesStatement, type ReductionOp, type Statement } from "./types.js";
import { windowSteps } from "./window-steps.js";

export function runStatements(statements: readonly Statement[], state: CallState): void {
  for (const statement of statements) runStatement(statement, state);
}

const accumulated: Readonly<Record<ReductionOp, (sum: number, value: number) => number>> = {
  sum: (sum, value) => sum + value,
  max: Math.max,
  min: Math.min,
};

function runStatement(statement: Statement, state: CallState): void {
  const { memory } = state;
  switch (statement.kind) {
    case "region":
      runStatements(statement.body, state);
      return;
    case "for": {
      const values = axisValues(statement, state, statement.step);
      if (statement.reverse) values.reverse();
      for (const value of values) {
        state.set(statement.variable, value);
        runStatements(statement.body, state);
      }
      return;
    }
    case "windows": {
      const all = state.extent(TIME_SYMBOL);
      const width = windowSteps(statement, state.sizes);
      for (let first = 0; first < all; first += width) {
        state.set(statement.first, first);
        state.set(statement.steps, Math.min(width, all - first));
        runStatements(statement.body, state);
      }
      return;
    }
    case "pieces":
      runPieces(statement, state);
      return;
    case "product":
      runProduct(statement, state, runStatements);
      return;
    case "pack":
      packMatrix(statement, state);
      return;
    case "let_index":
      state.set(statement.name, state.index(statement.value));
      return;
    case "let":
      state.set(statement.name, state.expression(statement.value));
      return;
    case "accumulator": {
      const initial = state.expression(statement.initial);
      if (statement.lanes === undefined) state.set(statement.name, initial);
      else state.setPartial(statement.name, initial, statement.lanes.variable);
      return;
    }
    case "accumulate": {
      const { name, op, value } = statement;
      state.accumulate(name, accumulated[op](state.accumulated(name), state.expression(value)));
      return;
    }
    case "store": {
      const { buffer, offset } = statement.access;
      const at = state.affine(offset);
      const value = state.expression(statement.value);
      memory.write(buffer, at, statement.mode === "add" ? memory.read(buffer, at) + value : value);
      return;
    }
    case "store_index":
      memory.write(statement.access.buffer, state.affine(statement.access.offset), state.affine(statement.value));
      return;
    case "zero_padding": {
      const { buffer, size, symbols } = statement;
      const isShort = symbols.some((symbol) => {
        const own = state.perExample.get(symbol)?.subarray(0, state.sizes.get(BATCH_SYMBOL));
        return own?.some((length) => length < state.extent(symbol)) === true;
      });
      if (isShort) memory.get(buffer).fill(0, 0, state.size(size));
      return;
    }
    case "select_examples": {
      let count = 0;
      const step = state.get(statement.step);
      for (const example of examplesIn(statement.from, state)) {
        state.set(`${statement.count} example`, example);
        if (step < state.size(statement.length, `${statement.count} example`)) {
          memory.write(statement.list, count++, example);
        }
      }
      state.set(statement.count, count);
      return;
    }
    default:
      unreachable(statement, "statement");
  }
}

function runPieces(statement: PiecesStatement, state: CallState): void {
  const { examples, steps, done, carried, body, carry, finish } = statement;
  const all = state.extent(BATCH_SYMBOL);
  const last =
    steps === undefined ? 0 : Math.max(0, Math.floor((state.size(steps.dim, steps.example) - 1) / PIECE)) * PIECE;
  const starts = Array.from({ length: last / PIECE + 1 }, (_, i) => i * PIECE);
  if (steps?.reverse === true) starts.reverse();
  state.set(done, 0);
  state.set(carried, 0);
  const piece = (): void => {
    if (carry.length > 0 && state.get(done) === PIECE) {
      runStatements(carry, state);
      state.set(done, 0);
      state.set(carried, 1);
    }
    runStatements(body, state);
    state.set(done, state.get(done) + 1);
  };
  for (const [i, start] of starts.entries()) {
    if (steps !== undefined) state.set(steps.from, start);
    if (examples === undefined) {
      piece();
      continue;
    }
    for (let first = 0, end = 0; first < all; first = end) {
      let terms = 0;
      for (; end < all && terms < FULL_PIECE; end++) {
        state.set(examples.end, end);
        const own = steps === undefined ? 1 : state.size(steps.dim, examples.end) - start;
        terms += Math.max(0, Math.min(PIECE, own));
      }
      const isLast = i === starts.length - 1 && end === all && state.get(done) + state.get(carried) === 0;
      if (terms === 0 && !isLast) continue;
      state.set(examples.first, first);
      state.set(examples.end, end);
      piece();
    }
  }
  if (finish.length > 0 && state.get(carried) > 0) runStatements(finish, state);
}
