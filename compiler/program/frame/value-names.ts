/** What values of a step are, by their names in graphs: these are made of the path of the used cell and the name there, and nobody takes them apart. */
import { nextKey } from "../../language/semantics/node-keys.js";
import { partName } from "../complex/parts.js";
import { type CellFrame, childOf, elementName, instanceCount } from "./frame.js";
import type { UsedCellName, ValueName } from "../base/lowered-cell.js";

/** @param frame of the cell as it was written, with its complex values */
export function valueNames(frame: CellFrame, path: readonly UsedCellName[] = []): Map<string, ValueName> {
  const found = new Map<string, ValueName>();
  const add = (name: string, next: boolean, isComplex: boolean): void => {
    for (const part of isComplex ? (["re", "im"] as const) : [undefined]) {
      const own = part === undefined ? name : partName(name, part);
      found.set(frame.path + (next ? nextKey(own) : own), { path, name, next, part });
    }
  };
  const { items, nodes } = frame.cell;
  for (const { key, name, value } of nodes.values()) {
    if (key === name) add(name, false, value.type.kind === "complex");
  }
  for (const item of items) {
    if (item.kind === "tensor") {
      const { role, name, type } = item.tensor;
      add(name, false, type.kind === "complex");
      if (role === "state") add(name, true, type.kind === "complex");
      continue;
    }
    const { name: own, section } = item.instance;
    const { array: name, first } = section ?? { array: own, first: 0 };
    const count = instanceCount(frame, item.instance);
    const places = count === undefined ? [undefined] : Array.from({ length: count }, (_, place) => first + place);
    for (const place of places) {
      const child = childOf(frame, place === undefined ? name : elementName(name, place));
      for (const [text, own] of valueNames(child, [...path, { name, place }])) found.set(text, own);
    }
  }
  return found;
}

/** As its own cell calls it. */
export const ownName = ({ name, next, part }: ValueName): string => {
  const own = part === undefined ? name : partName(name, part);
  return next ? nextKey(own) : own;
};
