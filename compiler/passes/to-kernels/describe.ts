/** Comments of regions: what is computed, in the names of the cell. */
import { at } from "../../base/at.js";
import type { ValueId } from "../../ir/graph/graph-function.js";
import type { Block } from "./block.js";
import { type Work } from "./works.js";

/** Levels of values in brackets that are written out: a list of lists of lists doubles with each of them. */
const levelLimit = 3;

export function nameValue(block: Block, id: ValueId, levels = levelLimit): string {
  const name = block.nameOf(id);
  if (name !== undefined) return name;
  const source = block.inputs.get(id);
  if (source?.kind === "alias") return nameValue(source.block, source.value, levels);
  const formula = block.formulaOf(id);
  if (formula === undefined) return `v${id}`;
  const { operation, operands } = formula;
  const inner = (i: number): string => nameValue(block, at(operands, i), levels);
  switch (operation.kind) {
    case "constant":
      return String(operation.value);
    case "concat":
      if (levels === 0) return `v${id}`;
      return `[${operands.map((operand) => nameValue(block, operand, levels - 1)).join("; ")}]`;
    case "transpose":
      return `${inner(0)}ᵀ`;
    case "broadcast":
    case "reshape":
      return inner(0);
    default:
      return `v${id}`;
  }
}

export function describeRegion(block: Block, values: readonly ValueId[]): string {
  const names = [...new Set(values.map((id) => nameValue(block, id)))];
  return `${names.join(", ")} elementwise`;
}

export function describeWork(block: Block, work: Exclude<Work, { kind: "scan" }>): string {
  const result = nameValue(block, work.result);
  const overExamples = work.summed ? "over all examples: " : "";
  switch (work.kind) {
    case "product": {
      const [a, b] = work.contract.operands.map((operand) => nameValue(block, operand));
      const initial = work.initial === undefined ? "" : `${nameValue(block, work.initial)} + `;
      return `${result} = ${initial}${overExamples}${a ?? ""} · ${b ?? ""}`;
    }
    case "reduction":
      return `${result} = ${overExamples}${work.op} of ${nameValue(block, work.operand)}`;
    case "scatter":
      return `${result} = ${overExamples}${nameValue(block, work.updates)} added at ${nameValue(block, work.index)}`;
  }
}
