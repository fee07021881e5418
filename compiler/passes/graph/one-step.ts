/**
 * A sequence function for exactly one step, for streaming: the size of the sequence becomes 1 and loops of one step become
 * their body.
 * The same operations in the same order, so a stream gives the same bits as the whole sequence.
 */
import { GraphBuilder } from "../../ir/graph/build.js";
import { inlineFunction, mapped, type ValueMap } from "../../ir/graph/rewrite.js";
import type { GraphFunction, Operation, ValueId, ValueType } from "../../ir/graph/types.js";
import type { ShapeContext } from "../../ir/ops/shape-rules.js";
import { constantOf, dimConstant, type Dim, substituteDim } from "../../base/types/dim.js";

type Sizes = ReadonlyMap<string, Dim>;

/** @param sequence its symbol, `%T` */
export function oneStep(fn: GraphFunction, sequence: string, context: ShapeContext): GraphFunction {
  const sizes: Sizes = new Map([[sequence, dimConstant(1)]]);
  const b = new GraphBuilder(fn.name, context);
  const values: ValueMap = new Map();
  for (const id of fn.inputs)
    values.set(id, b.input(fn.names[id] ?? String(id), substituteType(fn.types[id] as ValueType, sizes)));
  for (const { operation, operands, results, origin } of fn.instructions) {
    b.origin = origin;
    const own = operands.map((id) => mapped(values, id));
    const replaced = substituteOperation(operation, sizes);
    const outputs =
      replaced.kind === "scan" && constantOf(replaced.length) === 1
        ? runOnce(b, replaced, own)
        : b.emitAll(replaced, own, origin);
    for (const [i, id] of results.entries()) {
      values.set(id, outputs[i] as ValueId);
      const name = fn.names[id];
      if (name !== undefined) b.nameValue(outputs[i] as ValueId, name);
    }
  }
  return b.finish(fn.outputs.map((id, i) => ({ name: fn.outputNames[i] as string, value: mapped(values, id) })));
}

function runOnce(b: GraphBuilder, scan: Extract<Operation, { kind: "scan" }>, operands: readonly ValueId[]): ValueId[] {
  const { body, carried, sequences } = scan;
  const inputs = operands.map((id, i) =>
    i >= carried && i < carried + sequences ? b.reshape(id, b.shapeOf(id).slice(1)) : id,
  );
  return inlineFunction(b, body, inputs).map((id, i) =>
    i < carried ? id : b.reshape(id, [dimConstant(1), ...b.shapeOf(id)]),
  );
}

function substituteType(type: ValueType, sizes: Sizes): ValueType {
  return { ...type, shape: type.shape.map((dim) => substituteDim(dim, sizes)) };
}

/** Only these operations hold dimensions. */
function substituteOperation(operation: Operation, sizes: Sizes): Operation {
  const substitute = (dim: Dim): Dim => substituteDim(dim, sizes);
  switch (operation.kind) {
    case "dimension":
      return { ...operation, dim: substitute(operation.dim) };
    case "broadcast":
    case "reshape":
      return { ...operation, shape: operation.shape.map(substitute) };
    case "slice":
      return { ...operation, start: substitute(operation.start), length: substitute(operation.length) };
    case "pad":
      return { ...operation, before: substitute(operation.before), after: substitute(operation.after) };
    case "scatter_add":
      return { ...operation, size: substitute(operation.size) };
    case "scan":
      return { ...operation, length: substitute(operation.length) };
    default:
      return operation;
  }
}
