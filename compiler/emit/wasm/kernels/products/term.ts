/** One term of every sum of a register tile. */
import { at } from "../../../../base/at.js";
import type { FunctionCode, Local } from "../../assembler/function-code.js";
import type { KernelContext } from "../context.js";
import { bytesOf } from "../extents.js";
import type { ProductPlan } from "./product-plan.js";
import type { TermOperands, SumTile } from "./sum-groups.js";

export class TermCode {
  private readonly plan: ProductPlan;
  private readonly context: KernelContext;
  private readonly code: FunctionCode;

  constructor(plan: ProductPlan, context: KernelContext) {
    this.plan = plan;
    this.context = context;
    this.code = context.code;
  }

  /** One contracted index: every sum takes one term. `sideExit` stands between halves of a long row of vectors. */
  multiply({ lefts, right }: TermOperands, { vectors, groups }: SumTile, sideExit?: () => void): void {
    const { code } = this;
    const { size, strips, fused } = this.plan;
    const shape = this.context.expressions.vectorShape;
    const a = code.local("v128");
    const add = (sum: Local, pushRight: () => void): void => {
      if (!fused) code.get(sum);
      code.get(a);
      pushRight();
      if (fused) code.get(sum).op(`${shape}.relaxed_madd`).set(sum);
      else code.op(`${shape}.mul`).op(`${shape}.add`).set(sum);
    };
    const columns = groups
      .slice(0, vectors)
      .flatMap(({ count }, vector) => Array.from({ length: strips }, (_, strip) => ({ count, vector, strip })));
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
    const { loads = columns.length } = this.context.parts.target.sideExits ?? {};
    const exitAt = columns.length > loads ? Math.ceil(columns.length / 2) : columns.length;
    lefts.forEach((left, r) => {
      code
        .get(left.pointer)
        .memory(size === 4 ? "v128.load32_splat" : "v128.load64_splat", left.offset)
        .set(a);
      columns.forEach((column, n) => {
        if (n === exitAt) sideExit?.();
        const { sums } = at(groups, r * vectors + column.vector);
        add(at(sums, column.strip), () => {
          if (kept === undefined) this.loadRight(right, column);
          else code.get(at(kept, n));
        });
      });
    });
    if (exitAt === columns.length) sideExit?.();
    code.release(a, ...(kept ?? []));
  }

  private loadRight(right: Local, { vector, count, strip }: { vector: number; count: number; strip: number }): void {
    const { code } = this;
    const { product, block, width, strips, size } = this.plan;
    const { expressions } = this.context;
    if (this.plan.right === "packed") {
      const panel = Math.floor(vector / block);
      const place = panel * block * width * strips * this.plan.depth + ((vector % block) * strips + strip) * width;
      code.get(right).memory("v128.load", place * size);
      return;
    }
    const column = vector * width + strip * (product.schedule?.tail?.length ?? 0);
    if (this.plan.right === "rows") {
      code.get(right);
      expressions.loadVector(column * size, count);
      return;
    }
    const term = product.b.offset.terms.find(({ variable }) => variable === product.columns?.variable);
    const stride = term === undefined ? 0 : bytesOf(term.coefficient, this.context);
    const loaded = code.local("v128");
    const [zero, lane] =
      size === 4
        ? (["v128.load32_zero", "v128.load32_lane"] as const)
        : (["v128.load64_zero", "v128.load64_lane"] as const);
    for (let n = 0; n < count; n++) {
      code.get(right);
      // An offset of an instruction is not below 0.
      const plain = typeof stride === "number" && stride >= 0;
      if (typeof stride === "number") {
        if (!plain) code.i32((column + n) * stride).op("i32.add");
      } else {
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
