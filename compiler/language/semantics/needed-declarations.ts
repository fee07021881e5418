/** What the text of a cell or function refers to. */
import type { CellItem, Expression } from "../syntax/ast.js";
import type { CellDeclaration, Declaration } from "./declared.js";
import { forEachPart } from "./expression-parts.js";
import { valuesOfFunction } from "./function-parts.js";

/** Cells and functions that one refers to by name. */
export function neededBy(declaration: Declaration): Declaration[] {
  const { module } = declaration;
  const nested = declaration.kind === "cell" ? declaration.functions : declaration.owner?.functions;
  const needed: Declaration[] = [];
  const add = (name: string, kind: Declaration["kind"]): void => {
    const found = (kind === "function" ? nested?.get(name) : undefined) ?? module.entries.get(name)?.declaration;
    if (found?.kind === kind) needed.push(found, ...(found.kind === "function" ? found.variants : []));
  };
  const items = declaration.kind === "cell" ? declaration.node.items : [];
  for (const item of items) {
    if (item.kind !== "use" || item.arguments === undefined) continue;
    add(item.cell.text, "cell");
    for (const { value } of item.arguments) addCells(value, (name) => add(name, "cell"));
  }
  if (declaration.kind === "cell") needed.push(...givenCells(declaration));
  for (const value of valuesIn(declaration)) {
    forEachPart(value, (part) => {
      if (part.kind === "call") add(part.callee.text, "function");
      else if (part.kind === "reference") add(part.name, "function");
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
export function addCells(value: Expression, add: (name: string) => void): void {
  if (value.kind === "reference") add(value.name);
  if (value.kind !== "call") return;
  add(value.callee.text);
  for (const argument of value.arguments) addCells(argument.value, add);
}

/** The expressions of a cell, without those of its functions, or of a function. */
export function valuesIn(declaration: Declaration): readonly Expression[] {
  if (declaration.kind === "function") return valuesOfFunction(declaration.node);
  const { parameters, items } = declaration.node;
  return [...parameters.flatMap(({ defaultValue }) => defaultValue ?? []), ...items.flatMap(valuesOfItem)];
}

function valuesOfItem(item: CellItem): readonly Expression[] {
  switch (item.kind) {
    case "use":
      return [...(item.arguments ?? []).map(({ value }) => value), ...item.starts.map((start) => start.initializer)];
    case "equation":
    case "output":
      return [item.value];
    case "state":
      return item.initial === undefined ? [] : [item.initial];
    case "param":
    case "fixed":
      return item.initializer === undefined ? [] : [item.initializer];
    case "input":
    case "context":
    case "function":
      return [];
  }
}
