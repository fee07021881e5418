/**
 * The next value of a carried state is written to a buffer of its own; here that buffer is merged with the state where
 * no old value is read after its new one is there, else a copy at the end of the step replaces the state.
 */
import type { ValueId } from "../../ir/graph/types.js";
import { accessKey } from "../../ir/kernel/affine.js";
import type { Statement } from "../../ir/kernel/types.js";
import { forEachAccess, mapStatement } from "../../ir/kernel/visit.js";
import type { Block } from "./block.js";
import { accessOf, type BufferLocation } from "./location.js";
import { axesOf, nestFor, variableIndex } from "./loops.js";

export function commitInPlace(
  block: Block,
  { id, state, next }: { id: ValueId; state: BufferLocation; next: BufferLocation },
): void {
  if (canMerge(block.statements, state.buffer, next.buffer)) {
    const rename = (statement: Statement): Statement =>
      mapStatement(statement, {
        access: (access) => (access.buffer === next.buffer ? { ...access, buffer: state.buffer } : access),
      });
    block.statements.splice(0, block.statements.length, ...block.statements.map(rename));
    block.storage.drop(next.buffer);
    return;
  }
  const nest = nestFor(block, block.typeOf(id).shape, true);
  const indices = axesOf(nest).map((axis) => variableIndex(axis.variable));
  const [from, to] = [accessOf(next, indices, nest.example), accessOf(state, indices, nest.example)];
  if (state.dtype === "index") nest.storeIndex(to, nest.defineIndex({ kind: "load", access: from }, "at"));
  else nest.store(to, { kind: "load", access: from, dtype: "real" }, "set");
  const name = block.nameOf(id) ?? `v${id}`;
  block.statements.push({
    kind: "region",
    name: `${block.path} keep ${name}`,
    comment: `the next ${name}`,
    body: nest.finish(),
  });
}

function canMerge(statements: readonly Statement[], state: string, next: string): boolean {
  let written = false;
  for (const statement of statements) {
    const reads = new Set<string>();
    const writes = new Set<string>();
    let other = false;
    forEachAccess(statement, (access, use) => {
      if (access.buffer === state) {
        reads.add(accessKey(access));
        other ||= use !== "read";
      }
      if (access.buffer === next && use !== "read") writes.add(accessKey({ ...access, buffer: state }));
      if (access.buffer === next && use === "add") other = true;
    });
    if (other || (written && reads.size > 0)) return false;
    if (writes.size > 0) {
      written = true;
      // Regions compute all values of an element before they store any, so old and new may meet at one element.
      const sameElement = [...reads].every((key) => writes.has(key)) && writes.size <= 1;
      if (reads.size > 0 && !(statement.kind === "region" && sameElement && !holdsProduct(statement))) return false;
    }
  }
  return true;
}

function holdsProduct(statement: Statement): boolean {
  if (statement.kind === "product") return true;
  return (statement.kind === "region" || statement.kind === "for") && statement.body.some(holdsProduct);
}
