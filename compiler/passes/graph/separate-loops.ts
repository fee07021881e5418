import { at, lookUp } from "../../base/at.js";
import type { GraphBuilder } from "../../ir/graph/build.js";
import { ScanBuilder } from "../../ir/graph/build-scan.js";
import { definitions, mapped, recordResults, rewriteFunction, type ValueMap } from "../../ir/graph/rewrite.js";
import {
  inOrder,
  isCarried,
  type OperandKind,
  operandKind,
  resultParts,
  type Scan,
  statesOf,
} from "../../ir/graph/scan.js";
import type { Instruction, OperationKind, ValueId } from "../../ir/graph/graph-function.js";
import { outputName, typeOf } from "../../ir/graph/values.js";
import type { GraphPass } from "../pass.js";
import { stateComponents } from "./state-components.js";

/**
 * Gives states that need each other a loop of their own, and puts the loops one after the other: of a stack of layers
 * the first runs over all steps, then the second reads its stacked outputs. What a layer makes of the one below then
 * depends on no state of its own loop, so `split-time` turns it into one product over all steps.
 *
 * Each value is computed in the loop of the last state it depends on; what later loops read of it crosses as a sequence.
 * Leaves alone: loops whose states all need each other. Rounding does not change.
 */
export const separateLoops: GraphPass = {
  name: "separate-loops",
  summary: "run layers one after the other over all steps, each in its own loop",
  run: (fn, context) =>
    rewriteFunction(
      fn,
      context,
      (builder, operation, operands, instruction) => {
        if (operation.kind !== "scan") return undefined;
        const components = stateComponents(operation);
        if (components.length < 2) return undefined;
        return new Separation(operation, components, operands, builder, instruction).run();
      },
      (body) => body,
    ),
};

/** Repeated in the loop that reads them; what they look at crosses instead. */
const repeatable: ReadonlySet<OperationKind> = new Set<OperationKind>(["broadcast", "transpose", "reshape", "window"]);

class Separation {
  private readonly scan: Scan;
  private readonly components: readonly (readonly number[])[];
  private readonly operands: readonly ValueId[];
  private readonly outer: GraphBuilder;
  private readonly instruction: Instruction;
  private readonly defined: ReadonlyMap<ValueId, Instruction>;
  /** Places of instructions and inputs in the body. */
  private readonly placeOf: ReadonlyMap<Instruction, number>;
  private readonly inputAt: ReadonlyMap<ValueId, number>;
  /** The loop that computes a value: that of the last state it depends on; -1 where it depends on none. */
  private readonly loopOf = new Map<ValueId, number>();
  /** What each loop stacks for later loops or as an output of the scan. */
  private readonly stacked: Set<ValueId>[];
  /** Stacked values outside the loops. */
  private readonly outside = new Map<ValueId, ValueId>();

  constructor(
    scan: Scan,
    components: readonly (readonly number[])[],
    operands: readonly ValueId[],
    outer: GraphBuilder,
    instruction: Instruction,
  ) {
    this.scan = scan;
    this.components = components;
    this.operands = operands;
    this.outer = outer;
    this.instruction = instruction;
    this.defined = definitions(scan.body);
    this.stacked = components.map(() => new Set());
    this.placeOf = new Map(scan.body.instructions.map((instruction, i) => [instruction, i]));
    this.inputAt = new Map(scan.body.inputs.map((id, i) => [id, i]));
    for (const [loop, states] of components.entries()) {
      for (const state of states) this.loopOf.set(at(scan.body.inputs, state), loop);
    }
    for (const { operands: reads, results } of scan.body.instructions) {
      const loop = Math.max(-1, ...reads.map((id) => this.loop(id)));
      for (const id of results) this.loopOf.set(id, loop);
    }
  }

  run(): ValueId[] {
    const { carried: next, stacked } = resultParts(this.scan, this.scan.body.outputs);
    for (const id of stacked) this.stacked[Math.max(0, this.loop(id))]?.add(id);
    // From the last loop to the first: what a loop reads of earlier ones is theirs to stack.
    const own = this.components.map((): ReadonlySet<ValueId> => new Set());
    for (let loop = this.components.length - 1; loop >= 0; loop--) own[loop] = this.collect(loop);
    const finals = new Map<number, ValueId>();
    for (const [loop, states] of this.components.entries()) {
      const results = this.emitLoop(loop, at(own, loop));
      for (const [i, state] of states.entries()) finals.set(state, at(results, i));
    }
    return inOrder({
      carried: next.map((_, state) => lookUp(finals, state)),
      stacked: stacked.map((id) => mapped(this.outside, id)),
    });
  }

  private loop(id: ValueId): number {
    return this.loopOf.get(id) ?? -1;
  }

  private nextStates(loop: number): ValueId[] {
    return (this.components[loop] ?? []).map((state) => at(this.scan.body.outputs, state));
  }

  /** Everything that a loop computes; notes what it reads of earlier loops as stacked there. */
  private collect(loop: number): ReadonlySet<ValueId> {
    const computed = new Set<ValueId>();
    const pending = [...this.nextStates(loop), ...(this.stacked[loop] ?? [])];
    for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
      if (computed.has(id)) continue;
      const definition = this.defined.get(id);
      const source = this.loop(id);
      if (source === loop || source === -1 || (definition !== undefined && this.isRepeatable(definition))) {
        if (definition === undefined) continue;
        for (const result of definition.results) computed.add(result);
        pending.push(...definition.operands);
      } else {
        this.stacked[source]?.add(id);
      }
    }
    return computed;
  }

  private isRepeatable({ operation }: Instruction): boolean {
    return repeatable.has(operation.kind);
  }

  private emitLoop(loop: number, computed: ReadonlySet<ValueId>): readonly ValueId[] {
    const { scan, outer } = this;
    const { body } = scan;
    const states = this.components[loop] ?? [];
    const made = new ScanBuilder(outer, `${body.name}_${loop}`);
    const values: ValueMap = new Map();
    const read = this.readerIn(made, values, states);
    for (const instruction of this.instructionsOf(computed)) {
      const results = made.inner.emitAll(instruction.operation, instruction.operands.map(read), instruction);
      recordResults(made.inner, body, instruction, results, values);
    }
    const stacked = [...(this.stacked[loop] ?? [])].sort((a, b) => a - b);
    const outputs = [
      ...states.map((state) => ({
        name: outputName(body, state),
        value: read(at(body.outputs, state)),
      })),
      ...stacked.map((id) => ({ name: `stacked.${id}`, value: read(id) })),
    ];
    const results = resultParts(
      { carried: states.length },
      made.emit({ ...scan, states: statesOf(scan, states) }, outputs, this.instruction),
    );
    for (const [i, id] of stacked.entries()) {
      const value = at(results.stacked, i);
      this.outside.set(id, value);
      const name = body.names[id];
      if (name !== undefined) outer.nameValue(value, name);
    }
    return results.carried;
  }

  /** Values as the loop of these states sees them: computed there, or given to it where they are first read. */
  private readerIn(loop: ScanBuilder, values: ValueMap, states: readonly number[]): (id: ValueId) => ValueId {
    const { scan, outer, operands } = this;
    const declare = (id: ValueId, operand: ValueId, kind: OperandKind): ValueId => {
      const shared = kind === "invariant" && outer.typeOf(operand).shared;
      const type = { ...typeOf(scan.body, id), shared };
      const input = loop.input(kind, this.uniqueName(loop.inner, id), type, operand);
      values.set(id, input);
      return input;
    };
    for (const state of states) declare(at(scan.body.inputs, state), at(operands, state), "carried");
    return (id) => {
      const known = values.get(id);
      if (known !== undefined) return known;
      const position = this.inputAt.get(id);
      return position === undefined || isCarried(scan, position)
        ? declare(id, mapped(this.outside, id), "sequence")
        : declare(id, at(operands, position), operandKind(scan, position));
    };
  }

  /** The instructions that give these values. Each loop looks at its own only: there may be as many loops as layers. */
  private instructionsOf(computed: ReadonlySet<ValueId>): Instruction[] {
    const own = new Set<Instruction>();
    for (const id of computed) own.add(lookUp(this.defined, id));
    return [...own].sort((a, b) => lookUp(this.placeOf, a) - lookUp(this.placeOf, b));
  }

  private uniqueName(inner: GraphBuilder, id: ValueId): string {
    const name = this.scan.body.names[id] ?? `value.${id}`;
    return inner.hasName(name) ? `${name}.${id}` : name;
  }
}
