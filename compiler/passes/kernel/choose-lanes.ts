/**
 * Lets the rounds of loops run side by side in the lanes of vectors, where none of them reads what another one writes and sums keep their
 * order. Loops inside of such a loop run round by round in each lane, and as they are chosen here in the rounds that are left over.
 */
import type { Statement } from "../../ir/kernel/kernel-program.js";
import { forEachSimple, mapParts } from "../../ir/kernel/visit.js";
import { mayRunInLanes, type PlaceInWhole, placesInWholes } from "../../ir/kernel/vectorizable.js";
import type { PlannedPass } from "./kernel-pass.js";
import type { VectorTarget } from "./target.js";

export const chooseLanes: PlannedPass<VectorTarget> = {
  name: "choose-lanes",
  summary: "let rounds of loops run side by side in vectors",
  run: (program) => {
    const placeOf = placesInWholes(new Map(program.buffers.map((buffer) => [buffer.name, buffer])));
    return { ...program, functions: program.functions.map((fn) => ({ ...fn, body: inLanes(fn.body, placeOf) })) };
  },
};

/** @param body of a function, or of a region: names are its own */
function inLanes(body: readonly Statement[], placeOf: PlaceInWhole): Statement[] {
  const partsOf = new Map<string, string>();
  forEachSimple(body, (statement) => {
    if (statement.kind === "accumulator" && statement.lanes !== undefined)
      partsOf.set(statement.name, statement.lanes.variable);
  });
  const choose = (statements: readonly Statement[]): Statement[] =>
    statements.map((statement): Statement => {
      if (statement.kind === "region") return { ...statement, body: inLanes(statement.body, placeOf) };
      if (statement.kind === "pieces") return mapParts(statement, choose);
      if (statement.kind === "windows") return { ...statement, body: choose(statement.body) };
      if (statement.kind !== "for") return statement;
      const loop = { ...statement, body: choose(statement.body) };
      return mayRunInLanes(loop, (name) => partsOf.get(name), placeOf) ? { ...loop, lanes: true } : loop;
    });
  return choose(body);
}
