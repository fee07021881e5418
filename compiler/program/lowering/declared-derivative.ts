/**
 * A function's declared derivative to a `custom_derivative`: what depends on tangents becomes the function inside of it, the rest,
 * its coefficients, is computed beside the value and shares its parts.
 */
import { typeOf } from "../../ir/graph/values.js";
import { at } from "../../base/at.js";
import { GraphBuilder } from "../../ir/graph/build.js";
import { copyInstruction, mapped, type ValueMap } from "../../ir/graph/rewrite.js";
import type { GraphFunction, Instruction, ValueId, ValueType } from "../../ir/graph/graph-function.js";
import { errorType } from "../../language/semantics/semantic-type.js";
import type { TypedDerivative, TypedFunction } from "../../language/semantics/typed-program.js";
import { broadcastTo } from "../frame/broadcast-to.js";
import { builderAt, type Frame, type Lowering, shapeIn } from "../frame/frame.js";

/** The results with the derivatives that `fn` declares; `frame` holds the arguments and equations of `fn`. */
export function declareDerivative(
  lowering: Lowering,
  frame: Frame,
  fn: TypedFunction,
  results: readonly ValueId[],
): readonly ValueId[] {
  const { derivative } = fn;
  if (derivative === undefined) return results;
  return results.map((value, position) => declareOne(lowering, frame, fn, derivative, value, position));
}

/** One result: a rule of its own. */
function declareOne(
  lowering: Lowering,
  frame: Frame,
  fn: TypedFunction,
  derivative: TypedDerivative,
  value: ValueId,
  position: number,
): ValueId {
  const { builder } = lowering;
  const tangentValue = at(derivative.values, position);
  const rule = lowerRule(lowering, frame, fn, derivative, position);
  const count = derivative.tangents.length;
  const given: ValueMap = new Map();
  const keys = [...frame.values.keys()];
  for (const [i, id] of rule.inputs.slice(count).entries())
    given.set(id, frame.values.get(keys[i] as string) as ValueId);
  const linear = new LinearPart(builder, rule, count, given).build();
  const operands = [
    ...linear.tangents.map((position) => {
      const parameter = fn.parameters[derivative.tangents[position]?.parameter ?? -1];
      return frame.values.get(parameter?.name ?? "") as ValueId;
    }),
    ...linear.coefficients,
  ];
  return builderAt(lowering, frame, tangentValue).emit(
    { kind: "custom_derivative", arguments: linear.tangents.length, exact: false, tangent: linear.fn },
    [value, ...operands],
  );
}

/** The whole rule as a function of the tangents and of everything that the function knows. */
function lowerRule(
  lowering: Lowering,
  frame: Frame,
  fn: TypedFunction,
  derivative: TypedDerivative,
  position: number,
): GraphFunction {
  const builder = new GraphBuilder(fn.name, lowering.builder.context);
  const typeOf = (key: string) => lowering.builder.typeOf(frame.values.get(key) as ValueId);
  const values = new Map<string, ValueId>();
  for (const { name, parameter } of derivative.tangents) {
    values.set(name, builder.input(name, typeOf(fn.parameters[parameter]?.name ?? "")));
  }
  for (const key of frame.values.keys()) values.set(key, builder.input(key, typeOf(key)));
  // Parts of it move between builders, one operation at a time.
  const inner: Lowering = { ...lowering, builder, mostWrittenOut: Infinity };
  const own: Frame = { ...frame, values };
  for (const { key, value } of derivative.equations) {
    values.set(key, inner.lower(inner, own, value));
    builder.nameValue(values.get(key) as ValueId, key);
  }
  const tangent = at(derivative.values, position);
  const value = inner.lower(inner, own, tangent);
  const shape = shapeIn(frame, fn.results[position]?.type ?? errorType);
  return builder.finish([
    {
      name: fn.name,
      value: broadcastTo(builder.at({ origin: { span: tangent.span }, round: undefined }), value, shape),
    },
  ]);
}

/** Takes a rule apart: what depends on tangents into a function of its own, what does not into the builder around it. */
class LinearPart {
  private readonly outer: GraphBuilder;
  private readonly rule: GraphFunction;
  private readonly inner: GraphBuilder;
  /** Values of the rule that depend on tangents. */
  private readonly dependent = new Set<ValueId>();
  /** Values that depend on nothing: repeated where they are needed. */
  private readonly closed = new Map<ValueId, Instruction>();
  private readonly outside: ValueMap;
  private readonly inside: ValueMap = new Map();
  private readonly coefficients: ValueId[] = [];
  private readonly tangents: number;

  constructor(outer: GraphBuilder, rule: GraphFunction, tangents: number, given: ValueMap) {
    this.outer = outer;
    this.rule = rule;
    this.tangents = tangents;
    this.outside = new Map(given);
    this.inner = new GraphBuilder(rule.name, outer.context);
  }

  build(): {
    readonly fn: GraphFunction;
    /** Positions of the tangents that it reads. */
    readonly tangents: readonly number[];
    /** Its other operands, in the builder around it. */
    readonly coefficients: readonly ValueId[];
  } {
    const { rule } = this;
    const read = new Set([...rule.instructions.flatMap(({ operands }) => operands), ...rule.outputs]);
    const tangents = rule.inputs.slice(0, this.tangents).flatMap((id, i) => (read.has(id) ? [i] : []));
    for (const position of tangents) {
      const id = at(rule.inputs, position);
      this.dependent.add(id);
      this.inside.set(id, this.inner.input(rule.names[id] as string, this.typeOf(id)));
    }
    for (const instruction of rule.instructions) this.place(instruction);
    const [output] = rule.outputs as [ValueId];
    const fn = this.inner.finish([{ name: rule.outputNames[0] as string, value: this.insideValue(output) }]);
    return { fn, tangents, coefficients: this.coefficients };
  }

  private place(instruction: Instruction): void {
    const { operands, results } = instruction;
    if (operands.some((id) => this.dependent.has(id))) {
      for (const id of results) this.dependent.add(id);
      for (const id of operands) this.insideValue(id);
      copyInstruction(this.inner, this.rule, instruction, this.inside);
    } else if (operands.every((id) => this.closed.has(id))) {
      for (const id of results) this.closed.set(id, instruction);
    } else {
      for (const id of operands) this.outsideValue(id);
      copyInstruction(this.outer, this.rule, instruction, this.outside);
    }
  }

  private outsideValue(id: ValueId): ValueId {
    if (!this.outside.has(id)) this.repeat(id, this.outer, this.outside);
    return mapped(this.outside, id);
  }

  private insideValue(id: ValueId): ValueId {
    if (!this.inside.has(id)) {
      if (this.closed.has(id)) this.repeat(id, this.inner, this.inside);
      else {
        this.coefficients.push(this.outsideValue(id));
        this.inside.set(id, this.inner.input(this.rule.names[id] ?? `value.${id}`, this.typeOf(id)));
      }
    }
    return mapped(this.inside, id);
  }

  private repeat(id: ValueId, builder: GraphBuilder, values: ValueMap): void {
    const instruction = this.closed.get(id) as Instruction;
    for (const operand of instruction.operands) if (!values.has(operand)) this.repeat(operand, builder, values);
    copyInstruction(builder, this.rule, instruction, values);
  }

  private typeOf(id: ValueId): ValueType {
    return typeOf(this.rule, id);
  }
}
