/** What stands in the text of a declaration, and the names in it that are values of its own. */
import type { CellItem, Expression } from "../syntax/ast.js";
import { namesOfFunction } from "./captures.js";
import type { Declaration } from "./declared.js";
import { forEachPart } from "./expression-parts.js";
import { valuesOfFunction } from "./function-parts.js";
import { runtimeDimensionsOf } from "./scope.js";

/** Names that hide those of the file where a value is read. */
export function valueNames(declaration: Declaration): ReadonlySet<string> {
  const cell =
    declaration.kind === "cell" ? declaration : declaration.kind === "function" ? declaration.owner : undefined;
  const names = new Set(cell === undefined ? [] : [...cell.written.parameters.map(({ name }) => name.text), ...runtimeDimensionsOf(cell).keys()]); // prettier-ignore
  for (const item of cell?.written.items ?? []) {
    for (const { text } of "names" in item ? item.names : [item.name]) names.add(text);
  }
  if (declaration.kind === "function") for (const text of namesOfFunction(declaration.node)) names.add(text);
  for (const value of valuesIn(declaration)) {
    forEachPart(value, (part) => {
      if (part.kind === "indexed") for (const { name } of part.indices) names.add(name.text);
      else if (part.kind === "rounds" && part.rounds.index !== undefined) names.add(part.rounds.index.text);
    });
  }
  return names;
}

/** The expressions of a cell, without those of its functions, or of a function. */
export function valuesIn(declaration: Declaration): readonly Expression[] {
  if (declaration.kind === "function") return valuesOfFunction(declaration.node);
  if (declaration.kind === "constant") return [declaration.node.value];
  const { parameters, items } = declaration.node;
  return [...parameters.flatMap(({ defaultValue }) => defaultValue ?? []), ...items.flatMap(valuesOfItem)];
}

/** The expressions of an item, without those of a function. */
export function valuesOfItem(item: CellItem): readonly Expression[] {
  switch (item.kind) {
    case "use":
      return [...(item.arguments ?? []).map(({ value }) => value), ...item.starts.map((start) => start.initializer)];
    case "equation":
    case "output":
      return [item.value];
    case "require":
      return [item.left, item.right];
    case "loss":
      return [item.value, item.per ?? []].flat();
    case "state":
    case "setting":
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
