/** Which values of a function are computed of some of its inputs. */
import { at } from "../../base/at.js";
import type { GraphFunction, Instruction, ValueId } from "./graph-function.js";
import { operandKind, resultParts, type Scan } from "./scan.js";

export interface MadeOf {
  /** The inputs themselves among them. */
  readonly values: ReadonlySet<ValueId>;
  /** The same of the body of each scan. */
  readonly bodies: ReadonlyMap<Instruction, MadeOf>;
}

export function madeOf(fn: GraphFunction, inputs: readonly ValueId[]): MadeOf {
  const values = new Set(inputs);
  const bodies = new Map<Instruction, MadeOf>();
  for (const instruction of fn.instructions) {
    const { operation, operands, results } = instruction;
    if (operation.kind !== "scan") {
      if (operands.some((id) => values.has(id))) for (const id of results) values.add(id);
      continue;
    }
    const body = throughLoop(operation, operands.map((id) => values.has(id))); // prettier-ignore
    bodies.set(instruction, body);
    for (const [i, id] of results.entries()) if (body.values.has(at(operation.body.outputs, i))) values.add(id);
    // Without a round, a carried value is what it was.
    for (const [i, id] of operands.entries())
      if (operandKind(operation, i) === "carried" && values.has(id)) values.add(at(results, i));
  }
  return { values, bodies };
}

/** What a step makes of them a later one is given. */
function throughLoop(scan: Scan, operands: readonly boolean[]): MadeOf {
  const { body } = scan;
  const given = [...operands];
  for (;;) {
    const found = madeOf(body, body.inputs.filter((_, i) => given[i])); // prettier-ignore
    const { carried } = resultParts(scan, body.outputs);
    const more = carried.flatMap((id, i) => (!given[i] && found.values.has(id) ? [i] : []));
    if (more.length === 0) return found;
    for (const i of more) given[i] = true;
  }
}
