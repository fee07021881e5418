import { GraphBuilder } from "../../ir/graph/build.js";
import { definitions, mapped, rewriteFunction, type ValueMap } from "../../ir/graph/rewrite.js";
import type { Instruction, OperationKind, ValueId, ValueType } from "../../ir/graph/types.js";
import type { GraphPass } from "../pass.js";
import { stateComponents } from "./state-components.js";
import type { Scan } from "./time-levels.js";

/**
 * Gives states that need each other a loop of their own, and puts the loops one behind the other: of a stack of layers
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
const repeatable: ReadonlySet<OperationKind> = new Set<OperationKind>(["broadcast", "transpose", "reshape"]);

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
      for (const state of states) this.loopOf.set(scan.body.inputs[state] as ValueId, loop);
    }
    for (const { operands: reads, results } of scan.body.instructions) {
      const loop = Math.max(-1, ...reads.map((id) => this.loop(id)));
      for (const id of results) this.loopOf.set(id, loop);
    }
  }

  run(): ValueId[] {
    const { body, carried } = this.scan;
    const outputs = body.outputs.slice(carried);
    for (const id of outputs) this.stacked[Math.max(0, this.loop(id))]?.add(id);
    // From the last loop to the first: what a loop reads of earlier ones is theirs to stack.
    const own = this.components.map((): ReadonlySet<ValueId> => new Set());
    for (let loop = this.components.length - 1; loop >= 0; loop--) own[loop] = this.collect(loop);
    const finals = new Map<number, ValueId>();
    for (const [loop, states] of this.components.entries()) {
      const results = this.emitLoop(loop, own[loop] as ReadonlySet<ValueId>);
      for (const [i, state] of states.entries()) finals.set(state, results[i] as ValueId);
    }
    return [
      ...Array.from({ length: carried }, (_, state) => finals.get(state) as ValueId),
      ...outputs.map((id) => mapped(this.outside, id)),
    ];
  }

  private loop(id: ValueId): number {
    return this.loopOf.get(id) ?? -1;
  }

  private nextStates(loop: number): ValueId[] {
    return (this.components[loop] ?? []).map((state) => this.scan.body.outputs[state] as ValueId);
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

  private emitLoop(loop: number, computed: ReadonlySet<ValueId>): ValueId[] {
    const { scan, outer } = this;
    const { body, carried, sequences } = scan;
    const states = this.components[loop] ?? [];
    const inner = new GraphBuilder(`${body.name}_${loop}`, outer.context);
    const values: ValueMap = new Map();
    const inputs: { readonly inner: ValueId; readonly operand: ValueId; readonly group: 0 | 1 | 2 }[] = [];
    const declare = (id: ValueId, operand: ValueId, group: 0 | 1 | 2): ValueId => {
      const type = { ...(body.types[id] as ValueType), shared: group === 2 && outer.typeOf(operand).shared };
      const input = inner.input(this.uniqueName(inner, id), type);
      inputs.push({ inner: input, operand, group });
      values.set(id, input);
      return input;
    };
    for (const state of states) declare(body.inputs[state] as ValueId, this.operands[state] as ValueId, 0);
    const read = (id: ValueId): ValueId => {
      const known = values.get(id);
      if (known !== undefined) return known;
      const position = this.inputAt.get(id);
      if (position !== undefined && position >= carried) {
        return declare(id, this.operands[position] as ValueId, position < carried + sequences ? 1 : 2);
      }
      return declare(id, mapped(this.outside, id), 1);
    };
    for (const { operation, operands, results, origin } of this.inOrder(computed)) {
      const made = inner.emitAll(operation, operands.map(read), origin);
      for (const [i, id] of results.entries()) {
        values.set(id, made[i] as ValueId);
        const name = body.names[id];
        if (name !== undefined) inner.nameValue(made[i] as ValueId, name);
      }
    }
    const stacked = [...(this.stacked[loop] ?? [])].sort((a, b) => a - b);
    const outputs = [
      ...states.map((state) => ({
        name: body.outputNames[state] as string,
        value: read(body.outputs[state] as ValueId),
      })),
      ...stacked.map((id) => ({ name: `stacked.${id}`, value: read(id) })),
    ];
    const ordered = [...inputs].sort((a, b) => a.group - b.group);
    const results = outer.emitAll(
      {
        ...scan,
        body: { ...inner.finish(outputs), inputs: ordered.map((input) => input.inner) },
        carried: states.length,
        sequences: inputs.filter(({ group }) => group === 1).length,
      },
      ordered.map(({ operand }) => operand),
      this.instruction.origin,
    );
    for (const [i, id] of stacked.entries()) {
      const value = results[states.length + i] as ValueId;
      this.outside.set(id, value);
      const name = body.names[id];
      if (name !== undefined) outer.nameValue(value, name);
    }
    return results.slice(0, states.length);
  }

  /** The instructions that give these values. Each loop looks at its own only: there may be as many loops as layers. */
  private inOrder(computed: ReadonlySet<ValueId>): Instruction[] {
    const own = new Set<Instruction>();
    for (const id of computed) own.add(this.defined.get(id) as Instruction);
    return [...own].sort((a, b) => (this.placeOf.get(a) as number) - (this.placeOf.get(b) as number));
  }

  private uniqueName(inner: GraphBuilder, id: ValueId): string {
    const name = this.scan.body.names[id] ?? `value.${id}`;
    return inner.hasName(name) ? `${name}.${id}` : name;
  }
}
