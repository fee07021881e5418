/** What stands in the text of a file: its expressions, and which of its declarations are read by which. */
import { forEachPart } from "../../language/semantics/expression-parts.js";
import { valuesOfFunction } from "../../language/semantics/function-parts.js";
import { valuesOfItem } from "../../language/semantics/value-names.js";
import type { CellNode, Expression, SourceFileNode } from "../../language/syntax/ast.js";

type FileDeclaration = SourceFileNode["declarations"][number];

/** The outermost expressions of a declaration, without its types. */
export function valuesOfDeclaration(node: FileDeclaration): readonly Expression[] {
  if (node.kind === "equation") return [node.value];
  return node.kind === "function" ? valuesOfFunction(node) : valuesOfCell(node);
}

function valuesOfCell({ parameters, items, entries, other }: CellNode): readonly Expression[] {
  return [
    ...parameters.flatMap(({ defaultValue }) => defaultValue ?? []),
    ...items.flatMap((item) => (item.kind === "function" ? valuesOfFunction(item) : valuesOfItem(item))),
    ...entries.flatMap(({ results }) => results),
    ...(other?.arguments ?? []).map(({ value }) => value),
  ];
}

/** Every expression of a declaration, with the one around it, each once: names of a group share what they are made of. */
export function expressionsOf(node: FileDeclaration): Map<Expression, Expression | undefined> {
  const around = new Map<Expression, Expression | undefined>();
  for (const value of valuesOfDeclaration(node)) {
    if (!around.has(value)) around.set(value, undefined);
    forEachPart(value, (part) => {
      for (const inner of innerOf(part)) if (!around.has(inner)) around.set(inner, part);
    });
  }
  return around;
}

function innerOf(part: Expression): readonly Expression[] {
  const inner: Expression[] = [];
  forEachPart(part, (found) => {
    if (found === part) return true;
    inner.push(found);
    return false;
  });
  return inner;
}

/** Declarations that are part of the given cells: by the names in their text. */
export function readBy(
  { declarations }: SourceFileNode,
  text: string,
  cells: ReadonlySet<string>,
): Set<FileDeclaration> {
  const found = new Set(declarations.filter(({ kind, name }) => kind === "cell" && cells.has(name.text)));
  for (const declaration of found) {
    const words = new Set(text.slice(declaration.span.start, declaration.span.end).match(/[\p{L}_][\p{L}\p{N}_]*/gu));
    for (const other of declarations) if (words.has(other.name.text)) found.add(other);
  }
  return found;
}
