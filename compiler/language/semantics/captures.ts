/** What the functions of a cell read of the cell around them. */
import { listAt } from "../../base/at.js";
import type { CellNode, FunctionNode, ReferenceNode } from "../syntax/ast.js";
import { forEachPart } from "./expression-parts.js";
import { namesInTypes, sizesIn, typesOfFunction, valuesOfFunction } from "./function-parts.js";

/**
 * Functions that read values of the cell, themselves or through others that they call, by their names: with the references of
 * their own, in the order of the text.
 */
export type Captures = ReadonlyMap<string, readonly ReferenceNode[]>;

export function findCaptures(cell: CellNode): Captures {
  const names = valueNames(cell);
  const found = new Map<string, readonly ReferenceNode[]>();
  const callers = new Map<string, string[]>();
  const seen = new Set<string>();
  for (const item of cell.items) {
    // Of two with one name, which is an error, the first is meant.
    if (item.kind !== "function" || seen.has(item.name.text)) continue;
    const fn = item.name.text;
    seen.add(fn);
    const { references, calls } = readsOf(item, names);
    if (references.length > 0) found.set(fn, references);
    for (const called of calls) {
      listAt(callers, called).push(fn);
    }
  }
  const waiting = [...found.keys()];
  for (let called = waiting.pop(); called !== undefined; called = waiting.pop()) {
    for (const caller of callers.get(called) ?? []) {
      if (found.has(caller)) continue;
      found.set(caller, []);
      waiting.push(caller);
    }
  }
  return found;
}

function valueNames(cell: CellNode): ReadonlySet<string> {
  const parameters = new Set(cell.parameters.map(({ name }) => name.text));
  const names = cell.items.flatMap((item) => {
    if (item.kind === "function" || item.kind === "use" || (item.kind === "equation" && item.next)) return [];
    return "names" in item ? item.names : [item.name];
  });
  return new Set(names.map(({ text }) => text).filter((text) => !parameters.has(text)));
}

function readsOf(node: FunctionNode, names: ReadonlySet<string>) {
  const own = namesOfFunction(node);
  const references: ReferenceNode[] = [];
  const calls = new Set<string>();
  for (const value of valuesOfFunction(node)) {
    forEachPart(value, (part) => {
      if (part.kind === "call") calls.add(part.callee.text);
      // A function that is handed on.
      if (part.kind === "reference" && !own.has(part.name)) calls.add(part.name);
      if (part.kind === "reference" && names.has(part.name) && !own.has(part.name)) references.push(part);
    });
  }
  return { references, calls };
}

/** What a function declares, which hides names of the cell; indices, which may not have those, are reported elsewhere. */
export function namesOfFunction(node: FunctionNode): ReadonlySet<string> {
  const heads = [...node.dimensions, ...node.parameters, ...node.functions];
  const names = [...heads, ...node.equations].map(({ name }) => name.text);
  const own = new Set([...names, ...(node.derivative?.tangents ?? []).map(({ text }) => text)]);
  for (const name of namesInTypes(typesOfFunction(node).flatMap(sizesIn))) own.add(name);
  for (const value of valuesOfFunction(node)) {
    forEachPart(value, (part) => {
      if (part.kind === "indexed") for (const { name } of part.indices) own.add(name.text);
      else if (part.kind === "rounds" && part.rounds.index !== undefined) own.add(part.rounds.index.text);
    });
  }
  return own;
}
