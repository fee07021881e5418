/** What stands in the text of a cell, in its order. */
import type { CellItem, CellNode, EntryNode, StreamNode } from "./ast.js";

/** Of the equations of a group only the first stands in the text. */
export function standsInText(item: CellItem): boolean {
  if (item.kind !== "equation" && item.kind !== "output") return true;
  return (item.value.kind !== "rounds" && item.value.kind !== "result") || item.value.position === 0;
}

export const itemsInText = ({ items, stream, entries }: CellNode): readonly (CellItem | StreamNode | EntryNode)[] =>
  [...items.filter(standsInText), ...(stream ? [stream] : []), ...entries].sort((a, b) => a.span.start - b.span.start);
