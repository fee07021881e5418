/**
 * Replaces loops of one round by their body: the loop around them is then the innermost, and runs over steps or examples in
 * lanes. Leaves alone loops that sum, whose partial sums are counted by their variable.
 */
import { AFFINE_ZERO, plainExtent, substituteAffine } from "../../ir/kernel/affine.js";
import type { Affine, ForStatement, Statement } from "../../ir/kernel/kernel-program.js";
import { mapParts, mapStatement } from "../../ir/kernel/visit.js";
import type { KernelPass } from "./kernel-pass.js";

export const dropSingleRounds: KernelPass = {
  name: "drop-single-rounds",
  summary: "replace loops of one round by their body",
  run: (kernels) => ({
    ...kernels,
    functions: kernels.functions.map((fn) => ({ ...fn, body: dropAll(fn.body) })),
  }),
};

function dropAll(statements: readonly Statement[]): Statement[] {
  return statements.flatMap((statement): Statement[] => {
    if (statement.kind === "region") return [{ ...statement, body: dropAll(statement.body) }];
    if (statement.kind === "pieces") return [mapParts(statement, dropAll)];
    if (statement.kind !== "for") return [statement];
    const loop = { ...statement, body: dropAll(statement.body) };
    return isSingle(loop) ? onlyRound(loop) : [loop];
  });
}

function isSingle({ extent, from, body }: ForStatement): boolean {
  return plainExtent(extent) === 1 && from === undefined && !body.some(({ kind }) => kind === "accumulate");
}

function onlyRound({ variable, body }: ForStatement): Statement[] {
  const names = new Map([[variable, AFFINE_ZERO]]);
  const affine = (value: Affine): Affine => substituteAffine(value, names);
  return body.map((statement) => mapStatement(statement, { affine }));
}
