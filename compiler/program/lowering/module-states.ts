/** The states of a network's module: those of its runs that no equation starts. */
import type { GraphBuilder } from "../../ir/graph/build.js";
import type { ValueId } from "../../ir/graph/graph-function.js";
import type { RunState, RunStates } from "../frame/frame.js";
import type { LoweredState } from "../base/lowered-cell.js";

interface ModuleState {
  readonly state: LoweredState;
  readonly value: ValueId;
  last: ValueId | undefined;
}

/** Filled while the network is written. States that would have one name, as where one of an array is called twice, are told apart by numbers. */
export function moduleStates(builder: GraphBuilder): {
  readonly begun: readonly ModuleState[];
  readonly states: RunStates;
} {
  const begun: ModuleState[] = [];
  const known = new Map<RunState, ModuleState>();
  const nameFor = (wanted: string): string => {
    let name = wanted;
    for (let number = 2; begun.some(({ state }) => state.name === name); number++) name = `${wanted} ${number}`;
    return name;
  };
  const states: RunStates = {
    ofModule: true,
    before: (own, isComputed) => {
      if (isComputed) return undefined;
      const { documentation, shape, dtype, bound } = own;
      const name = nameFor(own.name);
      const value = builder.input(name, { dtype, shape, shared: false });
      const index = bound === undefined ? {} : { dtype, bound };
      const made: ModuleState = {
        state: { name, documentation, shape, initial: "zeros", ...index },
        value,
        last: undefined,
      };
      begun.push(made);
      known.set(own, made);
      return value;
    },
    note: (own, _first, last) => {
      const made = known.get(own);
      if (made !== undefined) made.last = last;
    },
  };
  return { begun, states };
}
