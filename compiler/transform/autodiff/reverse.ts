/**
 * Reverse mode: splits a function into a forward part that also returns what backward needs (residuals, chosen by
 * a minimum cut) and a backward part that turns cotangents of the outputs into cotangents of the inputs.
 * A scan becomes a scan that runs the other way and hands on the cotangent of the state; cotangents of what is the
 * same at every step are stacked over time and then summed, which split-time turns into products over all steps.
 * The cotangent of a shared value is summed over the batch where it leaves the examples.
 */
import { invariant } from "../../diagnostics/invariant.js";
import { GraphBuilder } from "../../ir/graph/build.js";
import { copyInstruction, declareInputs, inlineFunction, mapped, type ValueMap } from "../../ir/graph/rewrite.js";
import type { GraphFunction, Instruction, Operation, ValueId, ValueType } from "../../ir/graph/types.js";
import type { ShapeContext } from "../../ops/shape-rules.js";
import { gradName, nameOfRole } from "../roles.js";
import { chooseCrossingValues } from "../minimum-cut/choose-crossing-values.js";
import { pullThroughDeclared } from "./declared-derivatives.js";
import { type DerivativeRules, derivativeRules } from "./derivative-rules.js";
import type { Contribution, Site } from "./linear-rules.js";
import { cotangentsOf } from "./local-derivatives.js";
import { type OutputZeros, strongZeros } from "./strong-zeros.js";
import { sumContributions } from "./sum-contributions.js";
import { finiteInputsOf, valueFacts } from "./value-facts.js";

export interface ReverseMode {
  /** As the primal, with residuals as further outputs. */
  readonly forward: GraphFunction;
  /** What the residuals are called. */
  readonly residuals: readonly string[];
  /** Cotangents of the outputs to cotangents of every real input, zero where nothing depends on it. */
  readonly backward: GraphFunction;
  /** Where each input of `backward` comes from. */
  readonly sources: readonly BackwardSource[];
  /** Which input of the primal each output of `backward` belongs to. */
  readonly targets: readonly number[];
  /** Outputs of `backward` that something depends on; the others are zero. */
  readonly reached: ReadonlySet<number>;
}

export type BackwardSource =
  /** An output of `forward`, behind those of the primal, or an input of it. */
  | { readonly kind: "residual" | "input"; readonly index: number }
  /** The cotangent of an output of the primal. */
  | { readonly kind: "cotangent"; readonly index: number };

export interface ReverseOptions {
  /** Inputs that backward can read without their being kept. All, if left out. */
  readonly isFree?: (inputIndex: number) => boolean;
  /** In the body of a scan the sum over the batch is taken outside of it. */
  readonly insideScan?: boolean;
  /** The compiler's own, if left out. */
  readonly rules?: DerivativeRules;
  /** Whether the cotangents of the outputs may hold strong zeros. None do, if left out. */
  readonly outputZeros?: OutputZeros;
  /** Which inputs are known to be finite; if left out, those that are the same for all examples. */
  readonly finiteInputs?: readonly boolean[];
  /** The results are differentiated again, so declared derivatives stay in them. */
  readonly differentiable?: boolean;
}

export function reverseMode(primal: GraphFunction, context: ShapeContext, options: ReverseOptions = {}): ReverseMode {
  const { rules = derivativeRules, differentiable = false, insideScan = false } = options;
  const { fn: prepared, scans } = prepareScans(primal, context, rules, options);
  const plain = differentiable ? undefined : withoutDeclared(prepared);
  const fn = plain?.fn ?? prepared;
  const valueOf = plain?.valueOf ?? ((id: ValueId): ValueId => id);
  const { raw, needed, reached } = buildRawBackward(
    prepared,
    scans,
    context,
    { ...options, insideScan, rules },
    valueOf,
  );
  const inputIndex = new Map(fn.inputs.map((id, i) => [id, i]));
  const isFree = (id: ValueId): boolean => options.isFree?.(inputIndex.get(id) as number) ?? true;
  const choice = chooseCrossingValues(fn, new Set(needed), isFree);

  const residuals = nameResiduals(fn, choice.kept);
  const residualNames = residuals.map((name) => nameOfRole({ kind: "residual", name }));
  const forward: GraphFunction = {
    ...fn,
    outputs: [...fn.outputs, ...choice.kept],
    outputNames: [...fn.outputNames, ...residualNames],
  };
  const sources: BackwardSource[] = [];

  const b = new GraphBuilder(`${primal.name}_backward`, context);
  const values: ValueMap = new Map();
  for (const [i, id] of choice.kept.entries()) {
    sources.push({ kind: "residual", index: fn.outputs.length + i });
    const type = typeOf(fn, id);
    // What a scan stacks over the steps of an example is that example's own, also where its elements are shared.
    values.set(id, b.input(residualNames[i] as string, options.insideScan ? { ...type, shared: false } : type));
  }
  const read = new Set([...needed, ...choice.recomputed.flatMap((instruction) => instruction.operands)]);
  for (const id of fn.inputs) {
    if (!read.has(id) || values.has(id)) continue;
    values.set(id, b.input(fn.names[id] ?? String(id), typeOf(fn, id)));
    sources.push({ kind: "input", index: inputIndex.get(id) as number });
  }
  const cotangents = raw.inputs.slice(needed.length).map((id) => b.input(raw.names[id] as string, typeOf(raw, id)));
  sources.push(...realPlaces(fn, fn.outputs).map((index) => ({ kind: "cotangent" as const, index })));
  for (const instruction of choice.recomputed) {
    // Only some results of a scan may be kept; a scan itself is never repeated.
    invariant(instruction.operation.kind !== "scan", "a scan is recomputed");
    copyInstruction(b, fn, instruction, values);
  }
  const outputs = inlineFunction(b, raw, [...needed.map((id) => mapped(values, id)), ...cotangents]);
  const backward = b.finish(outputs.map((value, i) => ({ name: raw.outputNames[i] as string, value })));
  return { forward, residuals, backward, sources, targets: realPlaces(fn, fn.inputs), reached };
}

/** Which of these are real. */
function realPlaces(fn: GraphFunction, ids: readonly ValueId[]): number[] {
  return ids.flatMap((id, i) => (typeOf(fn, id).dtype === "real" ? [i] : []));
}

/**
 * `fn` with the values themselves where their derivatives are declared, under the same ids: backward then reads the value,
 * which may be cheap to repeat.
 */
function withoutDeclared(fn: GraphFunction): { fn: GraphFunction; valueOf: (id: ValueId) => ValueId } {
  const values = new Map<ValueId, ValueId>();
  const valueOf = (id: ValueId): ValueId => values.get(id) ?? id;
  const names = [...fn.names];
  const instructions: Instruction[] = [];
  for (const instruction of fn.instructions) {
    const operands = instruction.operands.map(valueOf);
    const [result, value] = [instruction.results[0] as ValueId, operands[0] as ValueId];
    if (instruction.operation.kind !== "custom_derivative" || typeOf(fn, result).shared !== typeOf(fn, value).shared) {
      instructions.push({ ...instruction, operands });
      continue;
    }
    values.set(result, value);
    names[value] ??= names[result];
  }
  return { fn: { ...fn, names, instructions, outputs: fn.outputs.map(valueOf) }, valueOf };
}

/** As the value is called, with a number where the name is taken or there is none. */
function nameResiduals(fn: GraphFunction, kept: readonly ValueId[]): string[] {
  const taken = new Set<string>();
  return kept.map((id) => {
    const name = fn.names[id] ?? String(id);
    const unique = taken.has(name) ? `${name}.${id}` : name;
    taken.add(unique);
    return unique;
  });
}

/** A scan whose body was taken apart. */
interface PreparedScan extends Pick<ReverseMode, "backward" | "sources" | "targets" | "reached"> {
  /** Results of the prepared scan: those that it had before, then residuals. */
  readonly results: readonly ValueId[];
}

/** Replaces every scan by one that returns the residuals of its body. */
function prepareScans(
  primal: GraphFunction,
  context: ShapeContext,
  rules: DerivativeRules,
  options: ReverseOptions,
): { fn: GraphFunction; scans: ReadonlyMap<Instruction, PreparedScan> } {
  const zeros = strongZeros(primal, outputZerosOf(primal, options));
  const facts = valueFacts(primal, options.finiteInputs);
  const b = new GraphBuilder(primal.name, context);
  const values = declareInputs(b, primal);
  const scans = new Map<Instruction, PreparedScan>();
  for (const instruction of primal.instructions) {
    const { operation } = instruction;
    if (operation.kind !== "scan") {
      copyInstruction(b, primal, instruction, values);
      continue;
    }
    const { forward, residuals, ...derived } = reverseMode(operation.body, context, {
      isFree: (i) => i >= operation.carried,
      insideScan: true,
      rules,
      differentiable: options.differentiable ?? false,
      outputZeros: zeros.bodies.get(instruction) ?? [],
      finiteInputs: finiteInputsOf(instruction, operation.carried, facts),
    });
    const operands = instruction.operands.map((id) => mapped(values, id));
    const results = b.emitAll({ ...operation, body: forward }, operands, instruction.origin);
    for (const [i, id] of instruction.results.entries()) {
      values.set(id, results[i] as ValueId);
      const name = primal.names[id];
      if (name !== undefined) b.nameValue(results[i] as ValueId, name);
    }
    const count = instruction.results.length;
    for (const [i, name] of residuals.entries()) b.nameValue(results[count + i] as ValueId, name);
    const prepared = b.instructions[b.instructions.length - 1] as Instruction;
    scans.set(prepared, { ...derived, results });
  }
  const outputs = primal.outputs.map((id, i) => ({ name: primal.outputNames[i] as string, value: mapped(values, id) }));
  return { fn: b.finish(outputs), scans };
}

/** Contributions to the cotangent of one primal value, until the walk reaches its definition. */
type Pending = Map<ValueId, Contribution[]>;

interface RawBackward extends Pick<ReverseMode, "reached"> {
  /** Inputs: the needed primal values, then the cotangents. */
  readonly raw: GraphFunction;
  readonly needed: readonly ValueId[];
}

/** The walk from the outputs to the inputs. Primal values become inputs where a rule asks for them. */
function buildRawBackward(
  fn: GraphFunction,
  scans: ReadonlyMap<Instruction, PreparedScan>,
  context: ShapeContext,
  options: ReverseOptions & { readonly rules: DerivativeRules },
  valueOf: (id: ValueId) => ValueId,
): RawBackward {
  const { insideScan = false, rules } = options;
  const zeros = strongZeros(fn, outputZerosOf(fn, options));
  const facts = valueFacts(fn, options.finiteInputs);
  const finite = new Set<ValueId>();
  const b = new GraphBuilder(`${fn.name}_backward`, context);
  const primals: ValueMap = new Map();
  const primal = (declared: ValueId): ValueId => {
    const id = valueOf(declared);
    const known = primals.get(id);
    if (known !== undefined) return known;
    const created = b.input(fn.names[id] ?? `value.${id}`, typeOf(fn, id));
    primals.set(id, created);
    if (facts.finite.has(id)) finite.add(created);
    return created;
  };
  const pending: Pending = new Map();
  const contribute = (id: ValueId, contribution: Contribution | undefined): void => {
    if (contribution === undefined || typeOf(fn, id).dtype !== "real") return;
    const known = pending.get(id);
    if (known === undefined) pending.set(id, [contribution]);
    else known.push(contribution);
  };
  const cotangentInputs: ValueId[] = [];
  for (const [i, id] of fn.outputs.entries()) {
    const type = typeOf(fn, id);
    if (type.dtype !== "real") continue;
    const input = b.input(gradName(fn.outputNames[i] ?? String(i)), { ...type, shared: false });
    cotangentInputs.push(input);
    contribute(id, input);
  }
  const settle = (id: ValueId): ValueId | undefined => {
    const contributions = pending.get(id);
    if (contributions === undefined) return undefined;
    const type = typeOf(fn, id);
    const name = fn.names[id];
    const named = (total: ValueId): ValueId => {
      if (name !== undefined) b.nameValue(total, `d_${name}`);
      return total;
    };
    if (!type.shared || insideScan) return named(sumContributions(b, type.shape, contributions));
    // What is shared already must not be counted once for each example: only the rest is summed over the batch.
    const isShared = (c: Contribution): boolean => b.typeOf(typeof c === "number" ? c : c.part).shared;
    const rest = contributions.filter((c) => !isShared(c));
    const common = contributions.filter(isShared);
    const terms = [
      ...(rest.length === 0 ? [] : [b.emit({ kind: "batch_sum" }, [named(sumContributions(b, type.shape, rest))])]),
      ...(common.length === 0 ? [] : [sumContributions(b, type.shape, common)]),
    ];
    return terms.reduce((sum, term) => b.map("add", sum, term));
  };
  for (const instruction of [...fn.instructions].reverse()) {
    const { operation, operands, results, origin } = instruction;
    b.origin = { ...origin, note: "cotangent" };
    const cotangents = results.map(settle);
    if (cotangents.every((v) => v === undefined)) continue;
    if (operation.kind === "scan") {
      pullThroughScan(
        b,
        fn,
        instruction,
        operation,
        scans.get(instruction) as PreparedScan,
        cotangents,
        primal,
        contribute,
      );
      continue;
    }
    const [result] = results as [ValueId];
    const cotangent = cotangents[0] as ValueId;
    const x = (i: number): ValueId => primal(operands[i] as ValueId);
    if (operation.kind === "custom_derivative") {
      const strengths = [result, ...operands].flatMap((id) => zeros.values.get(id) ?? []);
      const shares = pullThroughDeclared(rules, b, operation, (i) => x(i + 1), cotangent, strengths);
      for (const [i, share] of shares.entries()) contribute(operands[i + 1] as ValueId, share);
      continue;
    }
    const site: Site = {
      b,
      x,
      y: () => primal(result),
      shape: (i) => typeOf(fn, operands[i] as ValueId).shape,
      operandCount: operands.length,
      wants: (i) => typeOf(fn, operands[i] as ValueId).dtype === "real",
      isStrong: () => (zeros.values.get(result) ?? "none") !== "none",
      isFinite: (id) => finite.has(id),
      isPositive: (i) => facts.positive.has(operands[i] as ValueId),
      hasStrongRows: zeros.values.get(result) === "rows",
    };
    const shares = cotangentsOf(rules, operation, site, cotangent, typeOf(fn, result).shape);
    for (const [i, id] of operands.entries()) contribute(id, shares[i]);
  }
  b.origin = { note: "cotangent" };
  const reached = new Set<number>();
  const outputs = realPlaces(fn, fn.inputs).map((place, i) => {
    const id = fn.inputs[place] as ValueId;
    const value = settle(id);
    if (value !== undefined) reached.add(i);
    return {
      name: gradName(fn.names[id] ?? String(id)),
      value: value ?? b.constantOf(0, typeOf(fn, id).shape),
    };
  });
  const needed = [...primals.keys()];
  const finished = b.finish(outputs);
  const inputs = [...needed.map((id) => mapped(primals, id)), ...cotangentInputs];
  return { raw: { ...finished, inputs }, needed, reached };
}

/**
 * The body's backward in a scan of the opposite direction. Its carried values are the cotangents of the state, its
 * sequences the residuals, the sequences the body read and the cotangents of the outputs.
 */
function pullThroughScan(
  b: GraphBuilder,
  fn: GraphFunction,
  { operands, results, origin }: Instruction,
  operation: Extract<Operation, { kind: "scan" }>,
  prepared: PreparedScan,
  cotangents: readonly (ValueId | undefined)[],
  primal: (id: ValueId) => ValueId,
  contribute: (id: ValueId, contribution: Contribution) => void,
): void {
  const { backward, reached, sources, targets } = prepared;
  const { carried, sequences, length } = operation;
  const inputs = backward.inputs.map((id, i) => {
    const { kind, index } = sources[i] as BackwardSource;
    switch (kind) {
      case "cotangent": {
        const { shape } = typeOf(fn, results[index] as ValueId);
        const value = (): ValueId => cotangents[index] ?? b.constantOf(0, shape);
        return { id, group: index < carried ? 0 : 1, order: index, value };
      }
      case "residual":
        return { id, group: 1, order: -1, value: () => primal(prepared.results[index] as ValueId) };
      case "input":
        invariant(index >= carried, "backward of a scan reads a state");
        return {
          id,
          group: index < carried + sequences ? 1 : 2,
          order: -1,
          value: () => primal(operands[index] as ValueId),
        };
    }
  });
  const groups = [0, 1, 2].map((group) => inputs.filter((input) => input.group === group));
  const carriedSources = [...(groups[0] ?? [])].sort((x, y) => x.order - y.order);
  const ordered = [...carriedSources, ...(groups[1] ?? []), ...(groups[2] ?? [])];

  const order = targets.map((_, i) => i);
  const inputOf = (i: number): number => targets[i] as number;
  const carriedOutputs = order.filter((i) => inputOf(i) < carried);
  const stackedOutputs = order.filter((i) => inputOf(i) >= carried);
  const outputOrder = [...carriedOutputs, ...stackedOutputs];
  const reversedBody: GraphFunction = {
    ...backward,
    inputs: ordered.map((source) => source.id),
    outputs: outputOrder.map((i) => backward.outputs[i] as ValueId),
    outputNames: outputOrder.map((i) => backward.outputNames[i] as string),
  };
  const derived = b.emitAll(
    {
      kind: "scan",
      body: reversedBody,
      length,
      carried: carriedSources.length,
      sequences: (groups[1] ?? []).length,
      reverse: !operation.reverse,
    },
    ordered.map((source) => source.value()),
    { ...origin, note: "backward through time" },
  );
  for (const [position, i] of outputOrder.entries()) {
    const index = inputOf(i);
    // Nothing is no zero: what it came from may be infinite.
    if (index >= carried && !reached.has(i)) continue;
    const value = derived[position] as ValueId;
    const isInvariant = index >= carried + sequences;
    contribute(operands[index] as ValueId, isInvariant ? b.reduce("sum", value, [0]) : value);
  }
}

function outputZerosOf(fn: GraphFunction, { outputZeros }: ReverseOptions): OutputZeros {
  return fn.outputs.map((_, i) => (outputZeros === undefined ? "none" : outputZeros[i]));
}

function typeOf(fn: GraphFunction, id: ValueId): ValueType {
  const type = fn.types[id];
  invariant(type !== undefined, `%${id} of ${fn.name} has no type`);
  return type;
}
