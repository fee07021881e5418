/**
 * One register tile of a product: the sums of some rows times some vectors of columns, in locals. They go once through what
 * is contracted; then the tail of the product takes each vector of sums, or it is stored.
 */
import { at } from "../../../../base/at.js";
import { invariant } from "../../../../base/diagnostics/invariant.js";
import { affineVariable, plainExtent, substituteAffine } from "../../../../ir/kernel/affine.js";
import type { Access, Affine, KernelExpression, Statement } from "../../../../ir/kernel/kernel-program.js";
import { forEachAccess, mapExpression } from "../../../../ir/kernel/visit.js";
import { decideChoices } from "../../../../ir/kernel/choices.js";
import { isVectorExpression } from "../../../../ir/kernel/vectorizable.js";
import type { FunctionCode, Local } from "../../assembler/function-code.js";
import type { Lanes } from "../elements.js";
import type { ComputedIntegers } from "../integers.js";
import { Contraction } from "./contraction.js";
import { columnOf, type ProductPlan } from "./product-plan.js";
import type { TileRow, VectorStart, SumGroup, SumTile } from "./sum-groups.js";
import type { KernelContext } from "../context.js";

/** A store that is written where the values of all groups are there. */
type Later = (outer: KernelContext) => void;

export class RegisterTile {
  private readonly contractions: readonly Contraction[];
  private readonly plan: ProductPlan;
  private readonly context: KernelContext;
  private readonly code: FunctionCode;

  constructor(plan: ProductPlan, context: KernelContext) {
    this.plan = plan;
    this.context = context;
    this.code = context.code;
    this.contractions = [...(plan.earlier === undefined ? [] : [plan.earlier]), plan].map(
      (each) => new Contraction(each, context),
    );
  }

  /** Rows of a tile, with the addresses of what is read and written in them computed up to the unit. */
  rows(members: readonly (Local | undefined)[]): TileRow[] {
    const { integers } = this.context;
    const { product, unit } = this.plan;
    const accesses = product.columns === undefined ? [] : this.accesses();
    return members.map((member) => {
      const scope: ComputedIntegers = new Map();
      const inner = integers.within(scope);
      if (member !== undefined && product.rows !== undefined) inner.bind(product.rows.variable, member);
      for (const access of accesses) inner.prepare(access, unit);
      return { member, scope };
    });
  }

  /** What is read and written beside the operands, in vectors and at places that hold no integer of the tail. */
  private accesses(): Access[] {
    const { plan } = this;
    const { initial, result, out, schedule: { tail } = {} } = plan.product;
    const own = new Set(
      (tail?.body ?? []).flatMap((statement) => (statement.kind === "let_index" ? statement.name : [])),
    );
    const found: Access[] = [];
    const collect = (access: Access): void => {
      const { terms } = access.offset;
      if (terms.some(({ variable }) => own.has(variable))) return;
      if (terms.some(({ variable }) => variable === plan.unit)) found.push(access);
    };
    for (let strip = 0; strip < plan.strips; strip++) {
      const names = columnOf(plan, strip);
      const value = initial && this.initialOf(initial, strip);
      // Lane by lane, elements have addresses of their own.
      if (value !== undefined && isVectorExpression(value, plan.unit)) {
        forEachAccess({ kind: "let", name: "", value }, collect);
      }
      if (out !== undefined) collect({ buffer: out.buffer, offset: substituteAffine(out.offset, names) });
    }
    if (result !== undefined) forEachAccess({ kind: "let", name: "", value: this.resultOf() }, collect);
    for (const statement of tail?.body ?? []) forEachAccess(statement, collect);
    return found;
  }

  /** Where vectors of a row begin. */
  start(unit: Local): VectorStart {
    const bytes = this.code.local("i32");
    this.code.get(unit).i32(Math.log2(this.plan.size)).op("i32.shl").set(bytes);
    return { unit, bytes };
  }

  /** New sums. */
  group(row: TileRow, start: VectorStart, ahead: number, count: number): SumGroup {
    const sums = Array.from({ length: this.plan.strips }, () => this.code.local("v128"));
    return { row, start, ahead, count, sums };
  }

  /** One register tile, of the columns from unit `first` on: sums, the loop over what is contracted, the tail. */
  emit(
    members: readonly (Local | undefined)[],
    position: Local | undefined,
    counts: readonly number[],
    first: Local,
  ): void {
    const rows = this.rows(members);
    const start = this.start(first);
    const groups = rows.flatMap((row) => counts.map((count, v) => this.group(row, start, v * this.plan.width, count)));
    this.begin(groups);
    this.contract({ rows, position, vectors: counts.length, groups }, first);
    this.finish(groups);
    this.release(rows, [start]);
  }

  /** Gives back what tiles were begun with. */
  release(rows: readonly TileRow[], starts: readonly VectorStart[]): void {
    for (const { scope } of rows) this.context.integers.release(scope);
    this.code.release(...starts.map(({ bytes }) => bytes));
  }

  /** All terms of the sums of a tile, for the columns from unit `first` on. */
  contract(tile: SumTile, first: Local): void {
    for (const contraction of this.contractions) contraction.contract(tile, first);
  }

  private inGroup({ row, start, ahead }: SumGroup, context: KernelContext, body: (inner: KernelContext) => void): void {
    context.within(row.scope).scoped((inner) => {
      if (row.member !== undefined && this.plan.product.rows !== undefined) {
        inner.integers.bind(this.plan.product.rows.variable, row.member);
      }
      inner.integers.bind(this.plan.unit, start.unit, ahead);
      body(inner);
    });
  }

  private lanesOf({ start, ahead, count }: SumGroup): Lanes {
    if (this.plan.product.columns === undefined) return { name: "", count };
    return { name: this.plan.unit, bytes: start.bytes, ahead, count };
  }

  begin(groups: readonly SumGroup[]): void {
    for (const group of groups) {
      this.inGroup(group, this.context, (inner) => {
        group.sums.forEach((sum, strip) => {
          this.initial(group, strip, inner);
          this.code.set(sum);
        });
      });
    }
  }

  /** Values of all groups come before all stores: their chains of operations then overlap, loads need not wait. */
  finish(groups: readonly SumGroup[]): void {
    this.storeAll(groups, this.resultOf(), this.context);
    for (const group of groups) this.code.release(...group.sums);
  }

  private storeAll(groups: readonly SumGroup[], result: KernelExpression, context: KernelContext): void {
    const { code } = this;
    if (result.kind === "choice" && this.isSameForAll(result)) {
      // The first piece of a sum or a later one: asked once for a tile, not for every vector.
      context.integers.affine(result.left);
      context.integers.affine(result.right);
      const [below, otherwise] = [result.below, result.otherwise].map((side) => (): void => {
        context.scoped((inner) => this.storeAll(groups, side, inner));
      }) as [() => void, () => void];
      code.op("i32.lt_s").if(below, otherwise);
      return;
    }
    const stores: Later[] = [];
    for (const group of groups) {
      this.inGroup(group, context, (inner) => {
        if (this.plan.product.columns === undefined) this.storeScalar(group, result, inner);
        else this.useSums(group, result, inner, stores);
      });
    }
    for (const store of stores) store(context);
  }

  private isSameForAll({ left, right }: Extract<KernelExpression, { kind: "choice" }>): boolean {
    const own = [this.plan.unit, this.plan.product.rows?.variable];
    return [left, right].every(({ terms }) => terms.every(({ variable }) => !own.includes(variable)));
  }

  /** What is stored of a sum, over the unit. */
  private resultOf(): KernelExpression {
    const { result } = this.plan.product;
    if (result === undefined) return { kind: "variable", name: "sum", dtype: "real" };
    const names = columnOf(this.plan, 0);
    return mapExpression(result, { affine: (old: Affine) => substituteAffine(old, names) });
  }

  private initial(group: SumGroup, strip: number, context: KernelContext): void {
    const { initial } = this.plan.product;
    const { expressions } = context;
    const lanes = this.lanesOf(group);
    if (initial === undefined) {
      expressions.emit({ kind: "literal", value: 0, dtype: "real" }, lanes);
      return;
    }
    const value = this.initialOf(initial, strip);
    if (isVectorExpression(value, this.plan.unit)) expressions.emit(value, lanes);
    else this.laneByLane(value, group.count, context);
  }

  /** What the sums of a strip start from, over the unit; the sides of choices that are the same for the whole strip are taken. Not by a
   * pass: a product has one expression for all its strips, and what is decided is another in each. */
  private initialOf(initial: KernelExpression, strip: number): KernelExpression {
    const { columns, schedule: { tail } = {} } = this.plan.product;
    const names = columnOf(this.plan, strip);
    const value = mapExpression(initial, { affine: (old: Affine) => substituteAffine(old, names) });
    const length = columns && (tail?.length ?? plainExtent(columns.extent));
    return length === undefined ? value : decideChoices(value, this.plan.unit, 0, length);
  }

  /** A vector whose lanes take different sides of a choice. */
  private laneByLane(value: KernelExpression, count: number, context: KernelContext): void {
    const { code, expressions, integers } = context;
    const vector = code.local("v128");
    const own = code.local("i32");
    const lane = `${this.plan.unit} in lane`;
    const names = new Map([[this.plan.unit, affineVariable(lane)]]);
    const each = mapExpression(value, { affine: (old: Affine) => substituteAffine(old, names) });
    expressions.emit({ kind: "literal", value: 0, dtype: "real" }, { name: "", count });
    code.set(vector);
    const unit = integers.variable(this.plan.unit);
    for (let n = 0; n < count; n++) {
      code.get(unit).i32(n).op("i32.add").set(own);
      context.scoped((inner) => {
        inner.integers.bind(lane, own);
        code.get(vector);
        inner.expressions.emit(each, undefined);
        code.op(`${expressions.vectorShape}.replace_lane`, n).set(vector);
      });
    }
    code.get(vector);
    code.release(vector, own);
  }

  /** Hands the sums to the tail, or stores them. What can be stored later is left in `stores`. */
  private useSums(group: SumGroup, result: KernelExpression, context: KernelContext, stores: Later[]): void {
    const { sums } = group;
    const { code, expressions } = context;
    const { product } = this.plan;
    const { out, schedule: { tail } = {} } = product;
    const lanes = this.lanesOf(group);
    if (tail === undefined) {
      expressions.bindValue("sum", at(sums, 0), true);
      invariant(out !== undefined, "sums that nothing takes");
      const access = { buffer: out.buffer, offset: substituteAffine(out.offset, columnOf(this.plan, 0)) };
      expressions.store(access, result, "set", lanes);
      return;
    }
    tail.sums.forEach((name, strip) => {
      expressions.bindValue(name, at(sums, strip), true);
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
        stores.push((outer) => {
          this.inGroup(group, outer, ({ expressions: inner }) => {
            inner.bindValue("stored", local, true, dtype === "bool");
            inner.store(access, { kind: "variable", name: "stored", dtype }, mode, lanes);
          });
        });
      } else context.emit(statement, lanes);
    }
    code.release(...[...made.values()].filter((local) => !kept.has(local)));
    stores.push(() => code.release(...kept));
  }

  private storeScalar({ sums }: SumGroup, result: KernelExpression, { code, expressions }: KernelContext): void {
    const { product } = this.plan;
    const scalar = code.local(expressions.dtype);
    code.get(at(sums, 0)).op(`${expressions.vectorShape}.extract_lane`, 0).set(scalar);
    expressions.bindValue("sum", scalar, false);
    invariant(product.out !== undefined, "sums of a tail are stored in lanes");
    expressions.store(product.out, result, "set", undefined);
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
