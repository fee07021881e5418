/** What the compiler did with a cell, for people: what left the loops, what is kept, operations and bytes per step. */
import { at, lookUp } from "../../base/at.js";
import type { GraphFunction, Instruction, Operation, ValueId, ValueType } from "../../ir/graph/graph-function.js";
import { symbolsOfSequences } from "../../base/types/call-axes.js";
import {
  addDims,
  constantOf,
  type Dim,
  dimConstant,
  dimSymbol,
  divideDims,
  mentions,
  multiplyDims,
  printDim,
  symbolsOf,
} from "../../base/types/dim.js";
import { operandParts, resultParts, type Scan } from "../../ir/graph/scan.js";
import { sizeOfShape } from "../../base/types/shape.js";
import { isCheap } from "../../passes/minimum-cut/choose-crossing-values.js";
import { madeOf, type MadeOf } from "../../ir/graph/made-of.js";
import { nameOf, typeOf } from "../../ir/graph/values.js";
import type { EntryProgram } from "../../program/entry.js";

/** Where in relation to a loop over time something is computed. */
export type LoopPart = "once" | "before" | "loop" | "after";

interface LoopPartReport {
  readonly region: LoopPart;
  /** Named values computed here, in order. */
  readonly values: readonly string[];
  readonly products: number;
  /** Multiplications and additions of products, for one example: per step, or in all for `once`. */
  readonly productOperations: Dim;
  /** Scalar operations on elements. */
  readonly elementOperations: Dim;
}

export interface EntryReport {
  readonly entry: string;
  readonly regions: readonly LoopPartReport[];
  /** Numbers that cross from one region into another at each step: read or written through memory. */
  readonly crossing: Dim;
  /** What forward keeps for backward; `numbers` at each step of an example. */
  readonly residuals: { readonly values: readonly ResidualReport[]; readonly numbers: Dim };
  /** Named values of forward that this entry computes again, by cheap operations on what was kept. */
  readonly recomputed: readonly string[];
}

interface ResidualReport {
  readonly name: string;
  /** Is it the author's? A value without a name is called by its number, as in the graph. */
  readonly isNamed: boolean;
  /** For each of what `per` says. */
  readonly numbers: Dim;
  /** What all examples share is kept once for a call. */
  readonly per: "step" | "example" | "call";
  readonly why: string;
}

/** Reports on the entries over sequences. */
export function explainProgram(program: EntryProgram): EntryReport[] {
  const forward = program.entries.get("forward")?.fn;
  const primal = new Set(forward === undefined ? [] : computedNames(forward, program.roles));
  const loops = [...program.entries.values()].flatMap(({ fn }) => lengthsOfLoops(fn));
  const steps: Steps = new Set([...symbolsOfSequences(program.axes), ...loops]);
  return [...program.entries.values()]
    .filter(({ of, streamed }) => of === "forward" && !streamed)
    .map(({ name, by, fn }) =>
      explainEntry(name, fn, { roles: program.roles, steps, primal: by === "gradient" ? primal : new Set() }),
    );
}

/** Symbols of sequences, and of the sizes that loops go through. */
type Steps = ReadonlySet<string>;

/** What is known of all entries of a program. */
interface ExplainedProgram {
  readonly roles: EntryProgram["roles"];
  readonly steps: Steps;
  /** Names of what forward computes, where the entry may compute it again. */
  readonly primal: ReadonlySet<string>;
}

const lengthsOfLoops = (fn: GraphFunction): string[] =>
  fn.instructions.flatMap(({ operation }) =>
    operation.kind === "scan" ? [...symbolsOf(operation.length), ...lengthsOfLoops(operation.body)] : [],
  );

/** Names of what an entry computes, in the bodies of its loops too; not of derivatives, which are made of those that it is given. */
function computedNames(entry: GraphFunction, roles: EntryProgram["roles"]): string[] {
  const named = (fn: GraphFunction, { values, bodies }: MadeOf): string[] =>
    fn.instructions.flatMap((instruction) => {
      const { operation, results } = instruction;
      if (operation.kind === "scan") return named(operation.body, lookUp(bodies, instruction));
      return results.flatMap((id) => (values.has(id) ? [] : (fn.names[id] ?? [])));
    });
  const isDerivative = (id: ValueId): boolean => roles.get(nameOf(entry, id))?.derived !== undefined;
  return named(entry, madeOf(entry, entry.inputs.filter(isDerivative)));
}

/** Has the author given it a name? What a loop gives is called as inside of it. */
function isNamed(fn: GraphFunction, id: ValueId): boolean {
  const instruction = fn.instructions.find(({ results }) => results.includes(id));
  if (instruction?.operation.kind !== "scan") return fn.names[id] !== undefined;
  const { body } = instruction.operation;
  return isNamed(body, at(body.outputs, instruction.results.indexOf(id)));
}

/** Why a value of forward is kept rather than computed again: what the minimum cut knows of it. */
function whyKept(fn: GraphFunction, id: ValueId): string {
  const instruction = fn.instructions.find(({ results }) => results.includes(id));
  if (instruction === undefined) return "nothing else gives it";
  const { operation, results } = instruction;
  if (operation.kind === "scan") {
    const inner = at(operation.body.outputs, results.indexOf(id));
    return operation.body.inputs.includes(inner) ? "the state before the step" : whyKept(operation.body, inner);
  }
  const label = operation.kind === "map" ? operation.op : operation.kind === "contract" ? "a product" : operation.kind;
  if (!isCheap(instruction)) return `${label} is dear to repeat`;
  return `${label} of what would take no less memory`;
}

function explainEntry(entry: string, fn: GraphFunction, { roles, steps, primal }: ExplainedProgram): EntryReport {
  const afterLoop = new Set<ValueId>();
  const feedsLoop = valuesFeedingLoops(fn);
  const groups = new Map<LoopPart, Instruction[]>([
    ["once", []],
    ["before", []],
    ["loop", []],
    ["after", []],
  ]);
  let crossing = dimConstant(0);
  for (const instruction of fn.instructions) {
    const { operation, operands, results } = instruction;
    if (operation.kind === "scan") {
      groups.get("loop")?.push(...operation.body.instructions);
      for (const id of results) afterLoop.add(id);
      crossing = addDims(crossing, crossingOf(operation));
      continue;
    }
    const reads = operands.some((id) => afterLoop.has(id));
    if (reads) for (const id of results) afterLoop.add(id);
    const overTime = [...operands, ...results].some((id) => isOfSteps(fn.types[id], steps));
    // Between two loops is before the second.
    const isBefore = overTime && (!reads || results.some((id) => feedsLoop.has(id)));
    groups.get(isBefore ? "before" : reads ? "after" : "once")?.push(instruction);
  }
  const bodies = fn.instructions.flatMap(({ operation }) => (operation.kind === "scan" ? [operation.body] : []));
  const regions = [...groups].map(([region, instructions]) =>
    report(region, instructions, region === "loop" ? bodies : [fn], steps),
  );
  const residuals = fn.outputNames.flatMap((output, i): ResidualReport[] => {
    const role = roles.get(output);
    if (role?.kind !== "residual") return [];
    const id = at(fn.outputs, i);
    const type = typeOf(fn, id);
    const per = type.shared ? "call" : isOfSteps(type, steps) ? "step" : "example";
    const numbers = perStep(sizeOfShape(type.shape), steps);
    return [{ name: role.name, isNamed: isNamed(fn, id), numbers, per, why: whyKept(fn, id) }];
  });
  return {
    entry,
    regions,
    crossing,
    residuals: {
      values: residuals,
      numbers: numbersPer(residuals, "step"),
    },
    recomputed: computedNames(fn, roles).filter((name) => primal.has(name)),
  };
}

const numbersPer = (residuals: readonly ResidualReport[], each: ResidualReport["per"]): Dim =>
  residuals.reduce((sum, { numbers, per }) => (per === each ? addDims(sum, numbers) : sum), dimConstant(0));

function valuesFeedingLoops(fn: GraphFunction): ReadonlySet<ValueId> {
  const feeding = new Set<ValueId>();
  for (const { operation, operands, results } of [...fn.instructions].reverse()) {
    if (operation.kind === "scan" || results.some((id) => feeding.has(id))) for (const id of operands) feeding.add(id);
  }
  return feeding;
}

function report(
  region: LoopPart,
  instructions: readonly Instruction[],
  functions: readonly GraphFunction[],
  steps: Steps,
): LoopPartReport {
  const ownerOf = (instruction: Instruction): GraphFunction =>
    functions.find((fn) => fn.instructions.includes(instruction)) as GraphFunction;
  let products = 0;
  let productOperations = dimConstant(0);
  let elementOperations = dimConstant(0);
  const values: string[] = [];
  for (const instruction of instructions) {
    const owner = ownerOf(instruction);
    const result = at(instruction.results, 0);
    const name = owner.names[result];
    if (instruction.operation.kind === "contract") {
      products++;
      productOperations = addDims(
        productOperations,
        perStep(productSize(instruction.operation, instruction, owner), steps),
      );
    } else if (instruction.operation.kind === "map") {
      elementOperations = addDims(elementOperations, perStep(sizeOfShape(typeOf(owner, result).shape), steps));
    }
    if (name !== undefined) values.push(name);
  }
  return { region, values, products, productOperations, elementOperations };
}

/** Multiplications and additions: twice the product of all axis sizes. */
function productSize(
  operation: Extract<Operation, { kind: "contract" }>,
  { operands }: Instruction,
  fn: GraphFunction,
): Dim {
  const sizes = new Map<number, Dim>();
  for (const [i, labels] of [operation.a, operation.b].entries()) {
    const { shape } = typeOf(fn, at(operands, i));
    for (const [axis, label] of labels.entries()) sizes.set(label, at(shape, axis));
  }
  return [...sizes.values()].reduce(multiplyDims, dimConstant(2));
}

function crossingOf(scan: Scan): Dim {
  const { body } = scan;
  const ids = [...operandParts(scan, body.inputs).sequences, ...resultParts(scan, body.outputs).stacked];
  return ids.reduce((sum, id) => addDims(sum, sizeOfShape(typeOf(body, id).shape)), dimConstant(0));
}

/** Of a size over all steps of sequences, the share of one. */
function perStep(size: Dim, steps: Steps): Dim {
  return symbolsOf(size)
    .filter((symbol) => steps.has(symbol))
    .reduce((rest, axis) => divideDims(rest, dimSymbol(axis)) ?? rest, size);
}

const isOfSteps = (type: ValueType | undefined, steps: Steps): boolean =>
  type?.shape.some((dim) => mentions(dim, steps)) ?? false;

const keptFor: Readonly<Record<ResidualReport["per"], string>> = {
  step: "per example and step",
  example: "per example",
  call: "per call",
};

const regionTitles: Readonly<Record<LoopPart, string>> = {
  once: "once",
  before: "before the loop, all steps at once",
  loop: "in the loop, step by step",
  after: "after the loop, all steps at once",
};

/** The report as text for a terminal. `bytes` is the size of one number. */
export function printExplanation(reports: readonly EntryReport[], bytes: number): string {
  const lines: string[] = [];
  for (const { entry, regions, crossing, residuals, recomputed } of reports) {
    const inBytes = (numbers: Dim): string => printDim(multiplyDims(numbers, dimConstant(bytes)));
    lines.push(entry);
    for (const { region, values, products, productOperations, elementOperations } of regions) {
      if (values.length === 0 && products === 0 && constantOf(elementOperations) === 0) continue;
      lines.push(`  ${regionTitles[region]}`);
      if (values.length > 0) lines.push(`    values    ${values.join(", ")}`);
      const unit = region === "once" ? "in all" : "per step";
      lines.push(
        `    products  ${products}, ${printDim(productOperations)} operations ${unit}; elements ${printDim(elementOperations)} operations ${unit}`,
      );
    }
    lines.push(`  through memory between regions: ${inBytes(crossing)} bytes per step`);
    if (residuals.values.length > 0) {
      const kept = (["step", "example", "call"] as const)
        .map((each) => [each, numbersPer(residuals.values, each)] as const)
        .filter(([, numbers]) => numbers.key !== dimConstant(0).key)
        .map(([each, numbers]) => `${inBytes(numbers)} bytes ${keptFor[each]}`);
      lines.push(`  kept for backward: ${kept.join(", ") || "0 bytes"}`);
      for (const { name, isNamed, numbers, per, why } of residuals.values) {
        const often = per === "step" ? "" : ` ${keptFor[per]}`;
        lines.push(`    ${isNamed ? name : `%${name}`}: ${inBytes(numbers)} bytes${often}; ${why}`);
      }
    }
    if (recomputed.length > 0) lines.push(`  computed again from what was kept: ${recomputed.join(", ")}`);
    lines.push("");
  }
  return lines.join("\n");
}
