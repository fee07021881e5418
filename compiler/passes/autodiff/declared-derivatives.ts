/**
 * Values whose derivative is declared. The declared rule is a function that is linear in the tangents of the arguments, so it
 * is its own derivative: forward mode applies the tangent of each of its operations, reverse mode walks them backwards.
 */
import { at, listAt } from "../../base/at.js";
import { invariant } from "../../base/diagnostics/invariant.js";
import type { GraphBuilder } from "../../ir/graph/build.js";
import { copyInstruction, mapped, type ValueMap } from "../../ir/graph/rewrite.js";
import type { GraphFunction, Instruction, Operation, ValueId } from "../../ir/graph/graph-function.js";
import type { DerivativeRules } from "./derivative-rules.js";
import type { Contribution, Site } from "./linear-rules.js";
import { cotangentsOf, type PlainOperation, tangentOf } from "./local-derivatives.js";
import type { Strength } from "./strong-zeros.js";
import { sumContributions } from "./sum-contributions.js";

type CustomDerivative = Extract<Operation, { kind: "custom_derivative" }>;

/** What is linear has no loops in it and no derivatives of its own. */
function local(operation: Operation): PlainOperation {
  invariant(
    operation.kind !== "scan" && operation.kind !== "custom_derivative",
    `${operation.kind} in a declared rule`,
  );
  return operation;
}

/** The values of the rule that depend on no tangent, in the derivative under construction. */
class Coefficients {
  private readonly b: GraphBuilder;
  private readonly fn: GraphFunction;
  private readonly values: ValueMap = new Map();
  private readonly given: ReadonlyMap<ValueId, () => ValueId>;
  private readonly definitions: ReadonlyMap<ValueId, Instruction>;
  /** Values that depend on a tangent. */
  readonly linear: ReadonlySet<ValueId>;

  constructor(b: GraphBuilder, operation: CustomDerivative, given: (position: number) => ValueId) {
    const { tangent: fn, arguments: count } = operation;
    this.b = b;
    this.fn = fn;
    this.given = new Map(fn.inputs.slice(count).map((id, i) => [id, () => given(count + i)]));
    this.definitions = new Map(fn.instructions.map((instruction) => [at(instruction.results, 0), instruction]));
    const linear = new Set(fn.inputs.slice(0, count));
    for (const { operands, results } of fn.instructions) {
      if (operands.some((id) => linear.has(id))) for (const id of results) linear.add(id);
    }
    this.linear = linear;
  }

  /** Computed once, where it is first asked for. */
  value(id: ValueId): ValueId {
    const known = this.values.get(id);
    if (known !== undefined) return known;
    const given = this.given.get(id);
    if (given !== undefined) this.values.set(id, given());
    else {
      const definition = this.definitions.get(id);
      invariant(definition !== undefined && !this.linear.has(id), `%${id} of ${this.fn.name} is no coefficient`);
      for (const operand of definition.operands) this.value(operand);
      copyInstruction(this.b, this.fn, definition, this.values);
    }
    return mapped(this.values, id);
  }

  /** @param strength which strong zeros tangents, or cotangents, may hold */
  site({ operands, results }: Instruction, strength: Strength): Site {
    return {
      b: this.b,
      x: (i) => this.value(at(operands, i)),
      y: () => this.value(at(results, 0)),
      shape: (i) => this.fn.types[at(operands, i)]?.shape ?? [],
      operandCount: operands.length,
      wants: (i) => this.linear.has(at(operands, i)),
      isStrong: () => strength !== "none",
      isFinite: () => false,
      isPositive: () => false,
      hasStrongRows: strength === "rows",
    };
  }
}

/**
 * The tangent of the value from those of the arguments.
 *
 * @param value Operands of the operation after the first, in `b`.
 * @param tangents Of the arguments, in `b`; undefined where there is none.
 * @param isStrong Whether these may hold strong zeros.
 */
export function pushThroughDeclared(
  rules: DerivativeRules,
  b: GraphBuilder,
  operation: CustomDerivative,
  value: (position: number) => ValueId,
  tangents: readonly (ValueId | undefined)[],
  isStrong: boolean,
): ValueId | undefined {
  const { tangent: fn } = operation;
  const coefficients = new Coefficients(b, operation, value);
  const known = new Map<ValueId, ValueId>();
  for (const [i, tangent] of tangents.entries()) if (tangent !== undefined) known.set(at(fn.inputs, i), tangent);
  for (const instruction of fn.instructions) {
    const own = instruction.operands.map((id) => known.get(id));
    if (own.every((v) => v === undefined)) continue;
    const result = at(instruction.results, 0);
    const tangent = tangentOf(
      rules,
      local(instruction.operation),
      coefficients.site(instruction, isStrong ? "elements" : "none"),
      own,
      fn.types[result]?.shape ?? [],
    );
    if (tangent !== undefined) known.set(result, tangent);
  }
  return known.get(at(fn.outputs, 0));
}

/**
 * What the cotangent of the value adds to those of the arguments.
 *
 * @param value Operands of the operation after the first, in `b`.
 * @param strengths Of this cotangent and what becomes of it.
 */
export function pullThroughDeclared(
  rules: DerivativeRules,
  b: GraphBuilder,
  operation: CustomDerivative,
  value: (position: number) => ValueId,
  cotangent: ValueId,
  strengths: readonly Strength[],
): (ValueId | undefined)[] {
  const { tangent: fn, arguments: count } = operation;
  const coefficients = new Coefficients(b, operation, value);
  const strength = strengths.includes("rows") ? "rows" : strengths.includes("elements") ? "elements" : "none";
  const pending = new Map<ValueId, Contribution[]>();
  const settle = (id: ValueId): ValueId | undefined => {
    const contributions = pending.get(id);
    return contributions && sumContributions(b, fn.types[id]?.shape ?? [], contributions);
  };
  pending.set(at(fn.outputs, 0), [cotangent]);
  for (const instruction of [...fn.instructions].reverse()) {
    const result = at(instruction.results, 0);
    const own = coefficients.linear.has(result) ? settle(result) : undefined;
    if (own === undefined) continue;
    const { operation: inner, operands } = instruction;
    const shares = cotangentsOf(
      rules,
      local(inner),
      coefficients.site(instruction, strength),
      own,
      fn.types[result]?.shape ?? [],
    );
    for (const [i, id] of operands.entries()) {
      const share = shares[i];
      if (share !== undefined) listAt(pending, id).push(share);
    }
  }
  return fn.inputs.slice(0, count).map(settle);
}
