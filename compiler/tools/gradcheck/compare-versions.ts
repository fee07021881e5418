/** Every version of every entry beside what it should give, those of parts that are called by themselves among them. */
import { at, lookUp } from "../../base/at.js";
import { evaluateDim } from "../../base/types/dim.js";
import type { BatchValue } from "../../ir/graph/evaluate.js";
import type { SymbolSizes } from "../../ir/graph/evaluate-rules.js";
import type { GraphFunction, ValueType } from "../../ir/graph/graph-function.js";
import { nameOf, typeOf } from "../../ir/graph/values.js";
import { buildEntries } from "../../driver/entries.js";
import type { Tensor } from "../../ir/graph/tensor.js";
import { type EntryDerivation, nameOfEntry } from "../../program/entry.js";
import { type Program, programRoles } from "../../program/program.js";
import { kernelInPart, nameOfRole, type Role, type TensorKind } from "../../program/base/roles.js";
import { type EntryMeanings, entryMeanings, EntryVersions, madeUp, type NamedValues } from "./entry-meanings.js";

interface ComparedVersion {
  readonly entry: string;
  /** How that is made, of a part as of the whole. */
  readonly how: EntryDerivation;
  /** What has made it. */
  readonly pass: string;
  readonly run: number;
  readonly fn: GraphFunction;
  /** Outputs by name. */
  readonly expected: NamedValues;
  /** What it gives, computed where it is asked for: a function that is not valid has no values. */
  readonly actual: () => NamedValues;
}

/** Versions of the entries of the module of `program`, with all derivatives. */
export function versionsOf(program: Program): EntryVersions {
  const seen = new EntryVersions();
  buildEntries(program, { gradient: true, jvp: true, hvp: true, observe: seen.observe });
  return seen;
}

/** What is known of an entry: of a part by what that calls it. */
export interface EntryMeaning {
  readonly own: string;
  readonly how: EntryDerivation;
  readonly meanings: EntryMeanings;
  readonly kept: NamedValues;
  /** After all passes. */
  readonly finished: GraphFunction;
}

/**
 * By entry, of the whole and of its parts.
 *
 * @param seen all versions of its entries
 * @param given as `entryMeanings` takes it. What the whole is not given, and a part is, is made up: of a part it is an input like any other.
 */
export function meaningsOf(
  program: Program,
  seen: EntryVersions,
  given: NamedValues,
  sizes: readonly SymbolSizes[],
): ReadonlyMap<string, EntryMeaning> {
  const known = new Map<string, EntryMeaning>();
  const add = (part: string | undefined, meanings: EntryMeanings): void => {
    const kept = meanings.keptBy((own) => seen.finished(kernelInPart(part, own)));
    for (const how of meanings.entries) {
      const own = nameOfEntry(how);
      const name = kernelInPart(part, own);
      const finished = seen.finished(name);
      if (finished !== undefined) known.set(name, { own, how, meanings, kept, finished });
    }
  };
  add(undefined, entryMeanings(program, given, sizes, "values and derivatives"));
  for (const { name, program: part } of program.parts ?? [])
    add(name, entryMeanings(part, givenToPart(part, given, sizes), sizes, "values"));
  return known;
}

/** In the order in which they were made; `given` as {@link meaningsOf} takes it. */
export function* comparedVersions(
  program: Program,
  seen: EntryVersions,
  given: NamedValues,
  sizes: readonly SymbolSizes[],
): Generator<ComparedVersion> {
  const known = meaningsOf(program, seen, given, sizes);
  for (const { entry, pass, run, fn } of seen.versions) {
    const { own, how, meanings, kept } = lookUp(known, entry);
    const expected = meanings.expectedOf(own, fn);
    yield { entry, how, pass, run, fn, expected, actual: () => meanings.outputsOf(fn, kept) };
  }
}

/** What a part has of the whole's by the same name and of the same shape; all else that it reads, made up. */
function givenToPart(part: Program, whole: NamedValues, sizes: readonly SymbolSizes[]): Map<string, BatchValue> {
  const functions = [part.forward, ...(part.initial === undefined ? [] : [part.initial])];
  const read = new Map(functions.flatMap((fn) => fn.inputs.map((id) => [nameOf(fn, id), typeOf(fn, id)] as const)));
  const bounds = new Map([...part.inputs, ...part.contexts, ...part.states].map(({ name, bound }) => [name, bound]));
  const computed = new Set(part.initial?.outputNames);
  const values = new Map<string, BatchValue>();
  for (const role of programRoles(part)) {
    const name = nameOfRole(role);
    const type = read.get(name);
    if (type === undefined) continue;
    const value = sameInWhole(role, whole);
    if (value !== undefined && hasShape(value, type, sizes)) values.set(name, value);
    else if (!computed.has(name)) values.set(name, madeUp(type, bounds.get(role.name), sizes));
  }
  return values;
}

/** What is an input of one, as it has the sequence in front along which that streams, may be a context of the other. */
function sameInWhole({ kind, name }: Role, whole: NamedValues): BatchValue | undefined {
  const kinds: readonly TensorKind[] = kind === "input" || kind === "context" ? ["input", "context"] : [kind];
  const found = kinds.map((own) => whole.get(nameOfRole({ kind: own, name })));
  return found.find((value) => value !== undefined);
}

/** States of the same name may look back further in the whole. */
function hasShape(value: BatchValue, { shape, shared }: ValueType, sizes: readonly SymbolSizes[]): boolean {
  const isAsLong = (own: Tensor, of: SymbolSizes): boolean =>
    own.shape.length === shape.length && shape.every((dim, axis) => evaluateDim(dim, of) === own.shape[axis]);
  if ("shared" in value) return shared && sizes.slice(0, 1).every((of) => isAsLong(value.shared, of));
  return !shared && value.examples.every((own, b) => isAsLong(own, at(sizes, b)));
}
