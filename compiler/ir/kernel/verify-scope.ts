/** What is known where a statement of a kernel stands: integers with the values they may have, and scalars. */
import type { Dim } from "../../base/types/dim.js";
import type { ScalarDType } from "./dtypes.js";
import type { Affine } from "./kernel-program.js";

/** From the least value to the largest; undefined where it is not known. */
export type Range = readonly [number, number] | undefined;

/** A dimension of one example. */
export interface OwnSize {
  readonly dim: Dim;
  readonly example: string;
}

/** What the size of an example has from a place on. */
interface SizePart extends OwnSize {
  readonly from: Affine;
}

export interface Integer {
  readonly range: Range;
  /** The size of an example that it is. */
  readonly size?: OwnSize;
  /** Together with that `from`, it is at most that size where it is above 0. */
  readonly upTo?: SizePart;
  /** That which it stays below, together with `from`. */
  readonly below?: SizePart;
  /** Where a row of that width begins, all of which lies in that size. */
  readonly row?: { readonly width: OwnSize; readonly within: OwnSize };
  /** What it is in terms of others. */
  readonly value?: Affine;
  /** What is left of `left` where it is divided by a number. */
  readonly rest?: { readonly left: Affine; readonly divisor: number };
}

export interface Scalar {
  readonly dtype: ScalarDType;
  /** Declared by `var`; with the variable that counts its parts, where it is in parts. */
  readonly accumulator?: { readonly lanes: string | undefined };
}

/** The pair of a `select`: how many elements of a list hold. */
interface Selection {
  readonly list: string;
  /** Undefined where something else has written the list since. */
  readonly count: string | undefined;
}

export class KernelScope {
  private readonly around: KernelScope | undefined;
  /** A region is a function of its own: integers are handed to it, scalars are not. */
  private readonly isRegion: boolean;
  private readonly integers = new Map<string, Integer>();
  private readonly scalars = new Map<string, Scalar>();
  private readonly selections: Selection[] = [];
  /** Some loop around never runs: what stands here touches nothing. */
  private neverRuns = false;

  constructor(around?: KernelScope, isRegion = false) {
    this.around = around;
    this.isRegion = isRegion;
  }

  get isIdle(): boolean {
    return this.neverRuns || this.around?.isIdle === true;
  }

  get isInRegion(): boolean {
    return this.isRegion || this.around?.isInRegion === true;
  }

  has(name: string): boolean {
    return this.integer(name) !== undefined || this.scalar(name) !== undefined;
  }

  integer(name: string): Integer | undefined {
    return this.integers.get(name) ?? this.around?.integer(name);
  }

  scalar(name: string): Scalar | undefined {
    return this.scalars.get(name) ?? (this.isRegion ? undefined : this.around?.scalar(name));
  }

  /** Is `count` what was counted when `list` was written last? */
  isSelected({ list, count }: Selection): boolean {
    const own = this.selections.findLast((selection) => selection.list === list);
    return own === undefined ? this.around?.isSelected({ list, count }) === true : own.count === count;
  }

  isList(list: string): boolean {
    return this.selections.some((selection) => selection.list === list) || this.around?.isList(list) === true;
  }

  setInteger(name: string, integer: Integer): void {
    this.integers.set(name, integer);
    if (integer.range !== undefined && integer.range[0] > integer.range[1]) this.neverRuns = true;
  }

  setScalar(name: string, scalar: Scalar): void {
    this.scalars.set(name, scalar);
  }

  select(selection: Selection): void {
    this.selections.push(selection);
  }

  /** From here on the lists among the buffers hold what nobody here has selected. */
  forget(buffers: Iterable<string>): void {
    for (const list of buffers) if (this.isList(list)) this.select({ list, count: undefined });
  }

  /** Where a condition holds that is never true. */
  never(): KernelScope {
    const scope = new KernelScope(this);
    scope.neverRuns = true;
    return scope;
  }
}
