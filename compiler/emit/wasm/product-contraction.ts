/** The loop of a register tile over what is contracted: every sum takes its terms in the same order whatever the tile. */
import { AFFINE_ZERO, affineConstant, substituteAffine } from "../../ir/kernel/affine.js";
import type { Access, Affine, Axis } from "../../ir/kernel/types.js";
import { constantOf, type Dim } from "../../base/types/dim.js";
import type { FunctionCode, Label, Local } from "./code.js";
import { fillLoops } from "./fill-loops.js";
import { columnOf, type ProductPlan, pushMember } from "./product-plan.js";
import type { Scope } from "./integers.js";
import type { Count, Statements } from "./statements.js";

/** A row of a tile, and what has been computed of addresses in it. */
export interface Row {
  readonly member: Local | undefined;
  readonly scope: Scope;
}

/** The unit at which some vectors begin, and the bytes of those before it. */
export interface Start {
  readonly unit: Local;
  readonly bytes: Local;
}

/** One vector of sums of every run: the units from `ahead` behind `start` on, in row `row`; `count` lanes in use. */
export interface SumGroup {
  readonly row: Row;
  readonly start: Start;
  readonly ahead: number;
  readonly count: number;
  /** By run. */
  readonly sums: readonly Local[];
}

/** Groups of a tile, row by row: `groups[r * vectors + v]` belongs to `rows[r]` and vector `v`. */
export interface Tile {
  readonly rows: readonly Row[];
  /** The place of the first row among the rows of the product. */
  readonly position: Local | undefined;
  readonly vectors: number;
  readonly groups: readonly SumGroup[];
}

/** Where a row of the left operand is: a pointer, and bytes behind it. */
interface Left {
  readonly pointer: Local;
  readonly offset: number;
}

export class Contraction {
  private readonly plan: ProductPlan;
  private readonly statements: Statements;
  private readonly code: FunctionCode;

  constructor(plan: ProductPlan, statements: Statements) {
    this.plan = plan;
    this.statements = statements;
    this.code = statements.code;
  }

  /** The loop over what is contracted, for the columns from unit `first` on. */
  contract(tile: Tile, first: Local): void {
    const { code, statements } = this;
    const { product } = this.plan;
    const { integers } = statements;
    const distance = this.rowDistance();
    const lefts: Left[] = [];
    for (const [n, row] of tile.rows.entries()) {
      const [first] = lefts;
      if (first !== undefined && distance !== undefined) {
        lefts.push({ pointer: first.pointer, offset: n * distance });
        continue;
      }
      const pointer = code.local("i32");
      integers.scoped(() => {
        const at = product.copied === undefined ? row.member : tile.position;
        if (at !== undefined && this.plan.row !== undefined) integers.bind(this.plan.row, at);
        this.pushStart(this.plan.left, new Map());
        code.set(pointer);
      });
      lefts.push({ pointer, offset: 0 });
    }
    const right = code.local("i32");
    integers.scoped(() => {
      integers.bind(this.plan.unit, first);
      if (this.plan.right === "packed") {
        const place = integers.address({ buffer: product.packed as string, offset: affineConstant(0) });
        code.i32(place.offset).op("i32.add");
        // Panels lie one after the other.
        code
          .get(first)
          .i32(this.plan.runs * this.plan.depth * this.plan.size)
          .op("i32.mul")
          .op("i32.add")
          .set(right);
      } else {
        this.pushStart(product.b, columnOf(this.plan, 0));
        code.set(right);
      }
    });
    this.axisLoop(0, lefts, right, tile);
    code.release(right, ...pointersOf(lefts));
  }

  /** Bytes between neighbouring rows of the left operand, where they are always the same: one pointer then serves all. */
  private rowDistance(): number | undefined {
    const { product, left, row } = this.plan;
    const extent = product.copied === undefined ? product.rows?.extent : undefined;
    if (extent?.kind === "examples" && extent.examples.kind === "list") return undefined;
    const term = left.offset.terms.find(({ variable }) => variable === row);
    const elements = term === undefined ? 0 : constantOf(term.coefficient);
    return elements === undefined ? undefined : elements * this.plan.size;
  }

  /** Pushes the address of an operand at the start of what is contracted. */
  private pushStart(access: Access, names: ReadonlyMap<string, Affine>): void {
    const { code, statements } = this;
    const { product } = this.plan;
    const zeros = new Map(product.contracted.map(({ variable, from }) => [variable, from ?? AFFINE_ZERO]));
    const offset = substituteAffine(substituteAffine(access.offset, zeros), names);
    const place = statements.integers.address({ buffer: access.buffer, offset });
    if (place.offset !== 0) code.i32(place.offset).op("i32.add");
  }

  /** Bytes that an operand moves with each step of an axis: a plain number, or a local. */
  private strideOf(access: Access, axis: Axis): Count {
    const coefficient = access.offset.terms.find(({ variable }) => variable === axis.variable)?.coefficient;
    if (coefficient === undefined) return 0;
    return this.bytesOf(coefficient);
  }

  private bytesOf(elements: Dim): Count {
    const constant = constantOf(elements);
    if (constant !== undefined) return constant * this.plan.size;
    const local = this.code.local("i32");
    this.statements.integers.dim(elements);
    this.code.i32(Math.log2(this.plan.size)).op("i32.shl").set(local);
    return local;
  }

  private rangeOf(axis: Axis): Local {
    const count = this.code.local("i32");
    this.statements.range(axis);
    this.code.set(count);
    return count;
  }

  private axisLoop(depth: number, lefts: readonly Left[], right: Local, tile: Tile): void {
    const { code, statements } = this;
    const { product } = this.plan;
    const axis = product.contracted[depth];
    if (axis === undefined) {
      this.multiply(lefts, right, tile);
      return;
    }
    const innermost = depth === product.contracted.length - 1;
    const packed = this.plan.right === "packed";
    const list =
      axis.extent.kind === "examples" && axis.extent.examples.kind === "list" ? axis.extent.examples.list : undefined;
    const count = axis.from === undefined ? statements.count(axis.extent, axis.variable) : this.rangeOf(axis);
    const leftStride = this.strideOf(this.plan.left, axis);
    // Packed weights follow each other whatever the axes.
    const rightStride: Count = packed
      ? innermost
        ? this.plan.block * this.plan.width * this.plan.runs * this.plan.size
        : 0
      : this.strideOf(product.b, axis);
    const counter = code.local("i32");
    code.i32(0).set(counter);
    // Sizes of inner axes may be those of the example that this axis is at.
    const element = list === undefined && axis.from === undefined ? counter : code.local("i32");
    statements.integers.bind(axis.variable, element);
    const move = (pointer: Local, by: Count): void => {
      if (by === 0) return;
      code.get(pointer);
      statements.pushCount(by);
      code.op("i32.add").set(pointer);
    };
    const at = (pointer: Local, stride: Count): Local => {
      // Inner loops move copies.
      const copy = code.local("i32");
      code.get(pointer);
      if (list !== undefined && stride !== 0) {
        statements.pushCount(stride);
        code.get(element).op("i32.mul").op("i32.add");
      }
      code.set(copy);
      return copy;
    };
    const end = code.local("i32");
    // The pointer of the weights counts where it can: one addition less in each round.
    const counts = innermost && list === undefined && typeof rightStride === "number" && rightStride > 0;
    if (counts) {
      statements.pushCount(count);
      code.i32(rightStride).op("i32.mul").get(right).op("i32.add").set(end);
    } else {
      statements.pushCount(count);
      code.set(end);
    }
    const exits = innermost && lefts.length === 1 ? this.plan.zero : undefined;
    code.block((exit) => {
      if (typeof count !== "number") code.get(count).i32(1).op("i32.lt_s").brIf(exit);
      const round = (again: Label): void => {
        if (innermost && list === undefined) {
          this.multiply(lefts, right, tile, exits === undefined ? undefined : () => code.get(exits).brIf(exit));
        } else {
          if (list !== undefined) {
            pushMember(axis, counter, 0, this.statements);
            code.set(element);
          } else if (axis.from !== undefined) {
            statements.integers.affine(axis.from);
            code.get(counter).op("i32.add").set(element);
          }
          const copies = new Map(pointersOf(lefts).map((pointer) => [pointer, at(pointer, leftStride)]));
          const inner = lefts.map(({ pointer, offset }) => ({ pointer: copies.get(pointer) as Local, offset }));
          const innerRight = packed ? right : at(right, rightStride);
          this.axisLoop(depth + 1, inner, innerRight, tile);
          code.release(...copies.values(), ...(packed ? [] : [innerRight]));
        }
        if (list === undefined) {
          for (const pointer of pointersOf(lefts)) move(pointer, leftStride);
          move(right, rightStride);
        } else if (packed) move(right, rightStride);
        if (counts) code.get(right).get(end).op("i32.ne").brIf(again);
        else code.get(counter).i32(1).op("i32.add").tee(counter).get(end).op("i32.lt_s").brIf(again);
      };
      const missing = innermost && lefts.length > 1 ? this.plan.nest.rows - code.loops - 1 : 0;
      fillLoops(code, this.plan.zero, missing, () => code.loop(round));
    });
    code.release(counter, end, ...(element === counter ? [] : [element]));
    for (const local of [count, leftStride, rightStride]) {
      if (typeof local !== "number") code.release(local);
    }
  }

  /** One contracted index: every sum takes one term. `sideExit` stands between halves of a long row of vectors. */
  private multiply(lefts: readonly Left[], right: Local, { vectors, groups }: Tile, sideExit?: () => void): void {
    const { code } = this;
    const { size, runs } = this.plan;
    const { fma } = this.statements.parts.target;
    const shape = this.statements.expressions.vectorShape;
    const a = code.local("v128");
    const add = (sum: Local, pushRight: () => void): void => {
      if (!fma) code.get(sum);
      code.get(a);
      pushRight();
      if (fma) code.get(sum).op(`${shape}.relaxed_madd`).set(sum);
      else code.op(`${shape}.mul`).op(`${shape}.add`).set(sum);
    };
    const columns = groups
      .slice(0, vectors)
      .flatMap(({ count }, vector) => Array.from({ length: runs }, (_, run) => ({ count, vector, run })));
    // With several rows each vector of weights serves all of them.
    const kept =
      lefts.length === 1
        ? undefined
        : columns.map((column) => {
            const local = code.local("v128");
            this.loadRight(right, column);
            code.set(local);
            return local;
          });
    const exitAt = columns.length > 4 ? Math.ceil(columns.length / 2) : columns.length;
    lefts.forEach((left, r) => {
      code
        .get(left.pointer)
        .memory(size === 4 ? "v128.load32_splat" : "v128.load64_splat", left.offset)
        .set(a);
      columns.forEach((column, n) => {
        if (n === exitAt) sideExit?.();
        const sum = groups[r * vectors + column.vector]?.sums[column.run] as Local;
        add(sum, () => {
          if (kept === undefined) this.loadRight(right, column);
          else code.get(kept[n] as Local);
        });
      });
    });
    if (exitAt === columns.length) sideExit?.();
    code.release(a, ...(kept ?? []));
  }

  private loadRight(right: Local, { vector, count, run }: { vector: number; count: number; run: number }): void {
    const { code } = this;
    const { product, block, width, runs, size } = this.plan;
    const { expressions } = this.statements;
    if (this.plan.right === "packed") {
      const panel = Math.floor(vector / block);
      const place = panel * block * width * runs * this.plan.depth + ((vector % block) * runs + run) * width;
      code.get(right).memory("v128.load", place * size);
      return;
    }
    const column = vector * width + run * (product.tail?.length ?? 0);
    if (this.plan.right === "rows") {
      code.get(right);
      expressions.loadVector(column * size, count);
      return;
    }
    const term = product.b.offset.terms.find(({ variable }) => variable === product.columns?.variable);
    const stride = term === undefined ? 0 : this.bytesOf(term.coefficient);
    const loaded = code.local("v128");
    const [zero, lane] =
      size === 4
        ? (["v128.load32_zero", "v128.load32_lane"] as const)
        : (["v128.load64_zero", "v128.load64_lane"] as const);
    for (let n = 0; n < count; n++) {
      code.get(right);
      const plain = typeof stride === "number";
      if (!plain) {
        code
          .get(stride)
          .i32(column + n)
          .op("i32.mul")
          .op("i32.add");
      }
      const offset = plain ? (column + n) * stride : 0;
      if (n === 0) code.memory(zero, offset);
      else code.get(loaded).memory(lane, offset, n);
      code.set(loaded);
    }
    code.get(loaded);
    code.release(loaded, ...(typeof stride === "number" ? [] : [stride]));
  }
}

function pointersOf(lefts: readonly Left[]): Local[] {
  return [...new Set(lefts.map(({ pointer }) => pointer))];
}
