/** Which values of a cell change from step to step: those get an index of time in formulas. */
import type { TypedCell, TypedExpression } from "../semantics/typed-program.js";

/** `state`: of the step before, or with the prime of this one. */
export type Time = "state" | "step" | "constant";

/** By name, for used cells by path: `rnn.h`. A name that is missing is constant. */
export function valuesOverTime(cell: TypedCell): ReadonlyMap<string, Time> {
  const times = new Map<string, Time>();
  for (const item of cell.items) {
    if (item.kind === "instance") {
      const { name, cell: used } = item.instance;
      for (const [inner, time] of valuesOverTime(used)) times.set(`${name}.${inner}`, time);
    } else if (item.tensor.role === "state") times.set(item.tensor.name, "state");
    else if (item.tensor.role === "input") times.set(item.tensor.name, "step");
  }
  const known = new Map<string, boolean>();
  const varies = (name: string): boolean => {
    if (times.has(name)) return times.get(name) !== "constant";
    const before = known.get(name);
    if (before !== undefined) return before;
    const node = cell.nodes.get(name);
    const result = node !== undefined && changes(node.value, varies);
    known.set(name, result);
    return result;
  };
  for (const { key, name } of cell.nodes.values()) if (key === name && varies(name)) times.set(name, "step");
  return times;
}

function changes(node: TypedExpression, varies: (name: string) => boolean): boolean {
  switch (node.kind) {
    case "value":
      return varies(node.name);
    case "member":
      return node.next || varies([...node.path, node.name].join("."));
    case "next":
    case "instance-call":
      return true;
    default:
      return partsOf(node).some((part) => changes(part, varies));
  }
}

/** The expressions directly inside one. */
export function partsOf(node: TypedExpression): readonly TypedExpression[] {
  switch (node.kind) {
    case "elementwise":
    case "concat":
    case "stack":
      return node.operands;
    case "product":
    case "outer":
      return [node.left, node.right];
    case "gather":
      return [node.operand, node.index];
    case "reduction":
    case "normalization":
    case "reshape":
    case "transpose":
    case "slice":
      return [node.operand];
    case "call":
      return node.arguments;
    default:
      return [];
  }
}
