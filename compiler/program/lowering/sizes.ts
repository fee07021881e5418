/** Sizes and real parameters that a compilation is given: are they complete, and does everything come out whole? */
import type { DiagnosticCollector } from "../../base/diagnostics/diagnostic.js";
import { suggestion } from "../../language/semantics/suggestion.js";
import type { TypedCell } from "../../language/semantics/typed-program.js";
import { dimConstant, dimSymbol, equalDims, evaluateDim, printDim, symbolsOf } from "../../base/types/dim.js";
import type { RealType } from "../../ir/ops/number-range.js";
import { type Obligation, printComparison, type SizeComparison } from "../../language/semantics/typed-sizes.js";
import { constantValue } from "./constant-value.js";
import { largestCount } from "../frame/element-count.js";

export interface CellArguments {
  /** Sizes by dimension; a dimension without one stays a symbol. */
  readonly dimensions: ReadonlyMap<string, number>;
  /** Real parameters that differ from their defaults. */
  readonly reals?: ReadonlyMap<string, number>;
  /** Whether a dimension without a size, without which rounds cannot be written out, takes its default or a small one. */
  readonly assumeSizes?: boolean;
  /** How many operations rounds may be that are written out: more become a loop. None do where it is left out. */
  readonly mostWrittenOut?: number;
  /** What the numbers of the module are, which count whole numbers so far; f32 where it is left out. */
  readonly dtype?: RealType;
}

/** Of a dimension that nobody has given one, and that rounds go by. */
const assumedSize = 2;

/** The sizes with one for each of `wanted`; undefined where none of these is a dimension of the cell that is open. */
export function withAssumedSizes(
  cell: TypedCell,
  given: ReadonlyMap<string, number>,
  wanted: readonly string[],
): ReadonlyMap<string, number> | undefined {
  const open = cell.dimensions.filter(({ name }) => wanted.includes(name) && !given.has(name));
  if (open.length === 0) return undefined;
  const told = withDefaultSizes(cell, given);
  return new Map([...given, ...open.map(({ name }) => [name, told.get(name) ?? assumedSize] as const)]);
}

/** Values of the real parameters, or undefined where something was reported. */
export function checkArguments(
  cell: TypedCell,
  { dimensions, reals = new Map(), dtype = "f32" }: CellArguments,
  collector: DiagnosticCollector,
): Map<string, number> | undefined {
  const before = collector.diagnostics.length;
  checkNames("dimension", cell, cell.dimensions, dimensions, collector);
  checkNames("real parameter", cell, cell.reals, reals, collector);
  for (const { name, span } of cell.dimensions) {
    const size = dimensions.get(name);
    if (size === undefined || (Number.isInteger(size) && size >= 1 && size <= largestCount)) continue;
    collector.report("bad-dimension-size", span, `\`${name}\` cannot be ${size}`, {
      help: "sizes are integers from 1 to 2147483647",
    });
  }
  if (collector.diagnostics.length === before) checkObligations(cell, dimensions, dtype, collector);
  if (collector.diagnostics.length > before) return undefined;
  const values = new Map<string, number>();
  const sizes = new Map([...dimensions].map(([name, size]) => [name, dimConstant(size)]));
  for (const real of cell.reals) {
    const { name, span, defaultValue } = real;
    const given = reals.get(name);
    if (given !== undefined) checkIndex(real, given, dimensions, collector);
    const frame = { dimensions: sizes, reals: values };
    if (given === undefined && defaultValue === undefined) {
      collector.report("wrong-arity", span, `cell \`${cell.name}\` needs a value for \`${name}\``, {
        help: `give it one, or a default: \`${name}: real = …\``,
      });
    } else values.set(name, given ?? constantValue(frame, defaultValue as NonNullable<typeof defaultValue>));
  }
  return collector.diagnostics.length === before ? values : undefined;
}

/** Of a parameter that is an index. */
function checkIndex(
  { name, span, bound }: TypedCell["reals"][number],
  given: number,
  dimensions: ReadonlyMap<string, number>,
  collector: DiagnosticCollector,
): void {
  if (bound === undefined) return;
  const isKnown = symbolsOf(bound).every((symbol) => dimensions.has(symbol));
  if (Number.isInteger(given) && given >= 0 && (!isKnown || given < evaluateDim(bound, dimensions))) return;
  collector.report("bad-dimension-size", span, `\`${name}\` cannot be ${given}`, {
    help: `it is an index, a whole number from 0 to ${printDim(bound)} - 1`,
  });
}

/** Sizes of all dimensions of which they are given or told by a default. */
export function withDefaultSizes(cell: TypedCell, given: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const sizes = new Map(given);
  for (const { name, defaultValue } of cell.dimensions) {
    if (sizes.has(name) || defaultValue === undefined) continue;
    if (symbolsOf(defaultValue).every((symbol) => sizes.has(symbol))) sizes.set(name, evaluateDim(defaultValue, sizes));
  }
  return sizes;
}

/**
 * Sizes and real parameters as they are given together, apart.
 *
 * @param sizes Of all dimensions, those with a default too, or left open where none is given.
 */
export function argumentsOf(
  cell: TypedCell,
  given: ReadonlyMap<string, number>,
  sizes: "all sizes" | "symbolic",
): Required<Pick<CellArguments, "dimensions" | "reals" | "assumeSizes">> {
  const complete = [...(sizes === "all sizes" ? withDefaultSizes(cell, given) : given)];
  const reals = new Set(cell.reals.map(({ name }) => name));
  return {
    dimensions: new Map(complete.filter(([name]) => !reals.has(name))),
    reals: new Map(complete.filter(([name]) => reals.has(name))),
    assumeSizes: sizes === "symbolic",
  };
}

function checkNames(
  what: "dimension" | "real parameter",
  cell: TypedCell,
  declared: readonly { readonly name: string }[],
  given: ReadonlyMap<string, unknown>,
  collector: DiagnosticCollector,
): void {
  const names = declared.map(({ name }) => name);
  for (const name of given.keys()) {
    if (names.includes(name)) continue;
    const there = names.length === 0 ? `it has none` : `it has ${names.map((text) => `\`${text}\``).join(", ")}`;
    const isRuntime = cell.runtimeDimensions.includes(name);
    const help = isRuntime
      ? `\`${name}\` is known at run time: every call gives it`
      : (suggestion(name, names) ?? there);
    const code = what === "dimension" ? "unknown-dimension" : "unknown-argument";
    collector.report(code, cell.span, `cell \`${cell.name}\` has no ${what} \`${name}\``, { help });
  }
}

/** Up to here every whole number is one of these. */
const countedTo: Readonly<Record<RealType, number>> = { f32: 2 ** 24, f64: 2 ** 53 };

/** What is required of sizes that are all known. */
const requirements: Readonly<
  Record<
    Obligation["kind"],
    {
      readonly code: "dimension-not-whole" | "bad-dimension-size" | "integer-too-large";
      readonly isMet: (value: number, dtype: RealType) => boolean;
      readonly help: (dtype: RealType) => string;
    }
  >
> = {
  whole: { code: "dimension-not-whole", isMet: Number.isInteger, help: () => "choose sizes that divide" },
  positive: {
    code: "bad-dimension-size",
    isMet: (value) => value >= 1 && value <= largestCount,
    help: () => "it is required to be at least 1",
  },
  least: { code: "bad-dimension-size", isMet: (value) => value >= 0, help: () => "it is required to be at least 0" },
  equal: { code: "bad-dimension-size", isMet: (value) => value === 0, help: () => "it is required to be 0" },
  exact: {
    code: "integer-too-large",
    isMet: (value, dtype) => value <= countedTo[dtype],
    help: (dtype) =>
      `whole numbers are computed in ${dtype}, which counts to ${countedTo[dtype]}: ` +
      (dtype === "f32" ? `in f64 it is ${countedTo.f64}; else a smaller size` : "choose a smaller size"),
  },
};

/** What a size is compared with stands for it where that is its default. */
function helpFor({ dimensions }: TypedCell, { left, operator, right }: SizeComparison): string {
  const isDefault = dimensions.some(
    ({ name, defaultValue }) =>
      defaultValue !== undefined && equalDims(left, dimSymbol(name)) && equalDims(right, defaultValue),
  );
  return isDefault && operator === "==" ? "leave it to its default" : "choose sizes of which it is so";
}

/** What could only be promised while sizes were symbols. */
function checkObligations(
  cell: TypedCell,
  sizes: ReadonlyMap<string, number>,
  dtype: RealType,
  collector: DiagnosticCollector,
): void {
  const seen = new Set<string>();
  for (const { kind, dim, span, said } of cell.obligations) {
    const symbols = symbolsOf(dim);
    if (!symbols.every((symbol) => sizes.has(symbol))) continue;
    const value = evaluateDim(dim, sizes);
    const { code, isMet, help } = requirements[kind];
    const key = `${kind} ${dim.key} ${span.file} ${span.start}`;
    if (isMet(value, dtype) || seen.has(key)) continue;
    seen.add(key);
    const given = symbols.map((symbol) => `${symbol} = ${sizes.get(symbol) ?? ""}`).join(", ");
    const what = kind === "exact" ? "this whole number may be" : "";
    const came =
      said !== undefined
        ? `this wants \`${printComparison(said)}\`, which is not so with ${given}`
        : symbols.length === 0
          ? `${value}`
          : `\`${printDim(dim)}\`${what === "" ? " is" : ","} ${value} with ${given}`;
    collector.report(code, span, what === "" ? came : `${what} ${came}`, {
      help: said === undefined ? help(dtype) : helpFor(cell, said),
    });
  }
}
