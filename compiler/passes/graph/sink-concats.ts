import { at } from "../../base/at.js";
import type { GraphBuilder } from "../../ir/graph/build.js";
import { ScanBuilder } from "../../ir/graph/build-scan.js";
import {
  accumulates,
  countUses,
  definitions,
  inlineFunction,
  outputsLike,
  rewriteFunction,
} from "../../ir/graph/rewrite.js";
import { operandKind, type Scan } from "../../ir/graph/scan.js";
import type { GraphFunction, Instruction, ValueId } from "../../ir/graph/graph-function.js";
import { nameOf, pairOf, typeOf } from "../../ir/graph/values.js";
import type { GraphPass } from "../pass.js";

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
        const sinks = operation.body.inputs.map((id, i) => starts.has(id) && uses.get(at(own, i)) === 1);
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
    const [left, right] = pairOf(operands);
    if (once(left) && isProduct(right)) starts.add(left);
    if (once(right) && isProduct(left)) starts.add(right);
  }
  return starts;
}

class PartsGiver {
  private readonly scan: Scan;
  private readonly operands: readonly ValueId[];
  private readonly outer: GraphBuilder;
  private readonly loop: ScanBuilder;
  private readonly defined: ReadonlyMap<ValueId, Instruction>;

  constructor(scan: Scan, operands: readonly ValueId[], outer: GraphBuilder) {
    this.scan = scan;
    this.operands = operands;
    this.outer = outer;
    this.loop = new ScanBuilder(outer, scan.body.name);
    this.defined = definitions(outer);
  }

  /** Results of the scan where it is given parts in place of one of the operands that `sinks` marks. */
  run(sinks: readonly boolean[]): ValueId[] | undefined {
    const { scan, loop } = this;
    const { body } = scan;
    let changed = false;
    const values = body.inputs.map((id, i) => {
      const operand = at(this.operands, i);
      const name = nameOf(body, id);
      const kind = operandKind(scan, i);
      const concat = kind === "sequence" && sinks[i] === true ? this.defined.get(operand) : undefined;
      if (concat?.operation.kind !== "concat" || concat.operation.axis === 0) {
        return loop.input(kind, name, typeOf(body, id), operand);
      }
      changed = true;
      const parts = concat.operands.map((part, n) => this.part(part, `${name}.${n}`));
      return loop.inner.concat(concat.operation.axis - 1, parts);
    });
    if (!changed) return undefined;
    return loop.emit(scan, outputsLike(body, inlineFunction(loop.inner, body, values)));
  }

  /** What a part is at one step: a step of a sequence, or what is the same at all steps. */
  private part(part: ValueId, name: string): ValueId {
    const type = this.outer.typeOf(part);
    const shape = type.shape.slice(1);
    const definition = this.defined.get(part);
    if (definition?.operation.kind === "broadcast" && !definition.operation.axes.includes(0)) {
      const whole = at(definition.operands, 0);
      const given = this.loop.input("invariant", name, this.outer.typeOf(whole), whole);
      return this.loop.inner.broadcast(
        given,
        shape,
        definition.operation.axes.map((axis) => axis - 1),
      );
    }
    return this.loop.input("sequence", name, { ...type, shape, shared: false }, part);
  }
}
