/**
 * Reverse mode: splits a function into a forward part that also returns what backward needs (residuals, chosen by
 * a minimum cut) and a backward part that turns cotangents of the outputs into cotangents of the inputs.
 * A scan becomes a scan that runs the other way and hands on the cotangent of the state; cotangents of what is the
 * same at every step are stacked over time and then summed, which split-time turns into products over all steps.
 * The cotangent of a shared value is summed over the batch where it leaves the examples.
 */
import { at } from "../../base/at.js";
import { invariant } from "../../base/diagnostics/invariant.js";
import { GraphBuilder } from "../../ir/graph/build.js";
import {
  copyInstruction,
  declareInputs,
  finishLike,
  inlineFunction,
  mapped,
  outputsLike,
  recordResults,
  type ValueMap,
} from "../../ir/graph/rewrite.js";
import { isCarried, type Scan } from "../../ir/graph/scan.js";
import type { GraphFunction, Instruction, ValueId } from "../../ir/graph/graph-function.js";
import { nameOf, realPlaces, typeOf } from "../../ir/graph/values.js";
import type { ShapeContext } from "../../ir/graph/shape-rules.js";
import { chooseCrossingValues, type CrossingChoice } from "../minimum-cut/choose-crossing-values.js";
import { nameOfRole } from "../../program/base/roles.js";
import { derivedInputs, type RawBackward, walkBackward } from "./backward-walk.js";
import { keptAsEntered, LineResiduals } from "./line-residuals.js";
import { type DerivativeRules, derivativeRules } from "./derivative-rules.js";
import type { PreparedScan } from "./pull-through-scan.js";
import type { BackwardSource, ReverseMode } from "./reverse-mode.js";
import { type OutputZeros, type StrongZeros, strongZeros } from "./strong-zeros.js";
import { finiteInputsOf, type ValueFacts, valueFacts } from "./value-facts.js";
import { withoutDeclared } from "./without-declared.js";

export interface ReverseOptions {
  /** Inputs that backward can read without their being kept. All, if left out. */
  readonly isFree?: (inputIndex: number) => boolean;
  /** In the body of a scan the sum over the batch is taken outside of it. */
  readonly insideScan?: boolean;
  /** In the body of a scan whose delay lines are kept as the sequence of what enters them: how many values it carries. */
  readonly linesAmong?: number;
  /** The compiler's own, if left out. */
  readonly rules?: DerivativeRules;
  /** Whether the cotangents of the outputs may hold strong zeros. None do, if left out. */
  readonly outputZeros?: OutputZeros;
  /** Which inputs are known to be finite; if left out, those that are the same for all examples. */
  readonly finiteInputs?: readonly boolean[];
  /**
   * Names of outputs that are one for all examples, as a loss of the batch is, and so are their cotangents. An output may have
   * the same value for all examples and still be each example's own.
   */
  readonly sharedOutputs?: ReadonlySet<string>;
  /** Names of inputs that are numbers like others: nothing is derived by them. */
  readonly fixedInputs?: ReadonlySet<string>;
  /** The results are differentiated again, so declared derivatives stay in them. */
  readonly differentiable?: boolean;
}

export function reverseMode(primal: GraphFunction, context: ShapeContext, options: ReverseOptions = {}): ReverseMode {
  const {
    rules = derivativeRules,
    differentiable = false,
    insideScan = false,
    finiteInputs,
    sharedOutputs,
    fixedInputs,
  } = options;
  const { fn: prepared, scans } = prepareScans(primal, context, { ...options, rules });
  const plain = differentiable ? undefined : withoutDeclared(prepared);
  const fn = plain?.fn ?? prepared;
  const valueOf = plain?.valueOf ?? ((id: ValueId): ValueId => id);
  const outputZeros = outputZerosOf(primal, options);
  const walk = { rules, insideScan, outputZeros, finiteInputs, sharedOutputs, fixedInputs, valueOf };
  const walked = walkBackward(prepared, scans, context, walk);
  const inputIndex = new Map(fn.inputs.map((id, i) => [id, i]));
  const isFree = (id: ValueId): boolean => {
    const place = inputIndex.get(id);
    // Neither defined nor an input: what a declared derivative stood for, which nothing reads any more.
    return place === undefined || (options.isFree?.(place) ?? true);
  };
  const keptAs = keptAsEntered(fn, options.linesAmong ?? 0);
  const choice = chooseCrossingValues(fn, new Set(walked.needed), context, { isFree, keptAs });

  const residuals = nameResiduals(fn, choice.kept);
  const residualNames = residuals.map((name) => nameOfRole({ kind: "residual", name }));
  const forward: GraphFunction = {
    ...fn,
    outputs: [...fn.outputs, ...choice.kept],
    outputNames: [...fn.outputNames, ...residualNames],
  };
  const b = new GraphBuilder(`${primal.name}_backward`, context);
  const { backward, sources } = assembleBackward(b, { fn, walked, choice, residualNames, insideScan });
  return { forward, residuals, backward, sources, targets: derivedInputs(fn, fixedInputs), reached: walked.reached };
}

interface BackwardParts {
  readonly fn: GraphFunction;
  readonly walked: RawBackward;
  readonly choice: CrossingChoice;
  readonly residualNames: readonly string[];
  readonly insideScan: boolean;
}

/** The walk, after what it needs and forward does not keep: reads residuals, inputs of the primal and cotangents. */
function assembleBackward(
  b: GraphBuilder,
  { fn, walked: { raw, needed }, choice, residualNames, insideScan }: BackwardParts,
): Pick<ReverseMode, "backward" | "sources"> {
  const sources: BackwardSource[] = [];
  const values: ValueMap = new Map();
  for (const [i, id] of choice.kept.entries()) {
    sources.push({ kind: "residual", index: fn.outputs.length + i });
    const type = typeOf(fn, id);
    // What a scan stacks over the steps of an example is that example's own, also where its elements are shared.
    values.set(id, b.input(at(residualNames, i), insideScan ? { ...type, shared: false } : type));
  }
  const read = new Set([...needed, ...choice.recomputed.flatMap((instruction) => instruction.operands)]);
  for (const [index, id] of fn.inputs.entries()) {
    if (!read.has(id) || values.has(id)) continue;
    values.set(id, b.input(nameOf(fn, id), typeOf(fn, id)));
    sources.push({ kind: "input", index });
  }
  const cotangents = raw.inputs.slice(needed.length).map((id) => b.input(nameOf(raw, id), typeOf(raw, id)));
  sources.push(...realPlaces(fn, fn.outputs).map((index) => ({ kind: "cotangent" as const, index })));
  for (const instruction of choice.recomputed) {
    // Only some results of a scan may be kept; a scan itself is never repeated.
    invariant(instruction.operation.kind !== "scan", "a scan is recomputed");
    copyInstruction(b, fn, instruction, values);
  }
  const outputs = inlineFunction(b, raw, [...needed.map((id) => mapped(values, id)), ...cotangents]);
  return { backward: b.finish(outputsLike(raw, outputs)), sources };
}

/** As the value is called, with a number where the name is taken or there is none. */
function nameResiduals(fn: GraphFunction, kept: readonly ValueId[]): string[] {
  const taken = new Set<string>();
  return kept.map((id) => {
    const name = nameOf(fn, id);
    const unique = taken.has(name) ? `${name}.${id}` : name;
    taken.add(unique);
    return unique;
  });
}

interface PreparedScans {
  readonly fn: GraphFunction;
  readonly scans: ReadonlyMap<Instruction, PreparedScan>;
}

/** Replaces every scan by one that returns the residuals of its body. */
function prepareScans(primal: GraphFunction, context: ShapeContext, options: ReverseOptions): PreparedScans {
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
    const { forward, residuals, ...derived } = reverseMode(
      operation.body,
      context,
      optionsOfBody(instruction, operation, { zeros, facts, options }),
    );
    const operands = instruction.operands.map((id) => mapped(values, id));
    const own = instruction.results.length;
    const lines = new LineResiduals({ ...operation, body: forward }, own);
    const results = b.emitAll(lines.scan, operands, instruction);
    const prepared = at(b.instructions, b.instructions.length - 1);
    recordResults(b, primal, instruction, results, values);
    for (const [i, name] of residuals.entries()) b.nameValue(at(results, own + i), name);
    scans.set(prepared, { ...derived, results: lines.resultsOf(b, operands, results) });
  }
  return { fn: finishLike(b, primal, values), scans };
}

/** How the body of a loop is derived: with what is known of values around it, and reading all but the state freely. */
function optionsOfBody(
  instruction: Instruction,
  scan: Scan,
  around: { readonly zeros: StrongZeros; readonly facts: ValueFacts; readonly options: ReverseOptions },
): ReverseOptions {
  const { zeros, facts, options } = around;
  const { rules = derivativeRules, differentiable = false } = options;
  return {
    isFree: (i) => !isCarried(scan, i),
    insideScan: true,
    ...(!scan.reverse && { linesAmong: scan.carried }),
    rules,
    differentiable,
    outputZeros: zeros.bodies.get(instruction) ?? [],
    finiteInputs: finiteInputsOf(scan, instruction.operands, facts),
  };
}

function outputZerosOf(fn: GraphFunction, { outputZeros }: ReverseOptions): OutputZeros {
  return fn.outputs.map((_, i) => (outputZeros === undefined ? "none" : outputZeros[i]));
}
