/** A checked cell or network as a list: every name that it declares or defines, with its type. For people. */
import { printDim } from "../../base/types/dim.js";
import { printSemanticType, type SemanticType } from "./semantic-type.js";
import type { TypedCell, TypedItem } from "./typed-program.js";

export function printTypedCell(cell: TypedCell): string {
  const { form, name, dimensions, reals, runtimeDimensions, items, outputs, nodes } = cell;
  const parameters = [...dimensions, ...reals].map((parameter) => parameter.name);
  // Of a cell they are those that its tensors name beside its dimensions.
  const sizesOfCalls = runtimeDimensions.length === 0 ? "" : `; ${runtimeDimensions.join(", ")}`;
  const order = new Set([...cell.startOrder, ...cell.initialOrder, ...cell.stepOrder]);
  return [
    `${form} ${name}(${parameters.join(", ")}${sizesOfCalls})`,
    ...items.map(printItem),
    ...[...order].flatMap((key) => {
      const node = nodes.get(key);
      return node === undefined ? [] : [typed(key, node.value.type)];
    }),
    ...outputs.map((output) => typed(`output ${output.name}`, output.type)),
    "",
  ].join("\n");
}

const typed = (name: string, type: SemanticType): string => `${name}: ${printSemanticType(type)}`;

function printItem(item: TypedItem): string {
  if (item.kind === "tensor") return typed(`${item.tensor.role} ${item.tensor.name}`, item.tensor.type);
  const { name, count, cell, dimensions } = item.instance;
  const many = count === undefined ? "" : `[${printDim(count)}]`;
  const given = [...dimensions].map(([dimension, size]) => `${dimension} = ${printDim(size)}`);
  return `use ${name}${many}: ${cell.name}(${given.join(", ")})`;
}
