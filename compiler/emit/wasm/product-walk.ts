/** The way through rows and columns of a product, tile by tile. */
import { plainExtent } from "../../ir/kernel/affine.js";
import type { Axis } from "../../ir/kernel/types.js";
import type { FunctionCode, Local } from "./code.js";
import { fillLoops } from "./fill-loops.js";
import { type ProductPlan, pushMember } from "./product-plan.js";
import type { Row, Start } from "./product-contraction.js";
import { TileCode } from "./product-tile.js";
import type { Count, Statements } from "./statements.js";

/** Rows of a product: from the first one or from `start` on, up to before `end`. */
export interface Rows {
  readonly start: Local | undefined;
  readonly end: Count;
}

export class ProductWalk {
  private readonly plan: ProductPlan;
  private readonly statements: Statements;
  private readonly code: FunctionCode;
  private readonly tiles: TileCode;
  private readonly rows: Rows;

  constructor(plan: ProductPlan, statements: Statements, rows: Rows) {
    this.plan = plan;
    this.statements = statements;
    this.code = statements.code;
    this.tiles = new TileCode(plan, statements);
    this.rows = rows;
  }

  emit(): void {
    const { nest, zero } = this.plan;
    fillLoops(this.code, zero, nest.all - this.loops(), () => this.allColumns());
  }

  /** Loops around the terms of a tile of several rows, and over them. */
  private loops(): number {
    const { product, lot, lots, width, panels } = this.plan;
    const { rows, columns, contracted, tail } = product;
    const length = tail?.length ?? (columns && plainExtent(columns.extent));
    const inLots = columns !== undefined && (length === undefined || length >= 2 * lot * lots * width);
    const inPanels = this.fillsTiles && panels > 1;
    const own = [inLots, rows !== undefined, inPanels].filter(Boolean).length;
    return this.code.loops + own + contracted.length;
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
      this.tiles.emit([undefined], undefined, counts, first);
      return;
    }
    const { start, end } = this.rows;
    const position = code.local("i32");
    if (start === undefined) code.i32(0);
    else code.get(start);
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
    const { rows } = this.plan.product;
    const count = rows && plainExtent(rows.extent);
    return count !== undefined && count % this.plan.rowTile === 0;
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
          this.tiles.emit(members, position, lanes, start);
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
      this.tiles.emit(members, position, counts, first);
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
    // Where the vectors of a row begin, for each lot.
    const units = Array.from({ length: lots * rowTile }, () => code.local("i32"));
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
            units.forEach((unit, n) =>
              code
                .get(start)
                .i32(Math.floor(n / rowTile) * block * width)
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
            units.forEach((unit, n) =>
              code
                .get(first)
                .i32((Math.floor(n / rowTile) * lot + (n % rowTile) * block) * width)
                .op("i32.add")
                .set(unit),
            );
          },
        );
        const tileRows = this.tiles.rows(members);
        const starts = units.map((unit) => this.tiles.start(unit));
        const groups = Array.from({ length: vectors }, (_, g) => {
          const [l, r, v] = [Math.floor(g / lot), Math.floor((g % lot) / block), g % block];
          return this.tiles.group(tileRows[r] as Row, starts[l * rowTile + r] as Start, v * width, width);
        });
        this.tiles.begin(groups);
        for (let l = 0; l < lots; l++) {
          const own = groups.slice(l * lot, (l + 1) * lot);
          const unit = units[l * rowTile] as Local;
          code.get(many).if(
            () => this.tiles.contract({ rows: tileRows, position, vectors: block, groups: own }, unit),
            () => this.tiles.contract({ rows: tileRows.slice(0, 1), position, vectors: lot, groups: own }, unit),
          );
        }
        this.tiles.finish(groups);
        this.tiles.release(tileRows, starts);
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
}
