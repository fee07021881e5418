/**
 * The next value of a carried state is written to a buffer of its own; here that buffer is merged with the state where
 * no old value is read after its new one is there, or where both are the same, else a copy at the end of the step replaces the state.
 */
import { at } from "../../base/at.js";
import type { ValueId } from "../../ir/graph/graph-function.js";
import { accessKey } from "../../ir/kernel/affine.js";
import type { Statement } from "../../ir/kernel/kernel-program.js";
import { forEachAccess, mapStatement } from "../../ir/kernel/visit.js";
import type { Block } from "./block.js";
import { accessOf, type BufferLocation } from "./location.js";
import { withoutSelfCopies } from "./self-copies.js";
import { axesOf, nestFor, variableIndex } from "./loops.js";

interface NextState {
  readonly id: ValueId;
  readonly state: BufferLocation;
  readonly next: BufferLocation;
}

export function commitInPlace(block: Block, states: readonly NextState[]): void {
  // Found once: a deep stack has as many states as statements.
  const users = new Map<string, Set<number>>();
  for (const [i, statement] of block.statements.entries()) addUsers(users, statement, i);
  const gone = new Set<number>();
  for (const state of states) commitState(block, state, users, gone);
  for (const i of [...gone].sort((a, b) => b - a)) block.statements.splice(i, 1);
}

/**
 * @param users of each buffer, the places of the statements that access it
 * @param gone the places of statements of which nothing is left
 */
function commitState(
  block: Block,
  { id, state, next }: NextState,
  users: Map<string, Set<number>>,
  gone: Set<number>,
): void {
  const [ofState, ofNext] = [state, next].map(({ buffer }) => users.get(buffer) ?? new Set<number>());
  const places = [...new Set([...ofState!, ...ofNext!])].sort((a, b) => a - b);
  const concerned = places.map((i) => at(block.statements, i));
  const merged = concerned.map((statement, k) => (ofNext!.has(at(places, k)) ? mergedIn(statement, state.buffer, next.buffer) : statement)); // prettier-ignore
  if (
    canMerge(concerned, state.buffer, next.buffer) ||
    !merged.some((statement) => statement && writes(statement, state.buffer))
  ) {
    for (const [k, i] of places.entries()) {
      const statement = merged[k];
      if (statement === undefined) gone.add(i);
      else block.statements[i] = statement;
    }
    users.set(state.buffer, new Set(places));
    users.delete(next.buffer);
    block.storage.drop(next.buffer);
    return;
  }
  const nest = nestFor(block, block.typeOf(id).shape, true);
  const indices = axesOf(nest).map((axis) => variableIndex(axis.variable));
  const [from, to] = [accessOf(next, indices, nest.example), accessOf(state, indices, nest.example)];
  if (state.dtype === "index") nest.storeIndex(to, nest.defineIndex({ kind: "load", access: from }, "at"));
  else nest.store(to, { kind: "load", access: from, dtype: "real" }, "set");
  const name = block.nameOf(id) ?? `v${id}`;
  const copy: Statement = {
    kind: "region",
    name: `${block.path} keep ${name}`,
    comment: `the next ${name}`,
    body: nest.finish(),
  };
  addUsers(users, copy, block.statements.push(copy) - 1);
}

function mergedIn(statement: Statement, state: string, next: string): Statement | undefined {
  const renamed = mapStatement(statement, {
    access: (access) => (access.buffer === next ? { ...access, buffer: state } : access),
  });
  return withoutSelfCopies(renamed, state);
}

function writes(statement: Statement, buffer: string): boolean {
  let found = false;
  forEachAccess(statement, (access, use) => (found ||= access.buffer === buffer && use !== "read"));
  return found;
}

function addUsers(users: Map<string, Set<number>>, statement: Statement, place: number): void {
  forEachAccess(statement, ({ buffer }) => {
    const known = users.get(buffer);
    if (known === undefined) users.set(buffer, new Set([place]));
    else known.add(place);
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
