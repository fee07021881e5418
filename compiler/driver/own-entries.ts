/** Entries of which nothing is derived, beside forward and initial: what they are of, and which passes they pass. */
import type { GraphFunction } from "../ir/graph/graph-function.js";
import { withoutOutputs } from "../ir/graph/without-outputs.js";
import { plainPasses, startPasses } from "../passes/graph/passes.js";
import type { GraphPass } from "../passes/pass.js";
import type { EntrySource } from "../program/entry.js";
import { type Program, startRoles } from "../program/program.js";
import { nameOfRole, type Role } from "../program/base/roles.js";
import { partsOfLoss } from "../../runtime/module/loss-parts.js";

/** What nothing is derived of. */
export interface OwnEntry {
  readonly of: EntrySource;
  /** @param forward as it is derived from; undefined where the program has no such entry. */
  readonly from: (program: Program, forward: GraphFunction) => GraphFunction | undefined;
  /** Those of its buffers alone. */
  readonly roles: (program: Program) => readonly Role[];
  readonly passes: readonly GraphPass[];
  /** Begins with what `forward` has passed, not with equations of its own. */
  readonly isOfForward: boolean;
  /** Only beside gradients. */
  readonly ofGradient?: true;
}

/** Those whose buffers are laid out before those of derivatives in a direction. */
export const ownEntries: readonly OwnEntry[] = [
  {
    of: "weights",
    // What several losses are divided by, which must be known of a whole batch before the gradient of any part of it.
    from: (program, forward) => ((program.losses ?? []).length > 1 ? weightsOf(program, forward) : undefined),
    roles: () => [],
    isOfForward: true,
    passes: plainPasses,
    ofGradient: true,
  },
  {
    of: "lengths",
    from: ({ found }) => found?.fn,
    roles: ({ found }) => (found?.dimensions ?? []).map(({ symbol }) => ({ kind: "found", name: symbol })),
    isOfForward: false,
    passes: plainPasses,
  },
];

/** Those whose buffers are laid out after all others. */
export const lastEntries: readonly OwnEntry[] = [
  {
    of: "start",
    from: ({ starts }) => starts?.fn,
    roles: startRoles,
    isOfForward: false,
    passes: startPasses,
  },
];

/** Beside forward and initial, the functions that entries of a program are of, as they are written. */
export const ownFunctions = (program: Program): [of: EntrySource, fn: GraphFunction][] =>
  [...ownEntries, ...lastEntries].flatMap(({ of, from }): [EntrySource, GraphFunction][] => {
    const fn = from(program, program.forward);
    return fn === undefined ? [] : [[of, fn]];
  });

/** Those of the outputs of `forward` that losses are divided by. */
function weightsOf({ losses = [] }: Program, forward: GraphFunction): GraphFunction {
  const wanted = new Set(losses.map(partsOfLoss).map(([, , weight]) => nameOfRole({ kind: "output", name: weight })));
  return withoutOutputs(forward, new Set(forward.outputNames.filter((name) => !wanted.has(name))));
}
