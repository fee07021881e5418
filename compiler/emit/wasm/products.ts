/**
 * Products as register tiles. A tile holds the sums of some rows times some vectors of columns in locals, goes once
 * through what is contracted, and hands each vector of sums to the tail of the product, or stores it. Every sum takes its
 * terms in the same order whatever the tile.
 */
import { invariant } from "../../diagnostics/invariant.js";
import { addAffine, affineConstant, affineVariable, plainExtent, substituteAffine } from "../../ir/kernel/affine.js";
import type { Access, Affine, Axis, ProductStatement, Statement } from "../../ir/kernel/types.js";
import { forEachAccess, mapExpression } from "../../ir/kernel/visit.js";
import { tileOf } from "../../transform/kernel/target.js";
import { constantOf, type Dim } from "../../types/dim.js";
import type { FunctionCode, Local } from "./code.js";
import { collapsibleSums } from "./collapse.js";
import type { Lanes } from "./expressions.js";
import type { Count, Statements } from "./statements.js";

/** How the vectors of the right operand are loaded. */
type RightOperand =
  | { readonly kind: "packed" }
  /** Columns side by side. */
  | { readonly kind: "rows" }
  /** Columns `stride` elements apart, or none. */
  | { readonly kind: "gathered" };

/** One vector of sums of every run: the units from `unit` on in row `row`, `count` lanes in use. */
interface SumGroup {
  readonly row: Local | undefined;
  readonly unit: Local;
  readonly count: number;
  /** By run. */
  readonly sums: readonly Local[];
}

/** Groups of a tile, row by row: `groups[r * vectors + v]` belongs to `rows[r]` and vector `v`. */
interface Tile {
  readonly rows: readonly (Local | undefined)[];
  readonly vectors: number;
  readonly groups: readonly SumGroup[];
}

/** Where a sum over the steps of all examples is. */
interface Chunks {
  /** Steps of a piece. */
  readonly step: number;
  readonly example: Local;
  /** First step of the piece, and how many it has. */
  readonly from: Local;
  readonly count: Local;
  /** 0 in the first piece: the sums begin there. */
  readonly continues: Local;
}

/** Rows whose part of the result is completed before the next: a page each, at worst, for which there are entries. */
const ROW_BLOCK = 64;
/** Steps after which weight gradients go to memory: as many lines of both operands stay in a cache of 32 KB. */
const CHUNK = 64;

export function emitProduct(product: ProductStatement, statements: Statements): void {
  const { rows, columns, tail, packed, a, b } = product;
  // A product without columns is one without rows whose operands have changed places.
  if (columns === undefined && rows !== undefined && rows.extent.kind !== "examples" && tail === undefined) {
    if (packed === undefined) emitProduct({ ...product, rows: undefined, columns: rows, a: b, b: a }, statements);
    return;
  }
  const collapsed = statements.collapsed === undefined ? collapsibleSums(product) : undefined;
  if (collapsed !== undefined) statements.collapsed = collapsed;
  new ProductCode(product, statements).emit();
  if (collapsed !== undefined) statements.collapsed = undefined;
}

class ProductCode {
  private readonly product: ProductStatement;
  private readonly statements: Statements;
  private readonly code: FunctionCode;
  private readonly runs: number;
  /** The variable of a run's elements. */
  private readonly unit: string;
  private readonly right: RightOperand;
  private readonly width: number;
  private readonly size: number;
  private readonly zero: Local | undefined;
  /** Elements of packed weights for one contracted index and one vector of each run. */
  private readonly block: number;
  private readonly rowTile: number;
  /** Vectors that a single row goes through at once. */
  private readonly lot: number;
  private readonly panels: number;
  private readonly lots: number;
  private readonly depth: number;
  /** Rows in all, and those of the block at hand. */
  private rowCount: Count = 0;
  private rowStart: Local | undefined;
  private rowEnd: Count = 0;
  private readonly chunks: Chunks | undefined;

  constructor(product: ProductStatement, statements: Statements) {
    this.product = product;
    this.statements = statements;
    this.code = statements.code;
    const { tail, columns, packed, b } = product;
    this.runs = tail?.sums.length ?? 1;
    this.unit = tail?.unit ?? columns?.variable ?? "unit";
    this.width = statements.expressions.lanesPerVector;
    this.size = statements.expressions.elementBytes;
    const column = b.offset.terms.find(({ variable }) => variable === columns?.variable);
    const sideBySide = column !== undefined && constantOf(column.coefficient) === 1;
    this.right = { kind: packed !== undefined ? "packed" : sideBySide ? "rows" : "gathered" };
    const { target, layout } = statements.parts;
    const tile = tileOf(target, this.runs);
    invariant(tile !== undefined, `no tile for ${this.runs} runs`);
    this.block = tile.block;
    this.rowTile = tile.rows;
    this.panels = tile.panels;
    this.lot = tile.block * tile.panels;
    this.lots = tail === undefined ? 1 : tile.lots;
    this.depth = product.contracted.reduce((depth, { extent }) => {
      return depth * (plainExtent(extent) ?? 1);
    }, 1);
    this.zero = target.sideExits ? statements.integers.word(layout.zeroWord) : undefined;
    this.chunks = this.planChunks();
  }

  /** Weight gradients: what is contracted are the steps of all examples, more than stay in a cache. */
  private planChunks(): Chunks | undefined {
    const { contracted, packed, tail, rows } = this.product;
    const [outer, inner] = contracted;
    if (outer?.extent.kind !== "examples" || inner?.extent.kind !== "size" || contracted.length !== 2) return undefined;
    if (packed !== undefined || tail !== undefined || rows === undefined) return undefined;
    const local = (): Local => this.code.local("i32");
    return { step: CHUNK, example: local(), from: local(), count: local(), continues: local() };
  }

  emit(): void {
    if (this.chunks === undefined) this.rowBlocks();
    else this.chunkLoop(this.chunks);
  }

  /**
   * Sums over the steps of all examples in pieces that stay in the nearest cache, with the results on the way in memory:
   * the terms of a sum are added in the same order.
   */
  private chunkLoop({ example, step, from, count, continues }: Chunks): void {
    const { code, statements, product } = this;
    const [outer, inner] = product.contracted as [Axis, Axis];
    const examples = statements.count(outer.extent, outer.variable);
    const position = code.local("i32");
    const steps = code.local("i32");
    code.i32(0).set(position).i32(0).set(continues);
    code.loop((nextExample) => {
      this.member(outer, position, 0);
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

  /** Blocks of rows: their part of the result, and of the left operand, is at hand for all columns. */
  private rowBlocks(): void {
    const { code, statements } = this;
    const { rows } = this.product;
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
    const { columns, tail } = this.product;
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
    const { width } = this;
    const wide = this.lot * this.lots;
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
    const { code, width } = this;
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
    const wide = this.lot;
    if (wide > 1) step(Array<number>(wide).fill(width), wide * width);
    step([width], width);
    step([1], 1);
  }

  private advance(local: Local, by: number): void {
    this.code.get(local).i32(by).op("i32.add").set(local);
  }

  /** All rows for some vectors of columns. */
  private columnGroup(counts: readonly number[], first: Local): void {
    const { code, width } = this;
    const { rows } = this.product;
    if (rows === undefined) {
      this.withUnits(counts, first, (units) => this.tile([undefined], counts, units));
      return;
    }
    const end = this.rowEnd;
    const position = code.local("i32");
    if (this.rowStart === undefined) code.i32(0);
    else code.get(this.rowStart);
    code.set(position);
    const whole = counts.length % this.lot === 0 && counts.every((count) => count === width);
    const known = typeof end === "number" && end < this.rowTile;
    if (whole && !known && !this.fillsTiles && this.rowTile === this.panels) {
      this.mixedRows(rows, end, position, first, counts.length / this.lot);
    } else this.separateRows(rows, end, position, counts, first);
    code.release(position);
  }

  /** Whether every row is in a tile of several. */
  private get fillsTiles(): boolean {
    return typeof this.rowCount === "number" && this.rowCount % this.rowTile === 0;
  }

  /** Tiles of several rows in blocks of vectors, then single rows with all vectors. */
  private separateRows(rows: Axis, end: Count, position: Local, counts: readonly number[], first: Local): void {
    const { code, statements, block, width, rowTile } = this;
    const rounds = (size: number, body: (members: readonly Local[]) => void): void => {
      if (typeof end === "number" && end < size) return;
      const members = Array.from({ length: size }, () => code.local("i32"));
      code.block((exit) => {
        code.loop((again) => {
          code.get(position).i32(size).op("i32.add");
          statements.pushCount(end);
          code.op("i32.gt_s").brIf(exit);
          members.forEach((member, n) => {
            this.member(rows, position, n);
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
          this.withUnits(lanes, start, (units) => this.tile(members, lanes, units));
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
      this.withUnits(counts, first, (units) => this.tile(members, counts, units));
    });
  }

  /**
   * The same in one loop, where both kinds of tile have as many sums: what stands before and behind the contraction is in
   * the code once. Several lots of sums are contracted one after the other and then finished together.
   */
  private mixedRows(rows: Axis, end: Count, position: Local, first: Local, lots: number): void {
    const { code, statements, block, width, rowTile, lot } = this;
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
              this.member(rows, position, n);
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
              if (n === 0) this.member(rows, position, 0);
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
        const groups = units.map((unit, g) => this.group(members[Math.floor((g % lot) / block)], unit, width));
        this.begin(groups);
        for (let l = 0; l < lots; l++) {
          const own = groups.slice(l * lot, (l + 1) * lot);
          const unit = units[l * lot] as Local;
          code.get(many).if(
            () => this.contract({ rows: members, vectors: block, groups: own }, unit),
            () => this.contract({ rows: members.slice(0, 1), vectors: lot, groups: own }, unit),
          );
        }
        this.finish(groups);
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
    const { code, width } = this;
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

  private group(row: Local | undefined, unit: Local, count: number): SumGroup {
    return { row, unit, count, sums: Array.from({ length: this.runs }, () => this.code.local("v128")) };
  }

  /** Pushes the row at a position, `n` behind the one at hand. */
  private member({ extent }: Axis, position: Local, n: number): void {
    const { code, statements } = this;
    if (extent.kind !== "examples" || extent.examples.kind === "all") {
      code.get(position);
      if (n > 0) code.i32(n).op("i32.add");
      return;
    }
    statements.integers.bind("row position", position);
    const offset = addAffine(affineVariable("row position"), affineConstant(n));
    statements.integers.scoped(() => {
      code.memory(
        "i32.load",
        statements.integers.address({ buffer: (extent.examples as { list: string }).list, offset }).offset,
      );
    });
  }

  /** One register tile: sums, the loop over what is contracted, the tail. */
  private tile(rows: readonly (Local | undefined)[], counts: readonly number[], units: readonly Local[]): void {
    const groups = rows.flatMap((row) => counts.map((count, v) => this.group(row, units[v] as Local, count)));
    this.begin(groups);
    this.contract({ rows, vectors: counts.length, groups }, units[0] as Local);
    this.finish(groups);
  }

  private inGroup({ row, unit }: SumGroup, body: () => void): void {
    const { integers } = this.statements;
    integers.scoped(() => {
      if (row !== undefined && this.product.rows !== undefined) integers.bind(this.product.rows.variable, row);
      integers.bind(this.unit, unit);
      body();
    });
  }

  private begin(groups: readonly SumGroup[]): void {
    for (const group of groups) {
      this.inGroup(group, () => {
        group.sums.forEach((sum, run) => {
          if (this.chunks === undefined) this.initial(group, run);
          else {
            const lanes: Lanes = { name: this.unit, index: group.unit, count: group.count };
            const { out } = this.product;
            const access = { buffer: out.buffer, offset: substituteAffine(out.offset, this.columnOf(run)) };
            this.code.get(this.chunks.continues).if(
              () =>
                this.statements.integers.scoped(() => {
                  this.statements.expressions.emit({ kind: "load", access, dtype: "real" }, lanes);
                }),
              () => this.initial(group, run),
              "v128",
            );
          }
          this.code.set(sum);
        });
      });
    }
  }

  /** Values of all groups come before all stores: their chains of operations then overlap, loads need not wait. */
  private finish(groups: readonly SumGroup[]): void {
    const stores: (() => void)[] = [];
    for (const group of groups) {
      this.inGroup(group, () => {
        if (this.product.columns === undefined) this.storeScalar(group);
        else this.useSums(group, stores);
      });
      this.code.release(...group.sums);
    }
    for (const store of stores) store();
  }

  /** The column of a unit in a run. */
  private columnOf(run: number): ReadonlyMap<string, Affine> {
    const { tail, columns } = this.product;
    const moved = addAffine(affineVariable(this.unit), affineConstant(run * (tail?.length ?? 0)));
    return new Map(columns === undefined ? [] : [[columns.variable, moved]]);
  }

  private initial({ unit, count }: SumGroup, run: number): void {
    const { initial, columns } = this.product;
    const { expressions } = this.statements;
    const lanes: Lanes = { name: columns === undefined ? "" : this.unit, index: unit, count };
    if (initial === undefined) {
      expressions.emit({ kind: "literal", value: 0, dtype: "real" }, lanes);
      return;
    }
    const names = this.columnOf(run);
    const affine = (value: Affine): Affine => substituteAffine(value, names);
    expressions.emit(mapExpression(initial, { affine }), lanes);
  }

  /** Hands the sums to the tail, or stores them. What can be stored later is left in `stores`. */
  private useSums(group: SumGroup, stores: (() => void)[]): void {
    const { unit, count, sums } = group;
    const { code, statements, product } = this;
    const { expressions } = statements;
    const { tail } = product;
    const lanes: Lanes = { name: this.unit, index: unit, count };
    if (tail === undefined) {
      expressions.bindValue("sum", sums[0] as Local, true);
      const access = { buffer: product.out.buffer, offset: substituteAffine(product.out.offset, this.columnOf(0)) };
      expressions.store(access, { kind: "variable", name: "sum", dtype: "real" }, "set", lanes);
      return;
    }
    tail.sums.forEach((name, run) => {
      expressions.bindValue(name, sums[run] as Local, true);
    });
    const made = new Map<string, Local>();
    const kept = new Set<Local>();
    const storesLast = !readsWhatItStored(tail.body);
    for (const statement of tail.body) {
      if (statement.kind === "let") {
        made.set(statement.name, expressions.define(statement.name, statement.value, lanes));
      } else if (statement.kind === "store" && storesLast) {
        const { access, value, mode } = statement;
        const known = value.kind === "variable" ? made.get(value.name) : undefined;
        const local = known ?? expressions.define("stored", value, lanes);
        kept.add(local);
        const dtype = value.kind === "integer" ? "real" : value.dtype;
        stores.push(() => {
          this.inGroup(group, () => {
            expressions.bindValue("stored", local, true, dtype === "bool");
            expressions.store(access, { kind: "variable", name: "stored", dtype }, mode, lanes);
          });
        });
      } else statements.emit(statement, lanes);
    }
    code.release(...[...made.values()].filter((local) => !kept.has(local)));
    stores.push(() => code.release(...kept));
  }

  private storeScalar({ sums }: SumGroup): void {
    const { code, statements, product } = this;
    const { expressions } = statements;
    const scalar = code.local(expressions.dtype);
    code
      .get(sums[0] as Local)
      .op(`${expressions.vectorShape}.extract_lane`, 0)
      .set(scalar);
    expressions.bindValue("sum", scalar, false);
    expressions.store(product.out, { kind: "variable", name: "sum", dtype: "real" }, "set", undefined);
    code.release(scalar);
  }

  /** The loop over what is contracted, for the columns from unit `first` on. */
  private contract(tile: Tile, first: Local): void {
    const { code, statements, product } = this;
    const { integers } = statements;
    const lefts = tile.rows.map((row) => {
      const pointer = code.local("i32");
      integers.scoped(() => {
        if (row !== undefined && product.rows !== undefined) integers.bind(product.rows.variable, row);
        this.pushStart(product.a, new Map());
        code.set(pointer);
      });
      return pointer;
    });
    const right = code.local("i32");
    integers.scoped(() => {
      integers.bind(this.unit, first);
      if (this.right.kind === "packed") {
        const place = integers.address({ buffer: product.packed as string, offset: affineConstant(0) });
        code.i32(place.offset).op("i32.add");
        // Panels lie one after the other.
        code
          .get(first)
          .i32(this.runs * this.depth * this.size)
          .op("i32.mul")
          .op("i32.add")
          .set(right);
      } else {
        this.pushStart(product.b, this.columnOf(0));
        code.set(right);
      }
    });
    this.axisLoop(this.chunks === undefined ? 0 : 1, lefts, right, tile);
    code.release(right, ...lefts);
  }

  /** Pushes the address of an operand at the start of what is contracted. */
  private pushStart(access: Access, names: ReadonlyMap<string, Affine>): void {
    const { code, statements, product } = this;
    // Pieces begin at the example and step at hand.
    const zeros = new Map(
      this.chunks === undefined ? product.contracted.map(({ variable }) => [variable, affineConstant(0)]) : [],
    );
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
    if (constant !== undefined) return constant * this.size;
    const local = this.code.local("i32");
    this.statements.integers.dim(elements);
    this.code.i32(Math.log2(this.size)).op("i32.shl").set(local);
    return local;
  }

  private axisLoop(depth: number, lefts: readonly Local[], right: Local, tile: Tile): void {
    const { code, statements, product } = this;
    const axis = product.contracted[depth];
    if (axis === undefined) {
      this.multiply(lefts, right, tile);
      return;
    }
    const innermost = depth === product.contracted.length - 1;
    const packed = this.right.kind === "packed";
    const list =
      axis.extent.kind === "examples" && axis.extent.examples.kind === "list" ? axis.extent.examples.list : undefined;
    const count = this.chunks?.count ?? statements.count(axis.extent, axis.variable);
    const leftStride = this.strideOf(product.a, axis);
    // Packed weights follow each other whatever the axes.
    const rightStride: Count = packed
      ? innermost
        ? this.block * this.width * this.runs * this.size
        : 0
      : this.strideOf(product.b, axis);
    const counter = code.local("i32");
    code.i32(0).set(counter);
    // Sizes of inner axes may be those of the example that this axis is at.
    const element = list === undefined ? counter : code.local("i32");
    if (this.chunks === undefined) statements.integers.bind(axis.variable, element);
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
    const exits = innermost && lefts.length === 1 ? this.zero : undefined;
    code.block((exit) => {
      if (typeof count !== "number") code.get(count).i32(1).op("i32.lt_s").brIf(exit);
      code.loop((again) => {
        if (innermost && list === undefined) {
          this.multiply(lefts, right, tile, exits === undefined ? undefined : () => code.get(exits).brIf(exit));
        } else {
          if (list !== undefined) {
            this.member(axis, counter, 0);
            code.set(element);
          }
          const inner = lefts.map((left) => at(left, leftStride));
          const innerRight = packed ? right : at(right, rightStride);
          this.axisLoop(depth + 1, inner, innerRight, tile);
          code.release(...inner, ...(packed ? [] : [innerRight]));
        }
        if (list === undefined) {
          for (const left of lefts) move(left, leftStride);
          move(right, rightStride);
        } else if (packed) move(right, rightStride);
        if (counts) code.get(right).get(end).op("i32.ne").brIf(again);
        else code.get(counter).i32(1).op("i32.add").tee(counter).get(end).op("i32.lt_s").brIf(again);
      });
    });
    code.release(counter, end, ...(list === undefined ? [] : [element]));
    for (const local of [count, leftStride, rightStride]) {
      if (typeof local !== "number" && local !== this.chunks?.count) code.release(local);
    }
  }

  /** One contracted index: every sum takes one term. `sideExit` stands between halves of a long row of vectors. */
  private multiply(lefts: readonly Local[], right: Local, { vectors, groups }: Tile, sideExit?: () => void): void {
    const { code, size, runs } = this;
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
        .get(left)
        .memory(size === 4 ? "v128.load32_splat" : "v128.load64_splat", 0)
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
    const { code, product, block, width, runs, size } = this;
    const { expressions } = this.statements;
    if (this.right.kind === "packed") {
      const panel = Math.floor(vector / block);
      const place = panel * block * width * runs * this.depth + ((vector % block) * runs + run) * width;
      code.get(right).memory("v128.load", place * size);
      return;
    }
    const column = vector * width + run * (product.tail?.length ?? 0);
    if (this.right.kind === "rows") {
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

/** Does a statement read a buffer that one before it stores, or need its place among the stores? */
function readsWhatItStored(body: readonly Statement[]): boolean {
  const stored = new Set<string>();
  return body.some((statement) => {
    let reads = statement.kind !== "let" && statement.kind !== "store";
    forEachAccess(statement, ({ buffer }, use) => {
      if (use === "read") reads ||= stored.has(buffer);
    });
    if (statement.kind === "store") stored.add(statement.access.buffer);
    return reads;
  });
}
