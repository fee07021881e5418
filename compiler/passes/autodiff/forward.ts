/** Forward mode: a function that computes directional derivatives beside the values. */
import { at } from "../../base/at.js";
import { GraphBuilder, type NamedOutput } from "../../ir/graph/build.js";
import { ScanBuilder } from "../../ir/graph/build-scan.js";
import { copyInstruction, declareInputs, mapped, type ValueMap } from "../../ir/graph/rewrite.js";
import { inOrder, isCarried, operandKind, operandParts, resultParts, type Scan } from "../../ir/graph/scan.js";
import type { GraphFunction, Instruction, Operation, ValueId } from "../../ir/graph/graph-function.js";
import { nameOf, outputName, typeOf } from "../../ir/graph/values.js";
import type { ShapeContext } from "../../ir/graph/shape-rules.js";
import { tangentName } from "../../program/base/roles.js";
import { pushThroughDeclared } from "./declared-derivatives.js";
import { type DerivativeRules, derivativeRules } from "./derivative-rules.js";
import type { Site } from "./linear-rules.js";
import { tangentOf } from "./local-derivatives.js";
import { type MaybeZeros, type TangentZeros, tangentZeros } from "./tangent-zeros.js";
import { finiteInputsOf, type ValueFacts, valueFacts } from "./value-facts.js";

interface ForwardMode {
  /** Inputs: those of the primal, then `tangent.<name>` of each active one. Outputs: the primal's, then tangents. */
  readonly fn: GraphFunction;
  /** Which outputs of the primal have a tangent (the others' is zero). */
  readonly activeOutputs: readonly boolean[];
}

/** @param active which inputs have a tangent; only real ones may */
export function forwardMode(
  fn: GraphFunction,
  active: readonly boolean[],
  context: ShapeContext,
  rules: DerivativeRules = derivativeRules,
): ForwardMode {
  const b = new GraphBuilder(`${fn.name}_jvp`, context);
  const values = declareInputs(b, fn);
  const tangents: ValueMap = new Map();
  for (const [i, id] of fn.inputs.entries()) {
    if (active[i]) tangents.set(id, b.input(tangentName(nameOf(fn, id)), typeOf(fn, id)));
  }
  const given = active.map((has) => (has ? false : undefined));
  new ForwardWalk(b, fn, { values, tangents, given }, rules).run();
  const activeOutputs = fn.outputs.map((id) => tangents.has(id));
  const primals = fn.outputs.map((id, i) => ({ name: outputName(fn, i), value: mapped(values, id) }));
  const derivatives = fn.outputs.flatMap((id, i) =>
    activeOutputs[i] ? [{ name: tangentName(outputName(fn, i)), value: mapped(tangents, id) }] : [],
  );
  return { fn: b.finish([...primals, ...derivatives]), activeOutputs };
}

/** What a builder has of a function. The maps start with the inputs and end with every value. */
interface Derived {
  readonly values: ValueMap;
  readonly tangents: ValueMap;
}

interface Pushed extends Derived {
  /** Whether the tangents of the inputs may hold strong zeros. */
  readonly given: MaybeZeros;
  /** Which inputs are known to be finite. */
  readonly finite?: readonly boolean[];
}

/** An output of a loop's body with tangents, and which output of the plain body it is, or is the tangent of. */
interface DerivedOutput extends NamedOutput {
  readonly place: number;
  readonly isTangent: boolean;
}

/** Copies `fn` into `b` with tangents alongside. */
class ForwardWalk {
  private readonly b: GraphBuilder;
  private readonly fn: GraphFunction;
  private readonly rules: DerivativeRules;
  private readonly values: ValueMap;
  private readonly tangents: ValueMap;
  private readonly zeros: TangentZeros;
  private readonly facts: ValueFacts;
  /** Values of `b` that are known to be finite. */
  private readonly finite: Set<ValueId>;

  constructor(b: GraphBuilder, fn: GraphFunction, pushed: Pushed, rules: DerivativeRules) {
    this.b = b;
    this.fn = fn;
    this.rules = rules;
    this.values = pushed.values;
    this.tangents = pushed.tangents;
    this.zeros = tangentZeros(fn, pushed.given);
    this.facts = valueFacts(fn, pushed.finite);
    this.finite = new Set([...this.facts.finite].flatMap((id) => pushed.values.get(id) ?? []));
  }

  run(): void {
    for (const instruction of this.fn.instructions) {
      const { operation } = instruction;
      if (operation.kind === "scan") this.pushThroughScan(instruction, operation);
      else this.pushThroughOne(instruction, operation);
    }
  }

  private pushThroughOne(instruction: Instruction, operation: Exclude<Operation, Scan>): void {
    const { fn, rules, values, tangents, zeros } = this;
    const { operands, origin, round } = instruction;
    const result = at(instruction.results, 0);
    copyInstruction(this.b, fn, instruction, values);
    if (this.facts.finite.has(result)) this.finite.add(mapped(values, result));
    const b = this.b.at({ origin: { ...origin, note: "directional derivative" }, round });
    const own = operands.map((id) => tangents.get(id));
    if (own.every((v) => v === undefined)) return;
    const site = this.siteOf(b, operands, result, own);
    let tangent: ValueId | undefined;
    if (operation.kind === "custom_derivative") {
      const ofArguments = own.slice(1, 1 + operation.arguments);
      const isStrong = zeros.values.get(result) === true;
      tangent = pushThroughDeclared(rules, b, operation, (i) => site.x(i + 1), ofArguments, isStrong);
    } else tangent = tangentOf(rules, operation, site, own, typeOf(fn, result).shape);
    if (tangent !== undefined) tangents.set(result, tangent);
  }

  /** What a rule may ask about the operation that it derives. */
  private siteOf(
    b: GraphBuilder,
    operands: readonly ValueId[],
    result: ValueId,
    own: readonly (ValueId | undefined)[],
  ): Site {
    const { fn, values, zeros, facts, finite } = this;
    const operand = (i: number): ValueId => at(operands, i);
    return {
      b,
      x: (i) => mapped(values, operand(i)),
      y: () => mapped(values, result),
      shape: (i) => typeOf(fn, operand(i)).shape,
      operandCount: operands.length,
      wants: () => true,
      isStrong: (v) => operands.some((id, i) => own[i] === v && zeros.values.get(id) === true),
      isFinite: (id) => finite.has(id),
      isPositive: (i) => facts.positive.has(operand(i)),
      hasStrongRows: false,
    };
  }

  /** Carries the tangents of the state beside the state, and those of sequences and invariants beside theirs. */
  private pushThroughScan(instruction: Instruction, scan: Scan): void {
    const { b, fn, rules, values, tangents, zeros, facts } = this;
    const { operands, results } = instruction;
    const loop = new ScanBuilder(b, `${scan.body.name}_jvp`);
    const inner = this.giveOperands(loop, scan, operands);
    const given = zeros.bodies.get(instruction) ?? [];
    const finite = finiteInputsOf(scan, operands, facts);
    new ForwardWalk(loop.inner, scan.body, { ...inner, given, finite }, rules).run();
    const outputs = derivedOutputs(loop.inner, scan, inner);
    const derived = loop.emit({ ...scan, states: [] }, outputs, instruction);
    for (const [i, { place, isTangent }] of outputs.entries()) {
      const [result, value] = [at(results, place), at(derived, i)];
      (isTangent ? tangents : values).set(result, value);
      if (!isTangent) b.nameValue(value, nameOf(fn, result));
    }
  }

  /** Makes the inputs of the body: of each kind first the values, then the tangents of those that have one. */
  private giveOperands(loop: ScanBuilder, scan: Scan, operands: readonly ValueId[]): Derived {
    const { b, values, tangents } = this;
    const { body } = scan;
    const inner: Derived = { values: new Map(), tangents: new Map() };
    const { carried, sequences, invariants } = operandParts(scan, [...body.inputs.keys()]);
    for (const places of [carried, sequences, invariants]) {
      for (const i of places) {
        const [id, operand] = [at(body.inputs, i), at(operands, i)];
        const value = loop.input(operandKind(scan, i), nameOf(body, id), typeOf(body, id), mapped(values, operand));
        inner.values.set(id, value);
      }
      for (const i of places) {
        const [id, operand] = [at(body.inputs, i), at(operands, i)];
        if (!isReal(body, id) || !(isCarried(scan, i) || tangents.has(operand))) continue;
        const type = typeOf(body, id);
        const tangent = tangents.get(operand) ?? b.constantOf(0, type.shape);
        inner.tangents.set(id, loop.input(operandKind(scan, i), tangentName(nameOf(body, id)), type, tangent));
      }
    }
    return inner;
  }
}

/** Outputs of a loop's body with tangents: carried values, their tangents, what is stacked, and the tangents of that. */
function derivedOutputs(b: GraphBuilder, scan: Scan, { values, tangents }: Derived): DerivedOutput[] {
  const { body } = scan;
  const tangentOfOutput = (place: number): ValueId | undefined => {
    const id = at(body.outputs, place);
    if (!isCarried(scan, place)) return tangents.get(id);
    // Every real state may get a tangent from a later step, so all of them carry one.
    return isReal(body, at(body.inputs, place))
      ? (tangents.get(id) ?? b.constantOf(0, typeOf(body, id).shape))
      : undefined;
  };
  const withTangents = (places: readonly number[]): DerivedOutput[] => [
    ...places.map((place) => {
      const value = mapped(values, at(body.outputs, place));
      return { place, isTangent: false, name: outputName(body, place), value };
    }),
    ...places.flatMap((place) => {
      const value = tangentOfOutput(place);
      return value === undefined ? [] : [{ place, isTangent: true, name: tangentName(outputName(body, place)), value }];
    }),
  ];
  const { carried, stacked } = resultParts(scan, [...body.outputs.keys()]);
  return inOrder({ carried: withTangents(carried), stacked: withTangents(stacked) });
}

function isReal(fn: GraphFunction, id: ValueId): boolean {
  return typeOf(fn, id).dtype === "real";
}
