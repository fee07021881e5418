/** What the text of a cell or function refers to. */
import type { Expression } from "../syntax/ast.js";
import type { CellDeclaration, Declaration } from "./declared.js";
import { forEachPart } from "./expression-parts.js";
import { namesOfFunction } from "./captures.js";
import { valueNames, valuesIn } from "./value-names.js";

/** Cells, functions and constants that one refers to by name. */
export function neededBy(declaration: Declaration): Declaration[] {
  const { module } = declaration;
  const owner = declaration.kind === "function" ? declaration.owner : undefined;
  const nested = declaration.kind === "cell" ? declaration.functions : owner?.functions;
  const needed: Declaration[] = [];
  const hidden = valueNames(declaration);
  // A value of a function that is called as the function, or another beside it: `fn f(y) { f = 2 * y … }`.
  const local = new Set(declaration.kind === "function" ? namesOfFunction(declaration.node) : []);
  const add = (name: string, kind: Declaration["kind"], isHidden = false): void => {
    const own = kind === "function" && !(isHidden && local.has(name)) ? nested?.get(name) : undefined;
    const found = own ?? (isHidden ? undefined : module.entries.get(name)?.declaration);
    if (found?.kind === kind) needed.push(found, ...(found.kind === "function" ? found.variants : []));
  };
  const items = declaration.kind === "cell" ? declaration.node.items : [];
  for (const item of items) {
    if (item.kind !== "use" || item.arguments === undefined) continue;
    add(item.cell.text, "cell");
    for (const { value } of item.arguments) addCells(value, (name) => add(name, "cell"));
  }
  if (declaration.kind === "cell") {
    needed.push(...givenCells(declaration));
    for (const { type, defaultValue } of declaration.node.parameters) {
      if (type === "cell" && defaultValue !== undefined) addCells(defaultValue, (name) => add(name, "cell"));
    }
  }
  for (const value of valuesIn(declaration)) {
    forEachPart(value, (part) => {
      if (part.kind === "call") add(part.callee.text, "function");
      else if (part.kind === "reference") {
        add(part.name, "function", hidden.has(part.name));
        add(part.name, "constant", hidden.has(part.name));
      }
    });
  }
  return needed;
}

/** What a cell that is said to be another one is made of. */
function givenCells({ bound, home, written: { other } }: CellDeclaration): Declaration[] {
  const named: Declaration[] = [];
  const add = (name: string): void => {
    const found = home.entries.get(name)?.declaration;
    if (found?.kind === "cell") named.push(found);
  };
  if (other !== undefined) addCells({ kind: "call", callee: other.cell, arguments: other.arguments, span: other.cell.span }, add); // prettier-ignore
  return [...named, ...[...bound.values()].map(({ declaration }) => declaration)];
}

/** Cells that are given for parameters: `GRU`, `Stack(GRU)`. */
function addCells(value: Expression, add: (name: string) => void): void {
  if (value.kind === "reference") add(value.name);
  if (value.kind !== "call") return;
  add(value.callee.text);
  for (const argument of value.arguments) addCells(argument.value, add);
}
