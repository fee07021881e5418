/** What the text of a cell or function refers to. */
import type { Declaration } from "./declarations.js";
import { forEachPart } from "./expression-parts.js";

/** Cells and functions that one refers to by name. */
export function neededBy(declaration: Declaration): Declaration[] {
  const { module } = declaration;
  const nested = declaration.kind === "cell" ? declaration.functions : declaration.owner?.functions;
  const needed: Declaration[] = [];
  const add = (name: string, kind: Declaration["kind"]): void => {
    const found = (kind === "function" ? nested?.get(name) : undefined) ?? module.entries.get(name)?.declaration;
    if (found?.kind === kind) needed.push(found);
  };
  const items = declaration.kind === "cell" ? declaration.node.items : declaration.node.equations;
  const values =
    declaration.kind === "cell"
      ? declaration.node.parameters.flatMap(({ defaultValue }) => defaultValue ?? [])
      : [declaration.node.value, declaration.node.derivative?.value].filter((value) => value !== undefined);
  for (const item of items) {
    switch (item.kind) {
      case "use":
        add(item.cell.text, "cell");
        values.push(...item.arguments.map(({ value }) => value));
        break;
      case "equation":
      case "output":
        values.push(item.value);
        break;
      case "state":
        if (item.initial !== undefined) values.push(item.initial);
        break;
      case "param":
        values.push(...(item.initializer?.arguments ?? []));
        break;
      case "input":
      case "context":
      case "function":
    }
  }
  for (const value of values) {
    forEachPart(value, (part) => {
      if (part.kind === "call") add(part.callee.text, "function");
    });
  }
  return needed;
}
