/**
 * One register tile of a product: the sums of some rows times some vectors of columns, in locals. They go once through what
 * is contracted; then the tail of the product takes each vector of sums, or it is stored.
 */
import { substituteAffine } from "../../ir/kernel/affine.js";
import type { Affine, Statement } from "../../ir/kernel/types.js";
import { forEachAccess, mapExpression } from "../../ir/kernel/visit.js";
import type { FunctionCode, Local } from "./code.js";
import type { Lanes } from "./elements.js";
import { Contraction, type SumGroup, type Tile } from "./product-contraction.js";
import { columnOf, type ProductPlan } from "./product-plan.js";
import type { Statements } from "./statements.js";

export class TileCode {
  private readonly contractions: readonly Contraction[];
  private readonly plan: ProductPlan;
  private readonly statements: Statements;
  private readonly code: FunctionCode;

  constructor(plan: ProductPlan, statements: Statements) {
    this.plan = plan;
    this.statements = statements;
    this.code = statements.code;
    this.contractions = [...(plan.earlier === undefined ? [] : [plan.earlier]), plan].map(
      (each) => new Contraction(each, statements),
    );
  }

  /** New sums. */
  group(row: Local | undefined, unit: Local, count: number): SumGroup {
    return { row, unit, count, sums: Array.from({ length: this.plan.runs }, () => this.code.local("v128")) };
  }

  /** One register tile: sums, the loop over what is contracted, the tail. */
  emit(
    rows: readonly (Local | undefined)[],
    position: Local | undefined,
    counts: readonly number[],
    units: readonly Local[],
  ): void {
    const groups = rows.flatMap((row) => counts.map((count, v) => this.group(row, units[v] as Local, count)));
    this.begin(groups);
    this.contract({ rows, position, vectors: counts.length, groups }, units[0] as Local);
    this.finish(groups);
  }

  /** All terms of the sums of a tile, for the columns from unit `first` on. */
  contract(tile: Tile, first: Local): void {
    for (const contraction of this.contractions) contraction.contract(tile, first);
  }

  private inGroup({ row, unit }: SumGroup, body: () => void): void {
    const { integers } = this.statements;
    integers.scoped(() => {
      if (row !== undefined && this.plan.product.rows !== undefined)
        integers.bind(this.plan.product.rows.variable, row);
      integers.bind(this.plan.unit, unit);
      body();
    });
  }

  begin(groups: readonly SumGroup[]): void {
    for (const group of groups) {
      this.inGroup(group, () => {
        group.sums.forEach((sum, run) => {
          if (this.plan.chunks === undefined) this.initial(group, run);
          else {
            const lanes: Lanes = { name: this.plan.unit, index: group.unit, count: group.count };
            const { out } = this.plan.product;
            const access = { buffer: out.buffer, offset: substituteAffine(out.offset, columnOf(this.plan, run)) };
            this.code.get(this.plan.chunks.continues).if(
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
  finish(groups: readonly SumGroup[]): void {
    const stores: (() => void)[] = [];
    for (const group of groups) {
      this.inGroup(group, () => {
        if (this.plan.product.columns === undefined) this.storeScalar(group);
        else this.useSums(group, stores);
      });
      this.code.release(...group.sums);
    }
    for (const store of stores) store();
  }

  private initial({ unit, count }: SumGroup, run: number): void {
    const { initial, columns } = this.plan.product;
    const { expressions } = this.statements;
    const lanes: Lanes = { name: columns === undefined ? "" : this.plan.unit, index: unit, count };
    if (initial === undefined) {
      expressions.emit({ kind: "literal", value: 0, dtype: "real" }, lanes);
      return;
    }
    const names = columnOf(this.plan, run);
    const affine = (value: Affine): Affine => substituteAffine(value, names);
    expressions.emit(mapExpression(initial, { affine }), lanes);
  }

  /** Hands the sums to the tail, or stores them. What can be stored later is left in `stores`. */
  private useSums(group: SumGroup, stores: (() => void)[]): void {
    const { unit, count, sums } = group;
    const { code, statements } = this;
    const { product } = this.plan;
    const { expressions } = statements;
    const { tail } = product;
    const lanes: Lanes = { name: this.plan.unit, index: unit, count };
    if (tail === undefined) {
      expressions.bindValue("sum", sums[0] as Local, true);
      const access = {
        buffer: product.out.buffer,
        offset: substituteAffine(product.out.offset, columnOf(this.plan, 0)),
      };
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
    const { code, statements } = this;
    const { product } = this.plan;
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
