/**
 * Computes a small input projection in the product whose sums it starts, instead of for all steps in front of the loop: what
 * it gives for a sequence, `[B, T, 4·H]`, then is neither stored nor read again, and takes no memory. Every sum takes the
 * same terms in the same order.
 *
 * Needs: a scratch result that only starts the sums of one product, and operands that the function does not write, the right one
 * the same for all rows. Leaves alone: longer sums and larger weights, as those are better read once for several steps.
 */
import { at } from "../../base/at.js";
import { affineVariable, plainExtent, substituteAffine } from "../../ir/kernel/affine.js";
import { countTerms } from "../../ir/kernel/terms.js";
import type { Affine, KernelFunction, ProductStatement, Statement } from "../../ir/kernel/kernel-program.js";
import { forEachAccess, mapExpression } from "../../ir/kernel/visit.js";
import { type UnplacedBuffer, wholeOf } from "../../ir/kernel/unplanned.js";
import type { KernelPass } from "./kernel-pass.js";
import { type ProductNest, productNest } from "./product-nest.js";
import type { VectorTarget } from "./target.js";
import { realBytes } from "../../ir/ops/number-range.js";

export const joinInputs: KernelPass<VectorTarget> = {
  name: "join-inputs",
  summary: "compute small input projections along with the recurrent product that starts from them",
  run: ({ functions, buffers, ...rest }, { machine, dtype }) => {
    const left = new Map(buffers);
    const { terms, bytes } = machine.joinedInputs;
    const limits = { terms, elements: bytes / realBytes[dtype] };
    return { ...rest, functions: functions.map((fn) => new Joiner(fn, left, limits).run()), buffers: left };
  },
};

/** What a step may take upon itself. */
interface JoinLimits {
  readonly terms: number;
  readonly elements: number;
}

interface JoinedProjection extends ProductNest {
  readonly region: Statement;
}

class Joiner {
  private readonly fn: KernelFunction;
  private readonly buffers: Map<string, UnplacedBuffer>;
  private readonly limits: JoinLimits;
  private readonly reads = new Map<string, number>();
  private readonly written = new Map<string, number>();
  private readonly projections = new Map<string, JoinedProjection>();

  constructor(fn: KernelFunction, buffers: Map<string, UnplacedBuffer>, limits: JoinLimits) {
    this.fn = fn;
    this.buffers = buffers;
    this.limits = limits;
  }

  run(): KernelFunction {
    this.look(this.fn.body);
    const joined = new Set<Statement>();
    const rewrite = (statement: Statement): Statement => {
      if (statement.kind === "for" || statement.kind === "region") {
        return { ...statement, body: statement.body.map(rewrite) };
      }
      if (statement.kind !== "product" || statement.initial?.kind !== "load") return statement;
      const found = this.projections.get(statement.initial.access.buffer);
      const made = found && this.join(statement, statement.initial.access.offset, found);
      if (found === undefined || made === undefined) return statement;
      joined.add(found.region);
      this.buffers.delete(found.product.out.buffer);
      return made;
    };
    const body = this.fn.body.map(rewrite);
    // Projections are found among the statements before they are rewritten.
    return { ...this.fn, body: body.filter((_, i) => !joined.has(at(this.fn.body, i))) };
  }

  private look(statements: readonly Statement[]): void {
    for (const statement of statements) {
      if (statement.kind === "for") {
        this.look(statement.body);
        continue;
      }
      forEachAccess(statement, ({ buffer }, use) => {
        const counts = use === "read" ? this.reads : this.written;
        const name = use === "read" ? buffer : wholeOf(buffer, this.buffers);
        counts.set(name, (counts.get(name) ?? 0) + 1);
      });
    }
    for (const statement of this.fn.body) {
      if (statement.kind !== "region") continue;
      const nest = productNest(statement);
      if (nest !== undefined) this.projections.set(nest.product.out.buffer, { region: statement, ...nest });
    }
  }

  private join(
    product: ProductStatement,
    place: Affine,
    { loops, product: projection }: JoinedProjection,
  ): ProductStatement | undefined {
    const { out, contracted, columns, rows, a, b } = projection;
    const { buffer } = out;
    if (product.schedule?.earlier !== undefined || projection.schedule?.earlier !== undefined) return undefined;
    if (this.buffers.get(buffer)?.persistent !== false || this.buffers.get(buffer)?.external !== false)
      return undefined;
    if (this.reads.get(buffer) !== 1 || this.written.get(wholeOf(buffer, this.buffers)) !== 1) return undefined;
    const width = columns && plainExtent(columns.extent);
    if (columns === undefined || product.columns === undefined) return undefined;
    if (width === undefined || width !== plainExtent(product.columns.extent)) return undefined;
    const terms = countTerms(contracted);
    if (terms === undefined || terms > this.limits.terms || terms * width > this.limits.elements) return undefined;
    const names = matchTerms(out.offset, place);
    if (names?.get(columns.variable)?.terms[0]?.variable !== product.columns.variable) return undefined;
    if ([...loops, ...(rows === undefined ? [] : [rows])].some(({ variable }) => !names.has(variable)))
      return undefined;
    let steady = true;
    forEachAccess(projection, (access, use) => {
      if (use === "read" && this.written.has(wholeOf(access.buffer, this.buffers))) steady = false;
    });
    if (!steady) return undefined;
    for (const { variable } of contracted) names.set(variable, affineVariable(`${variable} of the input`));
    const affine = (value: Affine): Affine => substituteAffine(value, names);
    // All rows of a tile share one right operand: not where each example or step has a matrix of its own.
    const { terms: moving } = affine(b.offset);
    if (moving.some(({ variable }) => variable === product.rows?.variable)) return undefined;
    return {
      ...product,
      initial: projection.initial && mapExpression(projection.initial, { affine }),
      schedule: {
        ...product.schedule,
        earlier: {
          contracted: contracted.map((axis) => ({ ...axis, variable: `${axis.variable} of the input` })),
          a: { ...a, offset: affine(a.offset) },
          b: { ...b, offset: affine(b.offset) },
        },
      },
    };
  }
}

/** Variables of the first place as those of the second, where both move alike. */
function matchTerms(first: Affine, second: Affine): Map<string, Affine> | undefined {
  if (first.constant.key !== second.constant.key || first.terms.length !== second.terms.length) return undefined;
  const names = new Map<string, Affine>();
  const steps = new Map(second.terms.map(({ coefficient, variable }) => [coefficient.key, variable]));
  if (steps.size !== second.terms.length) return undefined;
  for (const { variable, coefficient } of first.terms) {
    const other = steps.get(coefficient.key);
    if (other === undefined) return undefined;
    names.set(variable, affineVariable(other));
    steps.delete(coefficient.key);
  }
  return names;
}
