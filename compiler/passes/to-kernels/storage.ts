/** The buffers of a kernel program while it is being lowered. */
import { lookUp } from "../../base/at.js";
import { invariant } from "../../base/diagnostics/invariant.js";
import type { ValueType } from "../../ir/graph/graph-function.js";
import { freshBuffer, FreshNames } from "../../ir/kernel/fresh-names.js";
import { type ElementType, FEWEST_CARRIED } from "../../ir/kernel/kernel-program.js";
import { type SizedAxis, symbolsOfSequences, symbolsSummedFromEnd } from "../../base/types/call-axes.js";
import {
  addDims,
  BATCH_SYMBOL,
  constantOf,
  type Dim,
  dimConstant,
  dimSymbol,
  equalDims,
  multiplyDims,
  subtractDims,
} from "../../base/types/dim.js";
import { type Shape, sizeOfShape } from "../../base/types/shape.js";
import { countsName, isHeldByCaller, isInternal, type Role, rowsName } from "../../program/base/roles.js";
import type { UnplacedBuffer } from "../../ir/kernel/unplanned.js";
import { denseLocation, type BufferLocation } from "./location.js";

/** A buffer whose place inside another may still be decided. */
type StoredBuffer = Omit<UnplacedBuffer, "within"> & { within?: NonNullable<UnplacedBuffer["within"]> };

export function elementTypeOf(type: ValueType): ElementType {
  return type.dtype === "index" ? "index" : "real";
}

export class Storage {
  readonly buffers = new Map<string, StoredBuffer>();
  readonly perExampleSymbols: ReadonlySet<string>;
  /** Symbols of sequences, and of those along which sums of one example go from the end. */
  readonly sequences: ReadonlySet<string>;
  readonly summedFromEnd: ReadonlySet<string>;
  private joinedCount = 0;
  private readonly roles: ReadonlyMap<string, Role>;
  private names = this.freshNames();

  /** Gradients that are made by rows: who calls the kernels clears them. */
  private readonly byRows: ReadonlySet<string>;

  constructor(axes: readonly SizedAxis[], roles: ReadonlyMap<string, Role>, byRows: ReadonlySet<string>) {
    this.roles = roles;
    this.byRows = byRows;
    this.perExampleSymbols = new Set(axes.map(({ symbol }) => symbol));
    this.sequences = symbolsOfSequences(axes);
    this.summedFromEnd = symbolsSummedFromEnd(axes);
  }

  /** The buffer of an input or output of an entry, declared at its first mention. */
  named(name: string, type: ValueType): BufferLocation {
    const perExample = !this.isShared(name);
    const location = denseLocation(name, elementTypeOf(type), type.shape, perExample);
    const size = this.sizeOf(type.shape, perExample);
    const known = this.buffers.get(name);
    if (known === undefined) {
      const external = !this.isInternal(name);
      const heldByCaller = isHeldByCaller(this.roleOf(name));
      const buffer = { name, external, dtype: location.dtype, size, persistent: true };
      this.buffers.set(name, heldByCaller ? { ...buffer, heldByCaller } : buffer);
    } else {
      invariant(
        equalDims(known.size, size) && known.dtype === location.dtype,
        `buffer ${name} has two types (${known.size.key} and ${size.key})`,
      );
    }
    return location;
  }

  /** Is it one for all examples that the caller sees? Such may lie one after the other. */
  isSharedOutside(buffer: string): boolean {
    const role = this.roles.get(buffer);
    return role?.shared === true && !isInternal(role);
  }

  private isShared(buffer: string): boolean {
    return this.roleOf(buffer).shared === true;
  }

  /** Is it an input or output that the caller of the module does not see? */
  isInternal(buffer: string): boolean {
    return isInternal(this.roleOf(buffer));
  }

  private roleOf(buffer: string): Role {
    const role = this.roles.get(buffer);
    invariant(role !== undefined, `nothing says what ${buffer} is`);
    return role;
  }

  /** A buffer that lives within one entry. */
  scratch(hint: string, dtype: ElementType, shape: Shape, perExample: boolean): BufferLocation {
    const name = this.names.pick(hint);
    const size = this.sizeOf(shape, perExample);
    this.buffers.set(name, { name, external: false, dtype, size, persistent: false });
    return denseLocation(name, dtype, shape, perExample);
  }

  isByRows({ buffer }: BufferLocation): boolean {
    return this.byRows.has(buffer);
  }

  /** Where the places lie at which such a gradient has rows. */
  placesOfRows({ buffer }: BufferLocation, shape: Shape): BufferLocation {
    const name = rowsName(buffer);
    const size = this.sizeOf(shape, true);
    this.buffers.set(name, { name, external: true, dtype: "index", size, persistent: true });
    return denseLocation(name, "index", shape, true);
  }

  /** A buffer of zeros that stays so from call to call: who writes into it puts zeros back. */
  zeros(hint: string, shape: Shape): BufferLocation {
    const location = this.scratch(hint, "real", shape, false);
    this.buffers.set(location.buffer, { ...lookUp(this.buffers, location.buffer), persistent: true, zeros: true });
    return location;
  }

  /** A buffer that begins as zeros, and whose contents stay from call to call. */
  kept(hint: string, dtype: ElementType, shape: Shape, perExample: boolean): BufferLocation {
    const location = this.scratch(hint, dtype, shape, perExample);
    this.buffers.set(location.buffer, { ...lookUp(this.buffers, location.buffer), persistent: true });
    return location;
  }

  /** Two counts of a sum that goes on from call to call, of each example where it has its own. Who calls the kernels puts zeros there where it begins. */
  counts(isOfExample: boolean): BufferLocation {
    const name = countsName;
    const offset = this.buffers.get(name)?.size ?? dimConstant(0);
    const own = multiplyDims(dimSymbol(BATCH_SYMBOL), dimConstant(2));
    this.buffers.set(name, { name, external: true, dtype: "index", size: addDims(offset, own), persistent: true });
    const dense = denseLocation(name, "index", [dimConstant(2)], isOfExample);
    return { ...dense, offset: { constant: offset, terms: [] } };
  }

  /** Forgets a buffer that nothing uses any more; another may have its name. */
  drop(name: string): void {
    this.buffers.delete(name);
    this.names = this.freshNames();
  }

  private freshNames(): FreshNames {
    return new FreshNames((name) => this.buffers.has(name), ".");
  }

  /** A scratch buffer for sums of totals of `terms` terms, shared by all examples; a part of it in calls that use none. */
  sumsOfTotals(hint: string, shape: Shape, terms: Dim): BufferLocation {
    const location = this.scratch(hint, "real", shape, false);
    const buffer = lookUp(this.buffers, location.buffer);
    this.buffers.set(location.buffer, { ...buffer, ...carrySize(shape, terms) });
    return location;
  }

  /** Places the declared buffers `members` one after the other, unless one of them has its place already. */
  join(members: readonly string[]): void {
    const buffers = members.map((name) => this.buffers.get(name));
    if (new Set(members).size !== members.length) return;
    if (buffers.some((buffer) => buffer?.dtype !== "real" || buffer.within !== undefined)) return;
    const whole = freshBuffer(this.buffers, `joined.${this.joinedCount++}`);
    let size = dimConstant(0);
    for (const buffer of buffers as StoredBuffer[]) {
      buffer.within = { buffer: whole, offset: size };
      size = addDims(size, buffer.size);
    }
    this.buffers.set(whole, { name: whole, external: false, dtype: "real", size, persistent: true });
  }

  /** Where `members` lie one after the other, if they do. */
  joined(members: readonly string[]): { buffer: string; offset: Dim; size: Dim } | undefined {
    const first = this.buffers.get(members[0] ?? "")?.within;
    if (first === undefined) return undefined;
    let end = first.offset;
    for (const name of members) {
      const buffer = this.buffers.get(name);
      if (buffer?.within?.buffer !== first.buffer || !equalDims(buffer.within.offset, end)) return undefined;
      end = addDims(end, buffer.size);
    }
    return { ...first, size: subtractDims(end, first.offset) };
  }

  private sizeOf(shape: Shape, perExample: boolean): Dim {
    const size = sizeOfShape(shape);
    return perExample ? multiplyDims(dimSymbol(BATCH_SYMBOL), size) : size;
  }
}

/** The size of a sum of totals, which short calls do not need: it grows with the terms, up to that of the totals. */
function carrySize(shape: Shape, terms: Dim): { size: Dim; most?: Dim } {
  const whole = sizeOfShape(shape);
  const count = constantOf(whole);
  if (count === undefined) return { size: whole };
  return { size: multiplyDims(terms, dimConstant(Math.ceil(count / FEWEST_CARRIED))), most: whole };
}
