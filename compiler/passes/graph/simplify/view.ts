/** What a simplification rule sees: the instruction at hand and, through the builder, those before it. */
import { at } from "../../../base/at.js";
import type { GraphBuilder } from "../../../ir/graph/build.js";
import type { Instruction, Operation, OperationKind, ValueId } from "../../../ir/graph/graph-function.js";

type OneOperand =
  "broadcast" | "reduce" | "slice" | "pad" | "reshape" | "transpose" | "reverse" | "window" | "unwindow" | "batch_sum";

/** As many as operations of the kind have: the builder, which makes all instructions, asks the shape rules. */
type Operands<K extends OperationKind> = K extends OneOperand
  ? readonly [ValueId]
  : K extends "contract"
    ? readonly [ValueId, ValueId]
    : readonly ValueId[];

/** An operation and what it reads. */
interface Match<K extends OperationKind> {
  readonly operation: Extract<Operation, { kind: K }>;
  readonly operands: Operands<K>;
}

export class View {
  readonly b: GraphBuilder;
  private readonly definitions = new Map<ValueId, Instruction>();
  private seen = 0;

  constructor(b: GraphBuilder) {
    this.b = b;
  }

  /** The operation that makes `id` and its operands, where it is of this kind. */
  match<K extends OperationKind>(id: ValueId, kind: K): Match<K> | undefined {
    for (; this.seen < this.b.instructions.length; this.seen++) {
      const instruction = at(this.b.instructions, this.seen);
      for (const result of instruction.results) this.definitions.set(result, instruction);
    }
    const definition = this.definitions.get(id);
    if (definition?.operation.kind !== kind) return undefined;
    return definition as Pick<Instruction, "operation" | "operands"> as Match<K>;
  }

  /** The number, where `id` is a constant or a constant repeated over a shape. */
  constant(id: ValueId): number | undefined {
    const broadcast = this.match(id, "broadcast");
    const scalar = broadcast === undefined ? id : broadcast.operands[0];
    const constant = this.match(scalar, "constant");
    return constant === undefined || constant.operation.dtype !== "real" ? undefined : constant.operation.value;
  }
}

/** Gives the replacement of the instruction's result, or undefined where the rule does not apply. */
export type SimplifyRule<K extends OperationKind> = (
  operation: Extract<Operation, { kind: K }>,
  operands: Operands<K>,
  view: View,
) => ValueId | undefined;

export type SimplifyRules = { readonly [K in OperationKind]?: readonly SimplifyRule<K>[] };
