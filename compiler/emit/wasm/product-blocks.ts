/**
 * The way through blocks of rows of a product. What is done for one of them is a function of its own:
 * engines unroll an innermost loop the more often the more loops of its function are around it, and here as often as
 * `nest` of the target says.
 */
import { AFFINE_ZERO } from "../../ir/kernel/affine.js";
import { freeVariables } from "../../ir/kernel/free-variables.js";
import { loopsAround } from "../../ir/kernel/loops-around.js";
import type { Expression, ProductStatement, Statement } from "../../ir/kernel/types.js";
import type { FunctionCode, Local } from "./code.js";
import { withCounts } from "./collapse.js";
import { leftOf, planProduct, POSITION, pushMember } from "./product-plan.js";
import { type Rows, ProductWalk } from "./product-walk.js";
import type { Count, Statements } from "./statements.js";

export class ProductBlocks {
  private readonly product: ProductStatement;
  private readonly statements: Statements;
  private readonly code: FunctionCode;

  constructor(product: ProductStatement, statements: Statements) {
    this.product = product;
    this.statements = statements;
    this.code = statements.code;
  }

  emit(): void {
    if (this.product.copied !== undefined) withCounts(this.statements, () => this.copyRows());
    this.rowBlocks();
  }

  /** Blocks of rows: their part of the result, and of the left operand, is at hand for all columns. */
  private rowBlocks(): void {
    const { code, statements } = this;
    const { rows } = this.product;
    const { rowBlock } = statements.parts.target;
    const total = rows === undefined ? 1 : statements.count(rows.extent, rows.variable);
    if (typeof total === "number" && total <= rowBlock) {
      // In loops over pieces the depth of loops would be another.
      if (this.product.result === undefined) this.walk(statements, { start: undefined, end: total });
      else this.callBlock(undefined, total);
      return;
    }
    const start = code.local("i32");
    const end = code.local("i32");
    code.i32(0).set(start);
    code.loop((again) => {
      code.get(start).i32(rowBlock).op("i32.add").tee(end);
      statements.pushCount(total);
      code.get(end);
      statements.pushCount(total);
      code.op("i32.lt_s").op("select").set(end);
      this.callBlock({ start, end }, total);
      code.get(end).tee(start);
      statements.pushCount(total);
      code.op("i32.lt_s").brIf(again);
    });
    code.release(start, end, ...(typeof total === "number" ? [] : [total]));
  }

  /** Calls the function that goes through all columns for some rows. */
  private callBlock(block: { start: Local; end: Local } | undefined, total: Count): void {
    const { code, statements } = this;
    const variables = this.freeInBlock();
    const given = [
      ...variables.map((name) => statements.integers.variable(name)),
      ...(block === undefined ? [] : [block.start, block.end]),
    ];
    const ref = statements.parts.innerFunction(statements, given.length, (inner, params) => {
      const own = [...params];
      for (const name of variables) inner.integers.bind(name, own.shift() as Local);
      const [start, end] = block === undefined ? [undefined, total] : (own as [Local, Local]);
      this.walk(inner, { start, end });
    });
    for (const local of given) code.get(local);
    code.call(ref);
  }

  /** What the function of a block reads of the region around it; how many rows there are is not among it. */
  private freeInBlock(): string[] {
    const { product } = this;
    const rows = product.rows && {
      variable: product.rows.variable,
      extent: { kind: "affine", value: AFFINE_ZERO } as const,
    };
    return freeVariables([{ ...product, rows }]).variables;
  }

  private walk(statements: Statements, rows: Rows): void {
    withCounts(statements, () => new ProductWalk(planProduct(this.product, statements), statements, rows).emit());
  }

  /** Copies the left operand, row by row. */
  private copyRows(): void {
    const { code, statements } = this;
    const { rows, contracted, a } = this.product;
    const value: Expression = { kind: "load", access: a, dtype: "real" };
    const store: Statement = { kind: "store", access: leftOf(this.product).left, value, mode: "set" };
    const copy = loopsAround(contracted, [store]);
    if (rows === undefined) {
      statements.emitAll(copy);
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
          statements.emitAll(copy);
        });
        code.get(position).i32(1).op("i32.add").set(position);
        code.br(again);
      });
    });
    code.release(position, member, ...(typeof count === "number" ? [] : [count]));
  }
}
