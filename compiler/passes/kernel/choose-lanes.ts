/**
 * Lets the rounds of loops run side by side in the lanes of vectors, where none of them reads what another one writes and sums keep their
 * order. Loops inside of such a loop run round by round in each lane, and as they are chosen here in the rounds that are left over.
 */
import type { ProductStatement, Statement } from "../../ir/kernel/kernel-program.js";
import { rowCopy } from "../../ir/kernel/row-copy.js";
import { termIndex } from "../../ir/kernel/terms.js";
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
      if (statement.kind === "product") return copyInLanes(statement, placeOf);
      if (statement.kind === "windows") return { ...statement, body: choose(statement.body) };
      if (statement.kind !== "for") return statement;
      const loop = { ...statement, body: choose(statement.body) };
      return mayRunInLanes(loop, (name) => partsOf.get(name), placeOf) ? { ...loop, lanes: true } : loop;
    });
  return choose(body);
}

/** Of the copy that a product makes of its left operand, the elements of the innermost loop. */
function copyInLanes(product: ProductStatement, placeOf: PlaceInWhole): ProductStatement {
  const { contracted, schedule: { copied } = {} } = product;
  const inner = contracted.slice(-1);
  if (copied === undefined) return product;
  const [loop] = rowCopy({ ...product, contracted: inner }, { buffer: copied.to, offset: termIndex(inner) });
  if (loop?.kind !== "for" || !mayRunInLanes(loop, () => undefined, placeOf)) return product;
  return { ...product, schedule: { ...product.schedule, copied: { ...copied, lanes: true } } };
}
