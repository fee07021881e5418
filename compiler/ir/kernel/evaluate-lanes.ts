/**
 * Loops in lanes: each statement runs for four rounds, or for those that are left, before the next one does, all of them read before one of
 * them writes, and the last one is the first. Rounds that depend on each other give something else than one after the other.
 */
import { axisValues } from "./evaluate-axes.js";
import type { CallState } from "./evaluate-expressions.js";
import type { ForStatement, Statement } from "./kernel-program.js";

const LANES = 4;

export type RunStatement = (statement: Statement, state: CallState) => void;

export function runLoopInLanes(loop: ForStatement, state: CallState, run: RunStatement): void {
  const values = axisValues(loop, state, loop.step);
  if (loop.reverse) values.reverse();
  for (let first = 0; first < values.length; first += LANES) {
    const lanes = values.slice(first, first + LANES).map((value) => {
      const lane = state.lane();
      lane.set(loop.variable, value);
      return lane;
    });
    runInLanes(loop.body, lanes.reverse(), run);
  }
}

function runInLanes(body: readonly Statement[], lanes: readonly CallState[], run: RunStatement): void {
  for (const statement of body) {
    if (statement.kind === "for") runInside(statement, lanes, run);
    else if (statement.kind === "store") {
      const { access, mode } = statement;
      const stores = lanes.map((lane) => {
        const at = lane.affine(access.offset);
        const value = lane.expression(statement.value);
        return { at, value: mode === "add" ? lane.memory.read(access.buffer, at) + value : value, lane };
      });
      for (const { at, value, lane } of stores) lane.memory.write(access.buffer, at, value);
    } else for (const lane of lanes) run(statement, lane);
  }
}

/** A round of each lane, as long as it has one. */
function runInside(loop: ForStatement, lanes: readonly CallState[], run: RunStatement): void {
  const rounds = lanes.map((lane) => ({ lane, values: axisValues(loop, lane, loop.step) }));
  if (loop.reverse) for (const { values } of rounds) values.reverse();
  for (let k = 0; rounds.some(({ values }) => k < values.length); k++) {
    const going = rounds.flatMap(({ lane, values }) => {
      const value = values[k];
      if (value === undefined) return [];
      lane.set(loop.variable, value);
      return [lane];
    });
    runInLanes(loop.body, going, run);
  }
}
