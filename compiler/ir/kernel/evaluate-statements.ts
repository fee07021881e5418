/** Statements of a kernel at work. */
import { BATCH_SYMBOL } from "../../base/types/dim.js";
import { axisValues, examplesIn } from "./evaluate-axes.js";
import type { CallState } from "./evaluate-expressions.js";
import { runLoopInLanes } from "./evaluate-lanes.js";
import { runProduct, packMatrix } from "./evaluate-products.js";
import {
  FULL_PIECE,
  PIECE,
  type PiecesStatement,
  type ReductionOp,
  type Statement,
  type StatementOf,
  type WindowsStatement,
} from "./kernel-program.js";
import { windowSteps } from "./window-steps.js";

export function runStatements(statements: readonly Statement[], state: CallState): void {
  for (const statement of statements) runStatement(statement, state);
}

const accumulated: Readonly<Record<ReductionOp, (sum: number, value: number) => number>> = {
  sum: (sum, value) => sum + value,
  max: Math.max,
  min: Math.min,
};

type Runner<Kind extends Statement["kind"]> = (statement: StatementOf<Kind>, state: CallState) => void;

function runStatement(statement: Statement, state: CallState): void {
  (runners[statement.kind] as Runner<Statement["kind"]>)(statement, state);
}

const runners: { readonly [Kind in Statement["kind"]]: Runner<Kind> } = {
  region: ({ body }, state) => {
    runStatements(body, state);
  },
  for: (loop, state) => {
    if (loop.lanes === true) {
      runLoopInLanes(loop, state, runStatement);
      return;
    }
    const values = axisValues(loop, state, loop.step);
    if (loop.reverse) values.reverse();
    for (const value of values) {
      state.set(loop.variable, value);
      runStatements(loop.body, state);
    }
  },
  windows: runWindows,
  pieces: runPieces,
  product: (product, state) => {
    runProduct(product, state, runStatements);
  },
  pack: packMatrix,
  let_index: ({ name, value }, state) => {
    state.set(name, state.index(value));
  },
  let: ({ name, value }, state) => {
    state.set(name, state.expression(value));
  },
  accumulator: ({ name, initial, lanes }, state) => {
    const value = state.expression(initial);
    if (lanes === undefined) state.set(name, value);
    else state.setPartial(name, value, lanes.variable);
  },
  accumulate: ({ name, op, value }, state) => {
    state.accumulate(name, accumulated[op](state.accumulated(name), state.expression(value)));
  },
  assign: ({ name, value }, state) => {
    state.accumulate(name, state.expression(value));
  },
  store: ({ access: { buffer, offset }, value, mode }, state) => {
    const { memory } = state;
    const at = state.affine(offset);
    const number = state.expression(value);
    memory.write(buffer, at, mode === "add" ? memory.read(buffer, at) + number : number);
  },
  store_index: ({ access, value }, state) => {
    state.memory.write(access.buffer, state.affine(access.offset), state.affine(value));
  },
  zero_padding: ({ buffer, size, symbols }, state) => {
    const isShort = symbols.some((symbol) => {
      const own = state.perExample.get(symbol)?.subarray(0, state.sizes.get(BATCH_SYMBOL));
      return own?.some((length) => length < state.extent(symbol)) === true;
    });
    if (isShort) state.memory.get(buffer).fill(0, 0, state.size(size));
  },
  select_examples: selectExamples,
};

function runWindows(statement: WindowsStatement, state: CallState): void {
  const all = state.extent(statement.axis);
  const width = windowSteps(statement, state.sizes);
  for (let first = 0; first < all; first += width) {
    state.set(statement.first, first);
    state.set(statement.steps, Math.min(width, all - first));
    runStatements(statement.body, state);
  }
}

function selectExamples(
  { list, count, from, step, length, going }: StatementOf<"select_examples">,
  state: CallState,
): void {
  let found = 0;
  const now = state.get(step);
  for (const example of examplesIn(from, state)) {
    state.set(`${count} example`, example);
    const isOn = going === undefined || state.memory.read(going, example) !== 0;
    if (isOn && now < state.size(length, `${count} example`)) state.memory.write(list, found++, example);
  }
  state.set(count, found);
}

function runPieces(statement: PiecesStatement, state: CallState): void {
  const { examples, steps, after, done, carried, body, carry, finish } = statement;
  const all = state.extent(BATCH_SYMBOL);
  const last =
    steps === undefined ? 0 : Math.max(0, Math.floor((state.size(steps.dim, steps.example) - 1) / PIECE)) * PIECE;
  const starts = Array.from({ length: last / PIECE + 1 }, (_, i) => i * PIECE);
  if (steps?.reverse === true) starts.reverse();
  state.set(done, after === undefined ? 0 : state.get(after.done));
  state.set(carried, after === undefined ? 0 : state.get(after.carried));
  const none = (): boolean => state.get(done) + state.get(carried) === 0;
  const piece = (terms: number): void => {
    if (carry.length > 0 && state.get(done) === PIECE) {
      runStatements(carry, state);
      state.set(done, 0);
      state.set(carried, 1);
    }
    runStatements(body, state);
    if (after === undefined || terms > 0) state.set(done, state.get(done) + 1);
  };
  for (const [i, start] of starts.entries()) {
    if (steps !== undefined) state.set(steps.from, start);
    if (examples === undefined) {
      const terms = steps === undefined ? 1 : state.size(steps.dim, steps.example);
      if (after === undefined || terms > 0 || none()) piece(terms);
      continue;
    }
    for (let first = 0, end = 0; first < all; first = end) {
      let terms = 0;
      for (; end < all && terms < FULL_PIECE; end++) {
        state.set(examples.end, end);
        const own = steps === undefined ? 1 : state.size(steps.dim, examples.end) - start;
        terms += Math.max(0, Math.min(PIECE, own));
      }
      const isLast = i === starts.length - 1 && end === all && none();
      if (terms === 0 && !isLast) continue;
      state.set(examples.first, first);
      state.set(examples.end, end);
      piece(terms);
    }
  }
  if (after !== undefined || state.get(carried) > 0) runStatements(finish, state);
}
