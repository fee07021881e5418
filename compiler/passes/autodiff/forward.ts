/** Forward mode: a function that computes directional derivatives beside the values. */
import { invariant } from "../../base/diagnostics/invariant.js";
import { GraphBuilder } from "../../ir/graph/build.js";
import { copyInstruction, declareInputs, mapped, type ValueMap } from "../../ir/graph/rewrite.js";
import type { GraphFunction, Instruction, Operation, ValueId } from "../../ir/graph/types.js";
import { nameOf, outputName, typeOf } from "../../ir/graph/values.js";
import type { ShapeContext } from "../../ir/ops/shape-rules.js";
import { tangentName } from "../../program/roles.js";
import { pushThroughDeclared } from "./declared-derivatives.js";
import { type DerivativeRules, derivativeRules } from "./derivative-rules.js";
import type { Site } from "./linear-rules.js";
import { tangentOf } from "./local-derivatives.js";
import { type MaybeZeros, tangentZeros } from "./tangent-zeros.js";
import { finiteInputsOf, valueFacts } from "./value-facts.js";

export interface ForwardMode {
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
  pushForward(b, fn, { values, tangents, given: active.map((has) => (has ? false : undefined)) }, rules);
  const activeOutputs = fn.outputs.map((id) => tangents.has(id));
  const primals = fn.outputs.map((id, i) => ({ name: outputName(fn, i), value: mapped(values, id) }));
  const derivatives = fn.outputs.flatMap((id, i) =>
    activeOutputs[i] ? [{ name: tangentName(outputName(fn, i)), value: mapped(tangents, id) }] : [],
  );
  return { fn: b.finish([...primals, ...derivatives]), activeOutputs };
}

/** What `b` has of `fn`. The maps start with the inputs and end with every value. */
interface Pushed {
  readonly values: ValueMap;
  readonly tangents: ValueMap;
  /** Whether the tangents of the inputs may hold strong zeros. */
  readonly given: MaybeZeros;
  /** Which inputs are known to be finite. */
  readonly finite?: readonly boolean[];
}

/** Copies `fn` into `b` with tangents alongside. */
function pushForward(b: GraphBuilder, fn: GraphFunction, pushed: Pushed, rules: DerivativeRules): void {
  const { values, tangents } = pushed;
  const zeros = tangentZeros(fn, pushed.given);
  const facts = valueFacts(fn, pushed.finite);
  const finite = new Set([...facts.finite].flatMap((id) => values.get(id) ?? []));
  for (const instruction of fn.instructions) {
    const { operation, operands, results, origin } = instruction;
    if (operation.kind === "scan") {
      const given = zeros.bodies.get(instruction) ?? [];
      const inner = { given, finite: finiteInputsOf(instruction, operation.carried, facts) };
      pushThroughScan(b, fn, instruction, operation, { values, tangents, ...inner }, rules);
      continue;
    }
    copyInstruction(b, fn, instruction, values);
    for (const id of results) if (facts.finite.has(id)) finite.add(mapped(values, id));
    b.origin = { ...origin, note: "directional derivative" };
    const [result] = results;
    invariant(result !== undefined, `${operation.kind} has no result`);
    const own = operands.map((id) => tangents.get(id));
    if (own.every((v) => v === undefined)) continue;
    const x = (i: number): ValueId => mapped(values, operands[i] as ValueId);
    const site: Site = {
      b,
      x,
      y: () => mapped(values, result),
      shape: (i) => typeOf(fn, operands[i] as ValueId).shape,
      operandCount: operands.length,
      wants: () => true,
      isStrong: (v) => operands.some((id, i) => own[i] === v && zeros.values.get(id) === true),
      isFinite: (id) => finite.has(id),
      isPositive: (i) => facts.positive.has(operands[i] as ValueId),
      hasStrongRows: false,
    };
    const tangent =
      operation.kind === "custom_derivative"
        ? pushThroughDeclared(
            rules,
            b,
            operation,
            (i) => x(i + 1),
            own.slice(1, 1 + operation.arguments),
            zeros.values.get(result) === true,
          )
        : tangentOf(rules, operation, site, own, typeOf(fn, result).shape);
    if (tangent !== undefined) tangents.set(result, tangent);
  }
}

/** Carries the tangents of the state beside the state, and those of sequences and invariants beside theirs. */
function pushThroughScan(
  b: GraphBuilder,
  fn: GraphFunction,
  { operands, results, origin }: Instruction,
  operation: Extract<Operation, { kind: "scan" }>,
  { values, tangents, given, finite }: Pushed & { readonly finite: readonly boolean[] },
  rules: DerivativeRules,
): void {
  const { body, carried, sequences } = operation;
  // Every real state may get a tangent from a later step, so all of them carry one.
  const active = body.inputs.map(
    (id, i) => typeOf(body, id).dtype === "real" && (i < carried || tangents.has(operands[i] as ValueId)),
  );
  const inner = new GraphBuilder(`${body.name}_jvp`, b.context);
  const innerValues: ValueMap = new Map();
  const innerTangents: ValueMap = new Map();
  const outerOperands: ValueId[] = [];
  const counts: number[] = [];
  for (const [from, to] of [
    [0, carried],
    [carried, carried + sequences],
    [carried + sequences, body.inputs.length],
  ] as const) {
    const before = outerOperands.length;
    for (let i = from; i < to; i++) {
      const id = body.inputs[i] as ValueId;
      innerValues.set(id, inner.input(nameOf(body, id), typeOf(body, id)));
      outerOperands.push(mapped(values, operands[i] as ValueId));
    }
    for (let i = from; i < to; i++) {
      if (!active[i]) continue;
      const id = body.inputs[i] as ValueId;
      innerTangents.set(id, inner.input(tangentName(nameOf(body, id)), typeOf(body, id)));
      outerOperands.push(tangents.get(operands[i] as ValueId) ?? b.constantOf(0, typeOf(body, id).shape));
    }
    counts.push(outerOperands.length - before);
  }
  pushForward(inner, body, { values: innerValues, tangents: innerTangents, given, finite }, rules);

  const outputs: { name: string; value: ValueId }[] = [];
  /** Which result of the scan of `fn` each result of the new scan belongs to. */
  const targets: { readonly result: ValueId; readonly into: ValueMap }[] = [];
  for (const [from, to] of [
    [0, carried],
    [carried, body.outputs.length],
  ] as const) {
    for (let i = from; i < to; i++) {
      outputs.push({ name: outputName(body, i), value: mapped(innerValues, body.outputs[i] as ValueId) });
      targets.push({ result: results[i] as ValueId, into: values });
    }
    for (let i = from; i < to; i++) {
      const id = body.outputs[i] as ValueId;
      const tangent = innerTangents.get(id);
      if (i < carried ? !active[i] : tangent === undefined) continue;
      outputs.push({
        name: tangentName(outputName(body, i)),
        value: tangent ?? inner.constantOf(0, typeOf(body, id).shape),
      });
      targets.push({ result: results[i] as ValueId, into: tangents });
    }
  }
  const derived = b.emitAll(
    { ...operation, body: inner.finish(outputs), carried: counts[0] as number, sequences: counts[1] as number },
    outerOperands,
    origin,
  );
  for (const [i, { result, into }] of targets.entries()) {
    into.set(result, derived[i] as ValueId);
    if (into === values) b.nameValue(derived[i] as ValueId, nameOf(fn, result));
  }
}
