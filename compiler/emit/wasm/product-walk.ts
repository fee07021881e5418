/** The way through rows, columns and long sums of a product, tile by tile. */
import type { Axis, Expression, Statement } from "../../ir/kernel/types.js";
import type { FunctionCode, Local } from "./code.js";
import { type Chunks, POSITION, type ProductPlan, pushMember } from "./product-plan.js";
import { TileCode } from "./product-tile.js";
import type { Count, Statements } from "./statements.js";

/** Rows whose part of the result is completed before the next: a page each, at worst, for which there are entries. */
const ROW_BLOCK = 64;

export class ProductWalk {
  private readonly plan: ProductPlan;
  private readonly statements: Statements;
  private readonly code: FunctionCode;
  private readonly tiles: TileCode;
  /** Rows in all, and those of the block at hand. */
  private rowCount: Count = 0;
  private rowStart: Local | undefined;
  private rowEnd: Count = 0;

  constructor(plan: ProductPlan, statements: Statements) {
    this.plan = plan;
    this.statements = statements;
    this.code = statements.code;
    this.tiles = new TileCode(plan, statements);
  }

  emit(): void {
    if (this.plan.product.copied !== undefined) this.copyRows();
    const { chunks } = this.plan;
    if (chunks === undefined) this.rowBlocks();
    else this.chunkLoop(chunks);
  }

  /**
   * Sums over the steps of all examples in pieces that stay in the nearest cache, with the results on the way in memory:
   * the terms of a sum are added in the same order.
   */
  private chunkLoop({ example, step, from, count, continues }: Chunks): void {
    const { code, statements } = this;
    const { product } = this.plan;
    const [outer, inner] = product.contracted as [Axis, Axis];
    const examples = statements.count(outer.extent, outer.variable);
    const position = code.local("i32");
    const steps = code.local("i32");
    code.i32(0).set(position).i32(0).set(continues);
    code.loop((nextExample) => {
      pushMember(outer, position, 0, this.statements);
      code.set(example);
      statements.integers.bind(outer.variable, example);
      statements.integers.bind(inner.variable, from);
      statements.extent(inner.extent, inner.variable);
      code.set(steps).i32(0).set(from);
      code.loop((nextPiece) => {
        code.get(steps).get(from).op("i32.sub").tee(count);
        code.i32(step).get(count).i32(step).op("i32.lt_s").op("select").set(count);
        this.rowBlocks();
        code.i32(1).set(continues);
        this.advance(from, step);
        code.get(from).get(steps).op("i32.lt_s").brIf(nextPiece);
      });
      this.advance(position, 1);
      code.get(position);
      statements.pushCount(examples);
      code.op("i32.lt_s").brIf(nextExample);
    });
    code.release(position, steps, ...(typeof examples === "number" ? [] : [examples]));
  }

  /** Copies the left operand, row by row. */
  private copyRows(): void {
    const { code, statements } = this;
    const { product, left } = this.plan;
    const { rows, contracted, a } = product;
    const value: Expression = { kind: "load", access: a, dtype: "real" };
    const store: Statement = { kind: "store", access: left, value, mode: "set" };
    const copy = contracted.reduceRight<Statement>(
      (inner, axis) => ({ kind: "for", ...axis, step: 1, reverse: false, body: [inner] }),
      store,
    );
    if (rows === undefined) {
      statements.emit(copy, undefined);
      return;
    }
    const count = statements.count(rows.extent, rows.variable);
    const position = code.local("i32");
    const member = code.local("i32");
    code.i32(0).set(position);
    code.block((exit) => {
      code.loop((again) => {
        code.get(position);
        statements.pushCount(count);
        code.op("i32.ge_s").brIf(exit);
        pushMember(rows, position, 0, statements);
        code.set(member);
        statements.integers.scoped(() => {
          statements.integers.bind(POSITION, position);
          statements.integers.bind(rows.variable, member);
          statements.emit(copy, undefined);
        });
        this.advance(position, 1);
        code.br(again);
      });
    });
    code.release(position, member, ...(typeof count === "number" ? [] : [count]));
  }

  /** Blocks of rows: their part of the result, and of the left operand, is at hand for all columns. */
  private rowBlocks(): void {
    const { code, statements } = this;
    const { rows } = this.plan.product;
    if (rows === undefined) {
      this.allColumns();
      return;
    }
    const total = statements.count(rows.extent, rows.variable);
    this.rowCount = total;
    this.rowEnd = total;
    if (typeof total === "number" && total <= ROW_BLOCK) {
      this.allColumns();
      return;
    }
    const start = code.local("i32");
    const end = code.local("i32");
    this.rowStart = start;
    this.rowEnd = end;
    code.i32(0).set(start);
    code.loop((again) => {
      code.get(start).i32(ROW_BLOCK).op("i32.add").tee(end);
      statements.pushCount(total);
      code.get(end);
      statements.pushCount(total);
      code.op("i32.lt_s").op("select").set(end);
      this.allColumns();
      code.get(end).tee(start);
      statements.pushCount(total);
      code.op("i32.lt_s").brIf(again);
    });
    this.rowStart = undefined;
    code.release(start, end, ...(typeof total === "number" ? [] : [total]));
  }

  private allColumns(): void {
    const { columns, tail } = this.plan.product;
    const { statements, code } = this;
    const first = code.local("i32");
    code.i32(0).set(first);
    if (columns === undefined) this.columnGroup([1], first);
    else {
      const length: Count = tail?.length ?? statements.count(columns.extent, columns.variable);
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
    const wide = this.plan.lot * this.plan.lots;
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
        this.advance(first, wide * width);
      } else {
        this.code.loop((again) => {
          body();
          this.advance(first, wide * width);
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
          this.advance(first, units);
          code.br(again);
        });
      });
    };
    const wide = this.plan.lot;
    if (wide > 1) step(Array<number>(wide).fill(width), wide * width);
    step([width], width);
    step([1], 1);
  }

  private advance(local: Local, by: number): void {
    this.code.get(local).i32(by).op("i32.add").set(local);
  }

  /** All rows for some vectors of columns. */
  private columnGroup(counts: readonly number[], first: Local): void {
    const { code } = this;
    const { width } = this.plan;
    const { rows } = this.plan.product;
    if (rows === undefined) {
      this.withUnits(counts, first, (units) => this.tiles.emit([undefined], undefined, counts, units));
      return;
    }
    const end = this.rowEnd;
    const position = code.local("i32");
    if (this.rowStart === undefined) code.i32(0);
    else code.get(this.rowStart);
    code.set(position);
    const whole = counts.length % this.plan.lot === 0 && counts.every((count) => count === width);
    const known = typeof end === "number" && end < this.plan.rowTile;
    if (whole && !known && !this.fillsTiles && this.plan.rowTile === this.plan.panels) {
      this.mixedRows(rows, end, position, first, counts.length / this.plan.lot);
    } else this.separateRows(rows, end, position, counts, first);
    code.release(position);
  }

  /** Whether every row is in a tile of several. */
  private get fillsTiles(): boolean {
    return typeof this.rowCount === "number" && this.rowCount % this.plan.rowTile === 0;
  }

  /** Tiles of several rows in blocks of vectors, then single rows with all vectors. */
  private separateRows(rows: Axis, end: Count, position: Local, counts: readonly number[], first: Local): void {
    const { code, statements } = this;
    const { block, width, rowTile } = this.plan;
    const rounds = (size: number, body: (members: readonly Local[]) => void): void => {
      if (typeof end === "number" && end < size) return;
      const members = Array.from({ length: size }, () => code.local("i32"));
      code.block((exit) => {
        code.loop((again) => {
          code.get(position).i32(size).op("i32.add");
          statements.pushCount(end);
          code.op("i32.gt_s").brIf(exit);
          members.forEach((member, n) => {
            pushMember(rows, position, n, this.statements);
            code.set(member);
          });
          body(members);
          this.advance(position, size);
          code.br(again);
        });
      });
      code.release(...members);
    };
    if (rowTile > 1) {
      const whole = Math.floor(counts.filter((count) => count === width).length / block);
      const start = code.local("i32");
      rounds(rowTile, (members) => {
        const run = (lanes: readonly number[]): void => {
          this.withUnits(lanes, start, (units) => this.tiles.emit(members, position, lanes, units));
        };
        const lanes = Array<number>(block).fill(width);
        code.get(first).set(start);
        if (whole > 1) {
          const limit = code.local("i32");
          code
            .get(first)
            .i32(whole * block * width)
            .op("i32.add")
            .set(limit);
          code.loop((again) => {
            run(lanes);
            this.advance(start, block * width);
            code.get(start).get(limit).op("i32.lt_s").brIf(again);
          });
          code.release(limit);
        } else if (whole === 1) {
          run(lanes);
          this.advance(start, block * width);
        }
        const rest = counts.slice(whole * block);
        if (rest.length > 0) run(rest);
      });
      code.release(start);
    }
    if (this.fillsTiles) return;
    rounds(1, (members) => {
      this.withUnits(counts, first, (units) => this.tiles.emit(members, position, counts, units));
    });
  }

  /**
   * The same in one loop, where both kinds of tile have as many sums: what stands before and behind the contraction is in
   * the code once. Several lots of sums are contracted one after the other and then finished together.
   */
  private mixedRows(rows: Axis, end: Count, position: Local, first: Local, lots: number): void {
    const { code, statements } = this;
    const { block, width, rowTile, lot } = this.plan;
    const vectors = lot * lots;
    const members = Array.from({ length: rowTile }, () => code.local("i32"));
    const units = Array.from({ length: vectors }, () => code.local("i32"));
    const start = code.local("i32");
    const many = code.local("i32");
    code.get(first).set(start);
    code.block((exit) => {
      code.get(position);
      statements.pushCount(end);
      code.op("i32.ge_s").brIf(exit);
      code.loop((again) => {
        code.get(position).i32(rowTile).op("i32.add");
        statements.pushCount(end);
        code.op("i32.le_s").tee(many);
        code.if(
          () => {
            members.forEach((member, n) => {
              pushMember(rows, position, n, this.statements);
              code.set(member);
            });
            units.forEach((unit, g) =>
              code
                .get(start)
                .i32((Math.floor(g / lot) * block + (g % block)) * width)
                .op("i32.add")
                .set(unit),
            );
          },
          () => {
            members.forEach((member, n) => {
              if (n === 0) pushMember(rows, position, 0, this.statements);
              else code.get(members[0] as Local);
              code.set(member);
            });
            units.forEach((unit, g) =>
              code
                .get(first)
                .i32(g * width)
                .op("i32.add")
                .set(unit),
            );
          },
        );
        const groups = units.map((unit, g) => this.tiles.group(members[Math.floor((g % lot) / block)], unit, width));
        this.tiles.begin(groups);
        for (let l = 0; l < lots; l++) {
          const own = groups.slice(l * lot, (l + 1) * lot);
          const unit = units[l * lot] as Local;
          code.get(many).if(
            () => this.tiles.contract({ rows: members, position, vectors: block, groups: own }, unit),
            () => this.tiles.contract({ rows: members.slice(0, 1), position, vectors: lot, groups: own }, unit),
          );
        }
        this.tiles.finish(groups);
        code.get(many).if(
          () => {
            this.advance(start, block * lots * width);
            code
              .get(start)
              .get(first)
              .op("i32.sub")
              .i32(vectors * width)
              .op("i32.eq");
            code.if(() => {
              code.get(first).set(start);
              this.advance(position, rowTile);
            });
          },
          () => this.advance(position, 1),
        );
        code.get(position);
        statements.pushCount(end);
        code.op("i32.lt_s").brIf(again);
      });
    });
    code.release(start, many, ...members, ...units);
  }

  /** The first unit of each vector. */
  private withUnits(counts: readonly number[], first: Local, body: (units: readonly Local[]) => void): void {
    const { code } = this;
    const { width } = this.plan;
    const units = counts.map((_, v) => {
      if (v === 0) return first;
      const unit = code.local("i32");
      code
        .get(first)
        .i32(v * width)
        .op("i32.add")
        .set(unit);
      return unit;
    });
    body(units);
    code.release(...units.slice(1));
  }
}
