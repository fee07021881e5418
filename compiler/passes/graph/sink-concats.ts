import { GraphBuilder } from "../../ir/graph/build.js";
import { accumulates, countUses, definitions, inlineFunction, rewriteFunction } from "../../ir/graph/rewrite.js";
import type { GraphFunction, Instruction, ValueId, ValueType } from "../../ir/graph/types.js";
import type { GraphPass } from "../pass.js";
import type { Scan } from "./time-levels.js";

/**
 * Gives a loop over time the parts of a joined sequence in place of the whole, where the whole only starts the sums of a
 * product in the loop: the sums then start from the parts where they lie, and no copy of them is made for all steps. (A GRU:
 * two runs of sums start from what the input gives, the third from a bias.)
 *
 * Needs: views simplified, since joined parts of one value are that value. Comes last, as `split-time` would join the parts
 * in front of the loop again. Leaves alone: joined sequences that anything else reads, and scans inside scans.
 */
export const sinkConcats: GraphPass = {
  name: "sink-concats",
  summary: "start the sums of a loop from the parts of a joined value instead of from a copy",
  run: (fn, context) => {
    const uses = countUses(fn);
    return rewriteFunction(
      fn,
      context,
      (builder, operation, operands, { operands: own }) => {
        if (operation.kind !== "scan") return undefined;
        const starts = startsOfSums(operation.body);
        const sinks = operation.body.inputs.map((id, i) => starts.has(id) && uses.get(own[i] as ValueId) === 1);
        return new PartsGiver(operation, operands, builder).run(sinks);
      },
      (body) => body,
    );
  },
};

/** Values that are read once, to be added to a product that is read nowhere else. */
function startsOfSums(body: GraphFunction): ReadonlySet<ValueId> {
  const uses = countUses(body);
  const defined = definitions(body);
  const once = (id: ValueId): boolean => uses.get(id) === 1;
  const isProduct = (id: ValueId): boolean => once(id) && accumulates(defined.get(id));
  const starts = new Set<ValueId>();
  for (const { operation, operands } of body.instructions) {
    if (operation.kind !== "map" || operation.op !== "add") continue;
    const [left, right] = operands as [ValueId, ValueId];
    if (once(left) && isProduct(right)) starts.add(left);
    if (once(right) && isProduct(left)) starts.add(right);
  }
  return starts;
}

interface Given {
  readonly inner: ValueId;
  readonly operand: ValueId;
}

class PartsGiver {
  private readonly scan: Scan;
  private readonly operands: readonly ValueId[];
  private readonly outer: GraphBuilder;
  private readonly inner: GraphBuilder;
  private readonly defined: ReadonlyMap<ValueId, Instruction>;
  private readonly carried: Given[] = [];
  private readonly sequences: Given[] = [];
  private readonly invariants: Given[] = [];

  constructor(scan: Scan, operands: readonly ValueId[], outer: GraphBuilder) {
    this.scan = scan;
    this.operands = operands;
    this.outer = outer;
    this.inner = new GraphBuilder(scan.body.name, outer.context);
    this.defined = definitions(outer);
  }

  /** Results of the scan where it is given parts in place of one of the operands that `sinks` marks. */
  run(sinks: readonly boolean[]): ValueId[] | undefined {
    const { scan, inner, outer } = this;
    const { body, carried, sequences } = scan;
    let changed = false;
    const values = body.inputs.map((id, i) => {
      const operand = this.operands[i] as ValueId;
      const name = body.names[id] ?? String(id);
      const type = body.types[id] as ValueType;
      if (i < carried) return this.give(this.carried, name, type, operand);
      if (i >= carried + sequences) return this.give(this.invariants, name, type, operand);
      const concat = sinks[i] === true ? this.defined.get(operand) : undefined;
      if (concat?.operation.kind !== "concat" || concat.operation.axis === 0) {
        return this.give(this.sequences, name, type, operand);
      }
      changed = true;
      const parts = concat.operands.map((part, n) => this.part(part, `${name}.${n}`));
      return inner.concat(concat.operation.axis - 1, parts);
    });
    if (!changed) return undefined;
    const outputs = inlineFunction(inner, body, values);
    const finished = inner.finish(outputs.map((value, i) => ({ name: body.outputNames[i] as string, value })));
    const given = [...this.carried, ...this.sequences, ...this.invariants];
    const inputs = given.map((each) => each.inner);
    return outer.emitAll(
      { ...scan, body: { ...finished, inputs }, sequences: this.sequences.length },
      given.map(({ operand }) => operand),
    );
  }

  private give(list: Given[], name: string, type: ValueType, operand: ValueId): ValueId {
    const inner = this.inner.input(name, type);
    list.push({ inner, operand });
    return inner;
  }

  /** What a part is at one step: a step of a sequence, or what is the same at all steps. */
  private part(part: ValueId, name: string): ValueId {
    const type = this.outer.typeOf(part);
    const shape = type.shape.slice(1);
    const definition = this.defined.get(part);
    if (definition?.operation.kind === "broadcast" && !definition.operation.axes.includes(0)) {
      const [whole] = definition.operands as [ValueId];
      const given = this.give(this.invariants, name, this.outer.typeOf(whole), whole);
      return this.inner.broadcast(
        given,
        shape,
        definition.operation.axes.map((axis) => axis - 1),
      );
    }
    return this.give(this.sequences, name, { ...type, shape, shared: false }, part);
  }
}
