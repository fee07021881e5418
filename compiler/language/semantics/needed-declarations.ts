/** What the text of a cell or function refers to. */
import type { CellItem, Expression } from "../syntax/ast.js";
import type { Declaration } from "./declarations.js";
import { forEachPart } from "./expression-parts.js";
import { valuesOfFunction } from "./function-parts.js";

/** Cells and functions that one refers to by name. */
export function neededBy(declaration: Declaration): Declaration[] {
  const { module } = declaration;
  const nested = declaration.kind === "cell" ? declaration.functions : declaration.owner?.functions;
  const needed: Declaration[] = [];
  const add = (name: string, kind: Declaration["kind"]): void => {
    const found = (kind === "function" ? nested?.get(name) : undefined) ?? module.entries.get(name)?.declaration;
    if (found?.kind === kind) needed.push(found);
  };
  const items = declaration.kind === "cell" ? declaration.node.items : [];
  for (const item of items) if (item.kind === "use" && item.arguments !== undefined) add(item.cell.text, "cell");
  for (const value of valuesIn(declaration)) {
    forEachPart(value, (part) => {
      if (part.kind === "call") add(part.callee.text, "function");
    });
  }
  return needed;
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
      return (item.arguments ?? []).map(({ value }) => value);
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
