import { invariant } from "../../base/diagnostics/invariant.js";
import { at, lookUp } from "../../base/at.js";
import type { GraphBuilder } from "../../ir/graph/build.js";
import { ScanBuilder } from "../../ir/graph/build-scan.js";
import {
  definitions,
  forEachNeeded,
  mapped,
  recordResults,
  rewriteFunction,
  type RewriteRule,
  type ValueMap,
} from "../../ir/graph/rewrite.js";
import { operandKind, resultParts, type Scan } from "../../ir/graph/scan.js";
import { chooseCrossingValues, viewKinds } from "../minimum-cut/choose-crossing-values.js";
import type { GraphFunction, Instruction, OperationKind, ValueId } from "../../ir/graph/graph-function.js";
import type { ShapeContext } from "../../ir/graph/shape-rules.js";
import { outputName, typeOf } from "../../ir/graph/values.js";
import type { GraphPass } from "../pass.js";
import { liftOperation, type Lifted, overTime } from "../../ir/graph/lift.js";
import { loopValues, timeLevels } from "./time-levels.js";

/**
 * Takes out of a loop over time what need not run step by step.
 *
 *  - *before*: does not depend on the state: computed for all steps at once in front of the loop (`W @ x` becomes one
 *    product over all steps), or once where it does not depend on time at all;
 *  - *loop*: depends on the state and feeds the next one: stays;
 *  - *after*: depends on the state but feeds none: the loop stacks what it reads, and it is computed after the loop
 *    for all steps at once (a read-out; the products that make weight gradients).
 *
 * Works on any scan, so on derived backward loops too. Views and constants are repeated on each side instead of
 * crossing. Needs: sums in order. Rounds are loops too, and are split first: what leaves them may leave the loop around. Leaves alone:
 * other scans inside scans.
 */
export const splitTime: GraphPass = {
  name: "split-time",
  summary: "move what feeds no state out of the loop over time",
  run: (fn, context) => rewriteFunction(fn, context, split, (body) => splitRounds(body, context)),
};

const split: RewriteRule = (builder, operation, operands, instruction) =>
  operation.kind === "scan" ? new LoopSplitter(operation, operands, builder, instruction).run() : undefined;

/** Those in the body of a loop, and in each other. */
function splitRounds(body: GraphFunction, context: ShapeContext): GraphFunction {
  return rewriteFunction(
    body,
    context,
    (builder, operation, operands, instruction) =>
      operation.kind === "scan" && operation.rounds ? split(builder, operation, operands, instruction) : undefined,
    (inner) => splitRounds(inner, context),
  );
}

/** Cheap to repeat where they are used; what they read crosses instead. */
const repeatable: ReadonlySet<OperationKind> = new Set<OperationKind>([
  "constant",
  "dimension",
  "iota",
  "broadcast",
  "slice",
  "transpose",
  "window",
]);

/** What a product cannot read through: it is computed into memory first. */
const storedKinds: ReadonlySet<OperationKind> = new Set<OperationKind>(["map", "concat", "pad", "reverse"]);

class LoopSplitter {
  private readonly levelOf: (id: ValueId) => 0 | 1 | 2;
  private readonly inLoop: ReadonlySet<ValueId>;
  private readonly defined: ReadonlyMap<ValueId, Instruction>;
  private readonly crossings: ReadonlySet<ValueId>;
  private readonly body;
  /** Values outside the loop, by value of the body. */
  private readonly outside = new Map<ValueId, Lifted>();
  /** Values inside the new loop. */
  private readonly inside: ValueMap = new Map();
  private readonly loop: ScanBuilder;
  private readonly scan: Scan;
  private readonly outer: GraphBuilder;
  private readonly operands: readonly ValueId[];
  private readonly instruction: Instruction;

  constructor(scan: Scan, operands: readonly ValueId[], outer: GraphBuilder, instruction: Instruction) {
    this.scan = scan;
    this.operands = operands;
    this.outer = outer;
    this.instruction = instruction;
    this.body = scan.body;
    this.levelOf = timeLevels(scan);
    this.inLoop = loopValues(scan, this.levelOf);
    this.defined = definitions(this.body);
    this.crossings = this.chooseCrossings();
    this.loop = new ScanBuilder(outer, this.body.name);
  }

  run(): ValueId[] {
    const { scan, body, outer } = this;
    for (const [i, id] of body.inputs.entries()) {
      const kind = operandKind(scan, i);
      const value = at(this.operands, i);
      if (kind !== "carried") this.outside.set(id, { value, overTime: kind === "sequence" });
      else this.inside.set(id, this.loop.input(kind, this.nameOf(id), typeOf(body, id), value));
    }
    for (const instruction of body.instructions) {
      const level = this.levelOf(at(instruction.results, 0));
      if (level < 2) this.computeOutside(instruction);
      else if (instruction.results.some((id) => this.inLoop.has(id))) this.computeInside(instruction);
    }
    const { carried: next, stacked } = resultParts(scan, body.outputs);
    const nextState = next.map((id) => this.inLoopValue(id));
    const { handedOut, later } = this.valuesNeededAfter();
    const loop = this.emitLoop(nextState, handedOut);
    for (const instruction of body.instructions) {
      const result = at(instruction.results, 0);
      if (later.has(result) && !this.outside.has(result)) this.computeOutside(instruction);
    }
    const outputs = stacked.map((id) => overTime(this.outsideValue(id), outer, scan.length));
    return [...loop, ...outputs];
  }

  /** Loop values that something after the loop reads, and what is computed there from them. */
  private valuesNeededAfter(): { readonly handedOut: readonly ValueId[]; readonly later: ReadonlySet<ValueId> } {
    const needed = new Set<ValueId>();
    const visited = new Set<ValueId>();
    const need = (start: ValueId): void => {
      const stack = [start];
      for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
        if (visited.has(id) || this.levelOf(id) < 2) continue;
        visited.add(id);
        const definition = this.defined.get(id);
        // A slice crosses itself: what it looks at may be wider.
        const repeats = this.isRepeatable(definition) && definition?.operation.kind !== "slice";
        if (this.inside.has(id) && !repeats) needed.add(id);
        else stack.push(...(definition?.operands ?? []));
      }
    };
    for (const id of resultParts(this.scan, this.body.outputs).stacked) need(id);
    return { handedOut: [...needed].sort((a, b) => a - b), later: visited };
  }

  private emitLoop(nextState: readonly ValueId[], handedOut: readonly ValueId[]): readonly ValueId[] {
    const { scan, body } = this;
    const outputs = [
      ...nextState.map((value, i) => ({ name: outputName(body, i), value })),
      ...handedOut.map((id) => ({ name: `stacked.${id}`, value: mapped(this.inside, id) })),
    ];
    const { carried, stacked } = resultParts(scan, this.loop.emit(scan, outputs, this.instruction));
    for (const [i, id] of handedOut.entries()) {
      const value = at(stacked, i);
      this.outside.set(id, { value, overTime: true });
      this.nameOutside(value, id);
    }
    return carried;
  }

  private computeInside(instruction: Instruction): void {
    const operands = instruction.operands.map((id) => this.inLoopValue(id));
    const { inner } = this.loop;
    const results = inner.emitAll(instruction.operation, operands, instruction);
    recordResults(inner, this.body, instruction, results, this.inside);
  }

  /**
   * What crosses into the loop from before it: the cheapest set to read at each step, the rest is computed inside.
   * `i * (1 - i)` beside `i` is computed rather than read; not so what is the same at every step and read by a product: it is stored
   * in either case, so it is stored once, also where what it is made of is read beside it (`M - transpose(M)` beside `M`).
   */
  private chooseCrossings(): ReadonlySet<ValueId> {
    const { body } = this;
    const needed = new Set(resultParts(this.scan, body.outputs).carried.filter((id) => this.levelOf(id) < 2));
    for (const { operands, results } of body.instructions) {
      if (!results.some((id) => this.inLoop.has(id))) continue;
      for (const id of operands) if (this.levelOf(id) < 2) needed.add(id);
    }
    const once = this.readByProducts();
    const before = body.instructions.filter(({ results: [id] }) => this.levelOf(id!) < 2 && !once.has(id!));
    const part = { ...body, instructions: before };
    const { kept } = chooseCrossingValues(part, needed, this.outer.context, {
      isFree: (id) => once.has(id),
      keepViews: false,
    });
    return new Set([...kept, ...once]);
  }

  /** Computed values that are the same at every step and read by products of the loop, looked at in whatever way. */
  private readByProducts(): ReadonlySet<ValueId> {
    const found = new Set<ValueId>();
    for (const { operation, operands, results } of this.body.instructions) {
      if (operation.kind !== "contract" || !results.some((id) => this.inLoop.has(id))) continue;
      for (let id of operands) {
        let definition = this.defined.get(id);
        while (definition !== undefined && viewKinds.has(definition.operation.kind)) {
          id = at(definition.operands, 0);
          definition = this.defined.get(id);
        }
        const isStored = definition !== undefined && storedKinds.has(definition.operation.kind);
        if (isStored && this.levelOf(id) === 0) found.add(id);
      }
    }
    return found;
  }

  /** A value as the loop sees it: computed there, or crossing into it as a sequence or an invariant. */
  private inLoopValue(id: ValueId): ValueId {
    const known = this.inside.get(id);
    if (known !== undefined) return known;
    // Chains of what is repeated may be as long as the body: they are computed from their beginning.
    const computed = (value: ValueId): Instruction | undefined =>
      this.inside.has(value) || this.crossings.has(value) ? undefined : this.defined.get(value);
    if (computed(id) === undefined) return this.cross(id);
    forEachNeeded(id, computed, (instruction) => {
      this.computeInside(instruction);
    });
    return mapped(this.inside, id);
  }

  private cross(id: ValueId): ValueId {
    const { value, overTime: isSequence } = this.outsideValue(id);
    const type = this.outer.typeOf(value);
    const shape = isSequence ? type.shape.slice(1) : type.shape;
    // What is a step's own is each example's; rounds may be the same for all.
    const shared = type.shared && (!isSequence || this.scan.rounds);
    const kind = isSequence ? "sequence" : "invariant";
    const inner = this.loop.input(kind, this.uniqueInputName(id), { ...type, shape, shared }, value);
    this.inside.set(id, inner);
    return inner;
  }

  private computeOutside(instruction: Instruction): void {
    const { operation, results } = instruction;
    const operands = instruction.operands.map((id) => this.outsideValue(id));
    const isLifted = operands.some((operand) => operand.overTime);
    const outer = this.outer.at(instruction);
    const values = isLifted
      ? [liftOperation(operation, operands, outer, this.scan.length)]
      : outer.emitAll(
          operation,
          operands.map((operand) => operand.value),
        );
    for (const [i, id] of results.entries()) {
      const value = at(values, i);
      this.outside.set(id, { value, overTime: isLifted });
      this.nameOutside(value, id);
    }
  }

  private outsideValue(id: ValueId): Lifted {
    const known = this.outside.get(id);
    if (known !== undefined) return known;
    const repeated = (value: ValueId): Instruction | undefined => {
      if (this.outside.has(value)) return undefined;
      const definition = this.defined.get(value);
      invariant(
        definition !== undefined && this.isRepeatable(definition),
        `%${value} is not available outside the loop`,
      );
      return definition;
    };
    forEachNeeded(id, repeated, (instruction) => {
      this.computeOutside(instruction);
    });
    return lookUp(this.outside, id);
  }

  private isRepeatable(definition: Instruction | undefined): boolean {
    return definition !== undefined && repeatable.has(definition.operation.kind);
  }

  private nameOutside(value: ValueId, id: ValueId): void {
    const name = this.body.names[id];
    if (name !== undefined) this.outer.nameValue(value, name);
  }

  private uniqueInputName(id: ValueId): string {
    const name = this.nameOf(id);
    return this.loop.inner.hasName(name) ? `${name}.${id}` : name;
  }

  private nameOf(id: ValueId): string {
    return this.body.names[id] ?? `value.${id}`;
  }
}
