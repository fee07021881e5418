/** The values that integers of a kernel may have, for given sizes of a call. */
import {
  BATCH_SYMBOL,
  constantOf,
  type Dim,
  dimConstant,
  equalDims,
  evaluateDim,
  multiplyDims,
  subtractDims,
  symbolsOf,
} from "../../base/types/dim.js";
import {
  addAffine,
  AFFINE_ZERO,
  affineConstant,
  affineKey,
  affineVariable,
  scaleAffine,
  subtractAffine,
  substituteAffine,
} from "./affine.js";
import type { Affine, LoopAxis, Examples, LoopExtent, IndexExpression } from "./kernel-program.js";
import { type Integer, type OwnSize, type Range, KernelScope } from "./verify-scope.js";
import type { Condition } from "./visit.js";

/** What a part of a sum may be, and the rest of the sum. */
interface SumPart {
  readonly range: readonly [number, number];
  readonly other: Affine;
}

export type Report = (problem: string) => void;

export class IntegerVerifier {
  private readonly sizes: ReadonlyMap<string, number>;
  private readonly report: Report;

  constructor(sizes: ReadonlyMap<string, number>, report: Report) {
    this.sizes = sizes;
    this.report = report;
  }

  get batch(): number {
    return this.sizes.get(BATCH_SYMBOL) ?? 0;
  }

  dim(dim: Dim): number {
    const unknown = symbolsOf(dim).filter((symbol) => !this.sizes.has(symbol));
    if (unknown.length === 0) return evaluateDim(dim, this.sizes);
    this.report(`a call has no size ${unknown.join(", ")}`);
    return 0;
  }

  /** Every variable is bound. */
  variables({ constant, terms }: Affine, scope: KernelScope): void {
    this.dim(constant);
    for (const { variable, coefficient } of terms) {
      this.variable(variable, scope);
      this.dim(coefficient);
    }
  }

  variable(name: string, scope: KernelScope): void {
    if (scope.integer(name) === undefined) this.report(`${name} is not bound`);
  }

  range(affine: Affine, scope: KernelScope): Range {
    this.variables(affine, scope);
    const value = expand(affine, scope);
    return this.bounds(value, scope);
  }

  /** The narrowest of what is known of parts of the sum and of the rest of it. */
  private bounds(value: Affine, scope: KernelScope, depth = 0): Range {
    if (depth > 2) return this.interval(value, scope);
    return [...this.rests(value, scope), ...this.distances(value, scope), ...this.ends(value, scope)]
      .map(({ range, other }) => {
        const around = this.bounds(other, scope, depth + 1);
        return around && ([range[0] + around[0], range[1] + around[1]] as const);
      })
      .reduce<Range>(narrower, this.interval(value, scope));
  }

  /** `x - remainder(x, 4)` is a multiple of 4, which ranges of both do not tell. */
  private rests(value: Affine, scope: KernelScope): SumPart[] {
    return this.wholes(value, scope).flatMap(({ rest, factor, other }) => {
      const left = this.interval(rest.left, scope);
      if (left === undefined || left[0] < 0) return [];
      const down = (end: number): number => factor * (end - (end % rest.divisor));
      return [{ range: [down(left[0]), down(left[1])] as const, other }];
    });
  }

  /** `size - i` is above 0 where a loop over `i` ends at that size, however often the sum holds it. */
  private distances(value: Affine, scope: KernelScope): SumPart[] {
    return this.lower(value, scope).flatMap(({ part, within, times }) =>
      value.terms.flatMap((term): SumPart[] => {
        const own = scope.integer(term.variable)?.size;
        const sizes = this.dim(term.coefficient);
        if (own === undefined || sizes * times >= 0) return [];
        const counts = [1, Math.max(1, Math.floor(Math.abs(times / sizes)))];
        // The one may have some elements more than the other: `S + 5` and `S`.
        const [fitting] = counts.flatMap((rows) => {
          const more = moreThan(own, timesSize(rows, within));
          return more === undefined ? [] : [{ rows, more }];
        });
        if (fitting === undefined) return [];
        const { rows, more } = fitting;
        const factor = Math.sign(sizes) * Math.min(Math.abs(sizes), Math.floor(Math.abs(times) / rows));
        const apart = subtractAffine(affineVariable(term.variable), scaleAffine(part, dimConstant(rows)));
        const distance = subtractAffine(apart, affineConstant(more));
        const most = this.interval(distance, scope)?.[1];
        if (most === undefined) return [];
        const other = subtractAffine(value, scaleAffine(distance, dimConstant(factor)));
        const [near, far] = [factor * rows, factor * most];
        return [{ range: factor < 0 ? [far, near] : [near, far], other }];
      }),
    );
  }

  /** Parts of a sum that stay below the size of an example, and how many times the sum holds them: `i`, or the row of `i` and `j`. */
  private lower(value: Affine, scope: KernelScope): { part: Affine; within: OwnSize; times: number }[] {
    const loops = value.terms.flatMap(({ variable, coefficient }) => {
      const within = scope.integer(variable)?.below;
      if (within === undefined) return [];
      return [{ part: addAffine(affineVariable(variable), within.from), within, times: this.dim(coefficient) }];
    });
    const rows = value.terms.flatMap(({ variable, coefficient }) => {
      const row = scope.integer(variable)?.row;
      if (row === undefined) return [];
      const inRow = loops.filter(
        ({ within, times }) => equalSizes(within, row.width) && times === this.dim(coefficient),
      );
      return inRow.map(({ part, times }) => ({ part: addAffine(affineVariable(variable), part), within: row.within, times })); // prettier-ignore
    });
    return [...loops, ...rows];
  }

  /** `from + i` is below the size that a loop over `i` has the rest of, which ranges of both do not tell. */
  private ends(value: Affine, scope: KernelScope): SumPart[] {
    return value.terms.flatMap(({ variable, coefficient }) => {
      const below = scope.integer(variable)?.below;
      const factor = this.dim(coefficient);
      if (below === undefined || factor <= 0 || below.from.terms.length === 0) return [];
      const first = this.interval(below.from, scope)?.[0];
      const last = this.dim(below.dim) - 1;
      if (first === undefined || first > last) return [];
      const whole = addAffine(affineVariable(variable), below.from);
      const other = subtractAffine(value, scaleAffine(whole, dimConstant(factor)));
      return [{ range: [factor * first, factor * last], other }];
    });
  }

  private isMultiple(affine: Affine, step: number, scope: KernelScope): boolean {
    const value = expand(affine, scope);
    const isWhole = ({ constant, terms }: Affine): boolean => terms.length === 0 && this.dim(constant) % step === 0;
    return (
      isWhole(value) || this.wholes(value, scope).some(({ rest, other }) => rest.divisor % step === 0 && isWhole(other))
    );
  }

  /** `value` as `factor · (left - rest) + other`, in all ways. */
  private wholes(
    value: Affine,
    scope: KernelScope,
  ): { readonly rest: NonNullable<Integer["rest"]>; readonly factor: number; readonly other: Affine }[] {
    return value.terms.flatMap(({ variable, coefficient }) => {
      const rest = scope.integer(variable)?.rest;
      const factor = rest === undefined ? 0 : -this.dim(coefficient);
      if (rest === undefined || factor <= 0) return [];
      const whole = scaleAffine(subtractAffine(rest.left, affineVariable(variable)), dimConstant(factor));
      return [{ rest, factor, other: subtractAffine(value, whole) }];
    });
  }

  private interval({ constant, terms }: Affine, scope: KernelScope): Range {
    let [low, high] = [this.dim(constant), this.dim(constant)];
    for (const { variable, coefficient } of terms) {
      const own = scope.integer(variable)?.range;
      if (own === undefined) return undefined;
      const ends = own.map((end) => end * this.dim(coefficient));
      low += Math.min(...ends);
      high += Math.max(...ends);
    }
    return [low, high];
  }

  /** What a loop variable goes through. */
  axis(axis: LoopAxis, scope: KernelScope, step = 1): Integer {
    const { extent } = axis;
    const start = axis.from ?? AFFINE_ZERO;
    // A loop over whole blocks ends a block before its end.
    const isWhole = extent.kind === "affine" && [start, extent.value].every((end) => this.isMultiple(end, step, scope));
    const rest = isWhole ? step - 1 : 0;
    const extentRange = this.extent(extent, scope);
    const range = extentRange && ([extentRange[0], extentRange[1] - rest] as const);
    const below = this.below(extent, scope, rest);
    if (axis.from === undefined) return { range: range && [0, lastOf(0, range[1], step)], ...below };
    if (extent.kind !== "affine") this.report(`${axis.variable} starts late in an extent that is no number`);
    const from = this.range(axis.from, scope);
    return {
      range: range && from && [from[0], from[0] === from[1] ? lastOf(from[0], range[1], step) : range[1]],
      ...(from !== undefined && from[0] >= 0 && below),
    };
  }

  /** The size of an example that a loop ends at, `rest` before its end. Its variable is never below 0. */
  private below(extent: LoopExtent, scope: KernelScope, rest: number): Pick<Integer, "below"> {
    if (extent.kind === "examples") return {};
    if (extent.kind !== "affine") {
      const { upTo } = this.index(extent, scope);
      return upTo === undefined ? {} : { below: upTo };
    }
    const value = expand(extent.value, scope);
    for (const { variable } of value.terms) {
      const upTo = scope.integer(variable)?.upTo;
      const more = this.interval(subtractAffine(value, affineVariable(variable)), scope)?.[1];
      // A loop that ends after such a size runs where the size is 0, too, and tells nothing of it.
      if (upTo === undefined || more === undefined || more > 0) continue;
      return { below: { ...upTo, from: addAffine(upTo.from, affineConstant(rest - more)) } };
    }
    return {};
  }

  private extent(extent: LoopExtent, scope: KernelScope): Range {
    if (extent.kind === "examples") {
      this.examples(extent.examples, scope);
      return [0, this.batch - 1];
    }
    const { range } = this.index(extent, scope);
    return range && [0, range[1] - 1];
  }

  /** A list of examples goes with the count of the `select` that made it. */
  examples(examples: Examples, scope: KernelScope): void {
    if (examples.kind === "all") return;
    this.variable(examples.count, scope);
    if (!scope.isSelected(examples)) {
      this.report(`${examples.list}[0 .. ${examples.count}] is not what a select made`);
    }
  }

  index(value: IndexExpression, scope: KernelScope): Integer {
    switch (value.kind) {
      case "affine":
        return { range: this.range(value.value, scope), value: expand(value.value, scope) };
      case "size":
        this.variable(value.example, scope);
        return {
          range: [leastSize(value.dim), this.dim(value.dim)],
          size: value,
          upTo: { dim: value.dim, example: value.example, from: AFFINE_ZERO },
        };
      case "part": {
        if (value.example !== undefined) this.variable(value.example, scope);
        const from = this.range(value.from, scope);
        return {
          range: from && [0, Math.max(0, Math.min(value.most, this.dim(value.dim) - from[0]))],
          ...partOf(value, scope),
        };
      }
      case "load":
        this.variables(value.access.offset, scope);
        return { range: scope.isList(value.access.buffer) ? [0, this.batch - 1] : undefined };
      case "whole":
        this.variables(value.access.offset, scope);
        return { range: undefined };
      default:
        return this.quotient(value, scope);
    }
  }

  private quotient(
    { kind, left, right }: Extract<IndexExpression, { kind: "multiply" | "divide" | "remainder" }>,
    scope: KernelScope,
  ): Integer {
    const [a, b] = [this.range(left, scope), this.range(right, scope)];
    if (kind === "multiply") {
      const ends = a && b && a.flatMap((x) => b.map((y) => x * y));
      return { range: ends && [Math.min(...ends), Math.max(...ends)], ...this.row(left, right, scope) };
    }
    if (b === undefined) return { range: undefined };
    // The size of an example may be 0: what is divided by it then never runs.
    const isOwnSize = right.terms.some(({ variable }) => scope.integer(variable)?.size !== undefined);
    if (b[0] < 0 || (b[0] === 0 && !isOwnSize && !scope.isIdle)) {
      this.report(`${kind} by what may be ${b[0]}`);
      return { range: undefined };
    }
    const [least, most] = [Math.max(1, b[0]), Math.max(1, b[1])];
    // How a number and the size of an example hang together is not known.
    if (kind === "divide" && least !== most) return { range: undefined };
    if (kind === "divide") return { range: a && [Math.floor(a[0] / least), Math.floor(a[1] / least)] };
    const rest = least === most ? restOf(expand(left, scope), least, scope) : undefined;
    if (a !== undefined && a[0] === a[1] && least === most) return { range: [a[0] % least, a[0] % least] };
    return { range: [0, most - 1], ...(rest && { rest }) };
  }

  /** `left · right` begins a row where `right` is the size of an example, and `left` stays below another one or a number. */
  private row(left: Affine, right: Affine, scope: KernelScope): Pick<Integer, "row"> {
    const [value, [term]] = [expand(left, scope), right.terms];
    const width = term === undefined ? undefined : scope.integer(term.variable)?.size;
    if (term === undefined || width === undefined || affineKey(right) !== affineKey(affineVariable(term.variable))) return {}; // prettier-ignore
    const count = this.lower(value, scope).flatMap(({ part, within, times }) => {
      if (times < 1 || within.example !== width.example) return [];
      const more = this.interval(subtractAffine(value, scaleAffine(part, dimConstant(times))), scope)?.[1];
      return more === undefined || more >= times ? [] : [timesSize(times, within).dim];
    })[0];
    const most = this.interval(value, scope)?.[1];
    const rows = count ?? (most === undefined || most < 0 ? undefined : dimConstant(most + 1));
    if (rows === undefined) return {};
    return { row: { width, within: { dim: multiplyDims(rows, width.dim), example: width.example } } };
  }

  /** The scope where a condition is true; undefined where that depends on several variables. */
  narrow({ left, right, holds }: Condition, scope: KernelScope): KernelScope | undefined {
    const distance = subtractAffine(expand(left, scope), expand(right, scope));
    const constant = this.dim(distance.constant);
    const terms = distance.terms
      .map(({ variable, coefficient }) => ({ variable, slope: this.dim(coefficient) }))
      .filter(({ slope }) => slope !== 0);
    const [term, ...others] = terms;
    if (term === undefined) return constant < 0 === holds ? scope : scope.never();
    const own = scope.integer(term.variable);
    if (others.length > 0 || own?.range === undefined) return undefined;
    const { variable, slope } = term;
    // slope · v + constant < 0 holds below -constant / slope, or above it.
    const change = -constant / slope;
    const [low, high] = own.range;
    const narrowed = new KernelScope(scope);
    if (slope > 0 === holds) {
      const end = holds ? Math.ceil(change) - 1 : Math.floor(change);
      narrowed.setInteger(variable, { ...own, range: [low, Math.min(high, end)] });
    } else {
      const start = holds ? Math.floor(change) + 1 : Math.ceil(change);
      narrowed.setInteger(variable, { ...own, range: [Math.max(low, start), high] });
    }
    return narrowed;
  }
}

/** What is in both ranges. */
function narrower(a: Range, b: Range): Range {
  return a === undefined || b === undefined ? (a ?? b) : [Math.max(a[0], b[0]), Math.min(a[1], b[1])];
}

/** In terms of what is not named after something else. */
function expand(affine: Affine, scope: KernelScope): Affine {
  let value = affine;
  for (const { variable } of affine.terms) {
    const own = scope.integer(variable)?.value;
    if (own !== undefined) value = substituteAffine(value, new Map([[variable, own]]));
  }
  return value;
}

/** What is left of a rest is left of the whole, where the one divisor is a multiple of the other. */
function restOf(left: Affine, divisor: number, scope: KernelScope): NonNullable<Integer["rest"]> {
  const [term, ...others] = left.terms;
  const own = term === undefined || others.length > 0 ? undefined : scope.integer(term.variable)?.rest;
  const isSame =
    own !== undefined && term !== undefined && affineKey(left) === affineKey(affineVariable(term.variable));
  return isSame && own.divisor % divisor === 0 ? { left: own.left, divisor } : { left, divisor };
}

/** What is left of the size of an example. */
function partOf(
  { dim, example, from }: Extract<IndexExpression, { kind: "part" }>,
  scope: KernelScope,
): Pick<Integer, "upTo"> {
  return example === undefined ? {} : { upTo: { dim, example, from: expand(from, scope) } };
}

const equalSizes = (a: OwnSize, b: OwnSize): boolean => a.example === b.example && equalDims(a.dim, b.dim);

/** How many elements the first has more than the second, where that is a number whatever the example. */
const moreThan = (a: OwnSize, b: OwnSize): number | undefined =>
  a.example === b.example ? constantOf(subtractDims(a.dim, b.dim)) : undefined;

/** Of examples whose own sizes are all 0. */
const leastSize = ({ terms }: Dim): number =>
  terms.every(({ numerator }) => numerator > 0)
    ? terms.reduce(
        (least, { numerator, denominator, powers }) => least + (powers.length === 0 ? numerator / denominator : 0),
        0,
      )
    : 0;

function timesSize(count: number, { dim, example }: OwnSize): OwnSize {
  return { dim: multiplyDims(dimConstant(count), dim), example };
}

function lastOf(from: number, last: number, step: number): number {
  return last < from ? last : from + Math.floor((last - from) / step) * step;
}
