/** The way through rows and columns of a product, tile by tile. */
import { plainExtent } from "../../../../ir/kernel/affine.js";
import type { LoopAxis } from "../../../../ir/kernel/kernel-program.js";
import type { FunctionCode, Local } from "../../assembler/function-code.js";
import { fillLoops } from "./fill-loops.js";
import { MixedRows } from "./mixed-rows.js";
import { type ProductPlan, pushMember } from "./product-plan.js";
import { RegisterTile } from "./register-tile.js";
import type { KernelContext } from "../context.js";
import { type Count, countOf, pushCount } from "../extents.js";

/** Rows of a product: from the first one or from `start` on, up to before `end`. */
export interface RowSpan {
  readonly start: Local | undefined;
  readonly end: Count;
}

export class TileWalk {
  private readonly plan: ProductPlan;
  private readonly context: KernelContext;
  private readonly code: FunctionCode;
  private readonly tiles: RegisterTile;
  private readonly rows: RowSpan;

  constructor(plan: ProductPlan, context: KernelContext, rows: RowSpan) {
    this.plan = plan;
    this.context = context;
    this.code = context.code;
    this.tiles = new RegisterTile(plan, context);
    this.rows = rows;
  }

  emit(): void {
    const { nest, zero } = this.plan;
    fillLoops(this.code, zero, nest.all - this.loops(), () => this.allColumns());
  }

  /** Loops around the terms of a tile of several rows, and over them. */
  private loops(): number {
    const { product, vectorsOfRow, lots, width, panels } = this.plan;
    const { rows, columns, contracted, schedule: { tail } = {} } = product;
    const length = tail?.length ?? (columns && plainExtent(columns.extent));
    const inLots = columns !== undefined && (length === undefined || length >= 2 * vectorsOfRow * lots * width);
    const inPanels = this.fillsTiles && panels > 1;
    const own = [inLots, rows !== undefined, inPanels].filter(Boolean).length;
    return this.code.loops + own + contracted.length;
  }

  private allColumns(): void {
    const { columns, schedule: { tail } = {} } = this.plan.product;
    const { context, code } = this;
    const first = code.local("i32");
    code.i32(0).set(first);
    if (columns === undefined) this.columnGroup([1], first);
    else {
      const length: Count = tail?.length ?? countOf(columns.extent, columns.variable, context);
      if (typeof length === "number") this.knownColumns(length, first);
      else {
        this.openColumns(length, first);
        code.release(length);
      }
    }
    code.release(first);
  }

  /** Columns whose number is known: panels of packed weights, whole and in part. */
  private knownColumns(length: number, first: Local): void {
    const { width } = this.plan;
    const wide = this.plan.vectorsOfRow * this.plan.lots;
    const vectors = Math.ceil(length / width);
    const whole = Math.floor(length / width);
    const counts = Array.from({ length: vectors }, (_, v) => Math.min(width, length - v * width));
    const full = Math.floor(whole / wide);
    const group = (lanes: readonly number[]): void => {
      this.columnGroup(lanes, first);
    };
    if (full > 0) {
      const body = (): void => group(counts.slice(0, wide));
      if (full === 1) {
        body();
        this.code.increase(first, wide * width);
      } else {
        this.code.loop((again) => {
          body();
          this.code.increase(first, wide * width);
          this.code
            .get(first)
            .i32(full * wide * width)
            .op("i32.lt_s")
            .brIf(again);
        });
      }
    }
    const rest = counts.slice(full * wide);
    if (rest.length > 0) group(rest);
  }

  /** Columns whose number a call gives: vectors, then one by one. */
  private openColumns(length: Local, first: Local): void {
    const { code } = this;
    const { width } = this.plan;
    const step = (lanes: readonly number[], units: number): void => {
      code.block((exit) => {
        code.loop((again) => {
          code.get(first).i32(units).op("i32.add").get(length).op("i32.gt_s").brIf(exit);
          this.columnGroup(lanes, first);
          this.code.increase(first, units);
          code.br(again);
        });
      });
    };
    const wide = this.plan.vectorsOfRow;
    if (wide > 1) step(Array<number>(wide).fill(width), wide * width);
    step([width], width);
    step([1], 1);
  }

  /** All rows for some vectors of columns. */
  private columnGroup(counts: readonly number[], first: Local): void {
    const { code } = this;
    const { width } = this.plan;
    const { rows } = this.plan.product;
    if (rows === undefined) {
      this.tiles.emit([undefined], undefined, counts, first);
      return;
    }
    const { start, end } = this.rows;
    const position = code.local("i32");
    if (start === undefined) code.i32(0);
    else code.get(start);
    code.set(position);
    const whole = counts.length % this.plan.vectorsOfRow === 0 && counts.every((count) => count === width);
    const known = typeof end === "number" && end < this.plan.rowTile;
    if (whole && !known && !this.fillsTiles && this.plan.rowTile === this.plan.panels) {
      const lots = counts.length / this.plan.vectorsOfRow;
      new MixedRows(this.plan, this.context, this.tiles, { rows, end, position, first, lots }).emit();
    } else this.separateRows(rows, end, position, counts, first);
    code.release(position);
  }

  /** Whether every row is in a tile of several. */
  private get fillsTiles(): boolean {
    const { rows } = this.plan.product;
    const count = rows && plainExtent(rows.extent);
    return count !== undefined && count % this.plan.rowTile === 0;
  }

  /** Tiles of several rows in blocks of vectors, then single rows with all vectors. */
  private separateRows(rows: LoopAxis, end: Count, position: Local, counts: readonly number[], first: Local): void {
    if (this.plan.rowTile > 1) {
      const start = this.code.local("i32");
      this.rounds(rows, end, position, this.plan.rowTile, (members) => {
        this.blocks(members, position, counts, first, start);
      });
      this.code.release(start);
    }
    if (this.fillsTiles) return;
    this.rounds(rows, end, position, 1, (members) => {
      this.tiles.emit(members, position, counts, first);
    });
  }

  /** Goes on by so many rows at once while there are as many. */
  private rounds(
    rows: LoopAxis,
    end: Count,
    position: Local,
    size: number,
    body: (members: readonly Local[]) => void,
  ): void {
    const { code, context } = this;
    if (typeof end === "number" && end < size) return;
    const members = Array.from({ length: size }, () => code.local("i32"));
    code.block((exit) => {
      code.loop((again) => {
        code.get(position).i32(size).op("i32.add");
        pushCount(end, context);
        code.op("i32.gt_s").brIf(exit);
        members.forEach((member, n) => {
          pushMember(rows, position, n, context);
          code.set(member);
        });
        body(members);
        code.increase(position, size);
        code.br(again);
      });
    });
    code.release(...members);
  }

  /** The columns of some rows: whole blocks of vectors, and what is left. */
  private blocks(
    members: readonly Local[],
    position: Local,
    counts: readonly number[],
    first: Local,
    start: Local,
  ): void {
    const { code } = this;
    const { block, width } = this.plan;
    const whole = Math.floor(counts.filter((count) => count === width).length / block);
    const oneBlock = (): void => {
      this.tiles.emit(members, position, Array<number>(block).fill(width), start);
      code.increase(start, block * width);
    };
    code.get(first).set(start);
    if (whole > 1) {
      const limit = code.local("i32");
      const units = whole * block * width;
      code.get(first).i32(units).op("i32.add").set(limit);
      code.loop((again) => {
        oneBlock();
        code.get(start).get(limit).op("i32.lt_s").brIf(again);
      });
      code.release(limit);
    } else if (whole === 1) oneBlock();
    const rest = counts.slice(whole * block);
    if (rest.length > 0) this.tiles.emit(members, position, rest, start);
  }
}
