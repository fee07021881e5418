/** Copies a matrix into panels: for every contracted index, the vectors of some columns of each strip. */
import { AFFINE_ZERO, plainExtent, substituteAffine } from "../../../ir/kernel/affine.js";
import type { Affine, LoopAxis, PackStatement } from "../../../ir/kernel/kernel-program.js";
import { constantOf } from "../../../base/types/dim.js";
import type { FunctionCode, Local } from "../assembler/function-code.js";
import type { KernelContext } from "./context.js";

/** Axes of a packed matrix have plain sizes. */
export function sizeOf({ extent }: LoopAxis): number {
  return plainExtent(extent) ?? 0;
}

/** Elements from one index of an axis to the next. */
export function strideOf({ from }: PackStatement, { variable }: LoopAxis): number {
  const term = from.offset.terms.find((other) => other.variable === variable);
  return term === undefined ? 0 : (constantOf(term.coefficient) ?? 0);
}

export class PanelCopy {
  private readonly pack: PackStatement;
  private readonly context: KernelContext;
  private readonly code: FunctionCode;
  /** Elements of a vector, bytes of an element, and bytes from one column to the next. */
  private readonly width: number;
  private readonly size: number;
  private readonly columnStride: number;
  /** Where the next vector is written. */
  private readonly to: Local;
  /** The first column of the panel at hand. */
  private readonly source: Local;

  constructor(pack: PackStatement, context: KernelContext) {
    this.pack = pack;
    this.context = context;
    this.code = context.code;
    this.width = context.expressions.lanesPerVector;
    this.size = context.expressions.elementBytes;
    this.columnStride = strideOf(pack, pack.columns) * this.size;
    const { from } = pack;
    this.to = this.addressOf(pack.to, AFFINE_ZERO);
    const zeros = new Map(
      [...pack.parts, pack.columns, ...pack.contracted].map(({ variable }) => [variable, AFFINE_ZERO]),
    );
    this.source = this.addressOf(from.buffer, substituteAffine(from.offset, zeros));
  }

  private addressOf(buffer: string, offset: Affine): Local {
    const { code } = this;
    const address = code.local("i32");
    this.context.integers.scoped((inner) => {
      const place = inner.address({ buffer, offset });
      code.i32(place.offset).op("i32.add").set(address);
    });
    return address;
  }

  emit(): void {
    this.parts(0);
    this.code.release(this.to, this.source);
  }

  /** The matrices of all parts from an axis on; the pointer of the source comes back to where it was. */
  private parts(depth: number): void {
    const { code } = this;
    const axis = this.pack.parts[depth];
    if (axis === undefined) {
      this.matrix();
      return;
    }
    const stride = strideOf(this.pack, axis) * this.size;
    this.repeat(sizeOf(axis), () => {
      this.parts(depth + 1);
      code.increase(this.source, stride);
    });
    code.increase(this.source, -stride * sizeOf(axis));
  }

  private matrix(): void {
    const { code, width } = this;
    const { to, length, parts } = this.pack;
    const block = this.context.parts.panelsOf(to);
    const first = parts.length === 0 ? undefined : code.local("i32");
    if (first !== undefined) code.get(this.source).set(first);
    const full = Math.floor(length / (width * block));
    if (full > 0) this.repeat(full, () => this.panel(Array<number>(block).fill(width)));
    const rest = length - full * width * block;
    if (rest > 0) this.panel(Array.from({ length: block }, (_, v) => Math.max(0, Math.min(width, rest - v * width))));
    if (first !== undefined) {
      code.get(first).set(this.source);
      code.release(first);
    }
  }

  private repeat(times: number, body: () => void): void {
    const { code } = this;
    const left = code.local("i32");
    code.i32(times).set(left);
    code.loop((again) => {
      body();
      code.get(left).i32(1).op("i32.sub").tee(left).brIf(again);
    });
    code.release(left);
  }

  /** The vectors of one panel for every contracted index; `lanes` of each are in use. */
  private panel(lanes: readonly number[]): void {
    this.contracted(0, this.source, lanes);
    this.code.increase(this.source, lanes.length * this.width * this.columnStride);
  }

  private contracted(depth: number, pointer: Local, lanes: readonly number[]): void {
    const { code } = this;
    const axis = this.pack.contracted[depth];
    if (axis === undefined) {
      this.columns(pointer, lanes);
      return;
    }
    const inner = code.local("i32");
    code.get(pointer).set(inner);
    this.repeat(sizeOf(axis), () => {
      this.contracted(depth + 1, inner, lanes);
      code.increase(inner, strideOf(this.pack, axis) * this.size);
    });
    code.release(inner);
  }

  private columns(pointer: Local, lanes: readonly number[]): void {
    const { code, width } = this;
    const { strips, length } = this.pack;
    lanes.forEach((count, vector) => {
      for (let strip = 0; strip < strips; strip++) {
        code.get(this.to);
        this.load(pointer, count, (vector * width + strip * length) * this.columnStride);
        code.memory("v128.store", 0);
        code.increase(this.to, width * this.size);
      }
    });
  }

  /** Pushes `count` columns as a vector, zero after them. */
  private load(pointer: Local, count: number, offset: number): void {
    const { code, columnStride, size } = this;
    if (count === 0) {
      code.v128("i32x4", [0, 0, 0, 0]);
      return;
    }
    if (columnStride === size) {
      code.get(pointer);
      this.context.expressions.loadVector(offset, count);
      return;
    }
    const [zero, one] =
      size === 4
        ? (["v128.load32_zero", "v128.load32_lane"] as const)
        : (["v128.load64_zero", "v128.load64_lane"] as const);
    const vector = code.local("v128");
    for (let lane = 0; lane < count; lane++) {
      const rest = this.moved(pointer, offset + lane * columnStride);
      if (lane === 0) code.memory(zero, rest);
      else code.get(vector).memory(one, rest, lane);
      code.set(vector);
    }
    code.get(vector);
    code.release(vector);
  }

  /** Pushes an address, and gives the bytes that an instruction adds to it: of columns that are read backwards, none. */
  private moved(pointer: Local, offset: number): number {
    this.code.get(pointer);
    if (offset >= 0) return offset;
    this.code.i32(offset).op("i32.add");
    return 0;
  }
}
