/** What every entry of a module should give: the equations as they are written, derived without any pass, at some values. */
import { lookUp } from "../../base/at.js";
import { invariant } from "../../base/diagnostics/invariant.js";
import { type BatchValue, evaluateFunction } from "../../ir/graph/evaluate.js";
import type { SymbolSizes } from "../../ir/graph/evaluate-rules.js";
import { elementCount, type Tensor, tensor } from "../../ir/graph/tensor.js";
import type { GraphFunction, ValueId, ValueType } from "../../ir/graph/graph-function.js";
import { nameOf, outputName, typeOf } from "../../ir/graph/values.js";
import { type Dim, evaluateDim } from "../../base/types/dim.js";
import { entryStages } from "../../driver/entries.js";
import { ownFunctions } from "../../driver/own-entries.js";
import { gradientOf, tangentsOnly } from "../../passes/autodiff/whole-derivatives.js";
import { type EntryDerivation, type EntrySource, type EntryVersion, nameOfEntry, runOf } from "../../program/entry.js";
import { type Program, programBoundary, programContext, programRoles, streamedRoles } from "../../program/program.js";
import { type Derivation, deriveRole, nameOfRole, type Role, streamedRole } from "../../program/base/roles.js";

export type NamedValues = ReadonlyMap<string, BatchValue>;

/** The entries of a program, or of a part of it that is called by itself, as that calls them. */
export interface EntryMeanings {
  readonly entries: readonly EntryDerivation[];
  /** Outputs by name that a version of an entry should have: as long as a step is still all steps, those of these. */
  expectedOf(entry: string, fn: GraphFunction): NamedValues;
  /** What a version of an entry gives; `kept` is what other entries have kept for it. */
  outputsOf(fn: GraphFunction, kept?: NamedValues): Map<string, BatchValue>;
  /** What finished entries keep for others: forward for backward, and what a stream computes of its contexts. */
  keptBy(finished: (entry: string) => GraphFunction | undefined): NamedValues;
  /** All that entries read. */
  valuesWith(kept: NamedValues): NamedValues;
}

/**
 * @param given inputs, contexts, params, fixed values and cotangents of results, by name; initial values where they are given.
 *   What else entries read, tangents above all, is made up.
 * @param sizes of the symbols in each example
 * @param of whether there are derivatives of them
 */
export function entryMeanings(
  program: Program,
  given: NamedValues,
  sizes: readonly SymbolSizes[],
  of: "values and derivatives" | "values",
): EntryMeanings {
  const values = new Map(given);
  const { initial, starts, stream } = program;
  if (initial !== undefined) addMissing(values, evaluate(initial, values, sizes));
  const isDerived = of !== "values";
  if (isDerived) {
    const forward = evaluate(program.forward, values, sizes);
    addDerived(values, programRoles(program), new Map([...values, ...forward]));
  }
  for (const draw of starts?.draws ?? [])
    values.set(nameOfRole({ kind: "draw", name: draw.name }), madeUp(draw, undefined, sizes));
  const written = isDerived ? derivedFunctions(program) : valueFunctions(program);
  const meanings = written.map(([how, fn]): EntryMeaningOf => [how, evaluate(fn, values, sizes)]);
  if (stream !== undefined) meanings.push(...addStream(program, stream, values, sizes));
  // What a stream computes of contexts is between it and the step that reads it.
  meanings.push([ofContexts, new Map()]);
  const expected = new Map(meanings.map(([how, outputs]) => [nameOfEntry(how), outputs]));
  const inStream = new Set(stream === undefined ? [] : streamedRoles(program).map(nameOfRole));
  const valuesWith: EntryMeanings["valuesWith"] = (kept) => new Map([...values, ...kept]);
  const outputsOf: EntryMeanings["outputsOf"] = (fn, kept = new Map()) => evaluate(fn, valuesWith(kept), sizes);
  return {
    entries: meanings.map(([how]) => how),
    keptBy: (finished) =>
      new Map(
        ["forward", nameOfEntry(ofContexts)].flatMap((entry) => {
          const fn = finished(entry);
          return fn === undefined ? [] : [...outputsOf(fn)];
        }),
      ),
    expectedOf: (entry, { outputNames }) => {
      const own = lookUp(expected, entry);
      if ([...own.keys()].every((name) => outputNames.includes(name))) return own;
      // Streams have nothing to do with losses.
      return new Map([...lookUp(expected, "forward")].filter(([name]) => inStream.has(name)));
    },
    outputsOf,
    valuesWith,
  };
}

const ofContexts: EntryDerivation = { of: "contexts", by: "value", streamed: true };

/** Its outputs by name. */
type EntryMeaningOf = readonly [EntryDerivation, NamedValues];

type EntryFunction = readonly [EntryDerivation, GraphFunction];

const sourcesOf = ({ forward, initial }: Program): [of: "forward" | "initial", fn: GraphFunction][] => [
  ["forward", forward],
  ...(initial === undefined ? [] : [["initial", initial] as ["initial", GraphFunction]]),
];

/** Of whole sequences. */
function valueFunctions(program: Program): EntryFunction[] {
  const values: [EntrySource, GraphFunction][] = [...sourcesOf(program), ...ownFunctions(program)];
  return values.map(([of, fn]) => [{ of, by: "value", streamed: false }, fn]);
}

/** The same with all derivatives. */
function derivedFunctions(program: Program): EntryFunction[] {
  const context = programContext(program);
  const boundary = programBoundary(program);
  const derived = sourcesOf(program).flatMap(([of, fn]): EntryFunction[] => {
    const gradient = gradientOf(fn, context, undefined, true, boundary);
    return [
      [{ of, by: "gradient", streamed: false }, gradient],
      [{ of, by: "jvp", streamed: false }, tangentsOnly(fn, context, undefined, boundary)],
      [{ of, by: "hvp", streamed: false }, tangentsOnly(gradient, context, undefined, boundary)],
    ];
  });
  return [...valueFunctions(program), ...derived];
}

/** A step is a sequence of one: the first of each example, or zeros where it has none. */
function addStream(
  program: Program,
  stream: string,
  values: Map<string, BatchValue>,
  sizes: readonly SymbolSizes[],
): EntryMeaningOf[] {
  const one = sizes.map((own) => new Map(own).set(stream, 1));
  const first = new Map(values);
  for (const [kind, tensors] of [
    ["input", program.inputs],
    ["random", program.randoms],
  ] as const) {
    for (const { name, over } of tensors) {
      if (!over.includes(stream)) continue;
      invariant(over[0] === stream, `${name} does not run over ${stream} first`);
      const key = nameOfRole({ kind, name });
      first.set(key, eachTensor(values.get(key), firstEntry));
    }
  }
  const streamed = new Map<string, string>();
  for (const role of streamedRoles(program)) {
    const [name, own] = [nameOfRole(role), nameOfRole(streamedRole(role))];
    streamed.set(name, own);
    const value = first.get(name);
    if (value !== undefined) values.set(own, value);
  }
  return sourcesOf(program).map(([of, fn]): EntryMeaningOf => {
    const found = [...evaluate(fn, first, one)].flatMap(([name, value]) => {
      const own = streamed.get(name);
      return own === undefined ? [] : [[own, value] as const];
    });
    return [{ of, by: "value", streamed: true }, new Map(found)];
  });
}

function firstEntry({ shape, data }: Tensor): Tensor {
  const own = [1, ...shape.slice(1)];
  const size = elementCount(own);
  return tensor(own, shape[0] === 0 ? new Float64Array(size) : data.slice(0, size));
}

/** Tangents and cotangents that are not given, of everything that has them; the numbers say nothing. */
function addDerived(values: Map<string, BatchValue>, roles: readonly Role[], primal: NamedValues): void {
  const all: readonly (readonly Derivation[])[] = [["grad"], ["tangent"], ["tangent", "grad"]];
  for (const [phase, derived] of all.entries()) {
    for (const role of roles) {
      const base = primal.get(nameOfRole(role));
      const name = nameOfRole(deriveRole(role, derived));
      if (base === undefined || values.has(name)) continue;
      const along = ({ shape, data }: Tensor): Tensor =>
        tensor(
          shape,
          Float64Array.from(data, (_, i) => Math.cos(5 * i + 1 + phase) + 0.5),
        );
      values.set(name, eachTensor(base, along));
    }
  }
}

/**
 * Numbers for a value that nobody has given any: between 0 and 1, where most functions are defined; places, where it is an index.
 *
 * @param bound of an index
 */
export function madeUp(
  { shape, shared }: Pick<ValueType, "shape" | "shared">,
  bound: Dim | undefined,
  sizes: readonly SymbolSizes[],
): BatchValue {
  const ofExample = (own: SymbolSizes): Tensor => {
    const lengths = shape.map((dim) => evaluateDim(dim, own));
    const places = bound && Math.max(1, evaluateDim(bound, own));
    const numberAt = (i: number): number => (places === undefined ? 0.5 + 0.4 * Math.cos(3 * i) : (3 * i + 1) % places);
    return tensor(
      lengths,
      Float64Array.from({ length: elementCount(lengths) }, (_, i) => numberAt(i)),
    );
  };
  return shared ? { shared: ofExample(sizes[0] ?? new Map<string, number>()) } : { examples: sizes.map(ofExample) };
}

function addMissing(values: Map<string, BatchValue>, found: NamedValues): void {
  for (const [name, value] of found) if (!values.has(name)) values.set(name, value);
}

function eachTensor(value: BatchValue | undefined, change: (tensor: Tensor) => Tensor): BatchValue {
  invariant(value !== undefined, "a value is missing");
  return "shared" in value ? { shared: change(value.shared) } : { examples: value.examples.map(change) };
}

function evaluate(fn: GraphFunction, values: NamedValues, sizes: readonly SymbolSizes[]): Map<string, BatchValue> {
  const results = evaluateFunction(fn, fn.inputs.map((id) => inputOf(fn, id, values, sizes.length)), sizes); // prettier-ignore
  return new Map(results.map((value, i) => [outputName(fn, i), value]));
}

/** What all examples share stands for each of them where a function takes a value of each. */
function inputOf(fn: GraphFunction, id: ValueId, values: NamedValues, examples: number): BatchValue {
  const value = values.get(nameOf(fn, id));
  if (value === undefined) throw new RangeError(`no value for ${nameOf(fn, id)} of ${fn.name}`);
  if (!("shared" in value) || typeOf(fn, id).shared) return value;
  return { examples: new Array<Tensor>(examples).fill(value.shared) };
}

/** All numbers, example by example; of one for all as often as there are examples. */
export function numbersOfEach(value: BatchValue, examples: number): number[] {
  const tensors = "shared" in value ? new Array<Tensor>(examples).fill(value.shared) : value.examples;
  return tensors.flatMap(({ data }) => [...data]);
}

interface NumberedVersion {
  readonly entry: string;
  readonly pass: string;
  /** Which of its runs on this entry and what that is made from, from 1. */
  readonly run: number;
  readonly fn: GraphFunction;
}

/** Versions of entries, without those that a pass has left as they were. */
export class EntryVersions {
  private readonly last = new Map<string, GraphFunction>();
  readonly versions: NumberedVersion[] = [];

  /** As `observe` of entries takes it. */
  readonly observe = (version: EntryVersion): void => {
    const { entry, stage: pass, fn } = version;
    // It is on the way to what the entry gives, and is none of it.
    if (pass === entryStages.deriveGradient) return;
    const before = this.last.get(entry);
    this.last.set(entry, fn);
    if (before?.instructions === fn.instructions && before.outputs === fn.outputs && before.names === fn.names) return;
    this.versions.push({ entry, pass, run: runOf(version), fn });
  };

  /** The last of an entry. */
  finished(entry: string): GraphFunction | undefined {
    return this.last.get(entry);
  }
}
