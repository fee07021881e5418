/** Checks of products and of the copies of matrices that they read. */
import { countTerms } from "./terms.js";
import { moves, plainExtent } from "./affine.js";
import type {
  ForStatement,
  LoopAxis,
  PackStatement,
  ProductStatement,
  RowCopy,
  ScheduledTerms,
  Statement,
} from "./kernel-program.js";
import type { ElementVerifier } from "./verify-expressions.js";
import type { Report } from "./verify-integers.js";
import { joinedProblems } from "./verify-joined.js";
import { OverwriteVerifier } from "./verify-overwrites.js";
import type { PackedCopies } from "./verify-packs.js";
import { KernelScope } from "./verify-scope.js";
import { termsOf } from "./visit.js";

type VerifyBody = (statements: readonly Statement[], scope: KernelScope) => void;

export class ProductVerifier {
  private readonly elements: ElementVerifier;
  private readonly report: Report;
  private readonly body: VerifyBody;
  private readonly copies: PackedCopies;
  private readonly overwrites: OverwriteVerifier;

  constructor(elements: ElementVerifier, copies: PackedCopies, report: Report, body: VerifyBody) {
    this.elements = elements;
    this.copies = copies;
    this.report = report;
    this.body = body;
    this.overwrites = new OverwriteVerifier(elements, report, (axes, scope) => this.bindAll(axes, scope));
  }

  pack(statement: PackStatement, outer: KernelScope): void {
    const { to, from, columns, contracted, parts, strips, length, onChange } = statement;
    const axes = [...parts, columns, ...contracted];
    const scope = this.bindAll(axes, outer);
    this.elements.access(from, "real", scope);
    // Which may stand for something else where the panels are read.
    const others = from.offset.terms.filter((term) => !axes.some(({ variable }) => variable === term.variable));
    for (const { variable } of others) this.report(`panels of ${from.buffer} move with ${variable}`);
    if (from.buffer === to) this.report(`${to} is packed into itself`);
    const [width, depth, count] = [plainExtent(columns.extent), countTerms(contracted), countTerms(parts)];
    if (width === undefined || depth === undefined || count === undefined)
      this.report(`panels of ${from.buffer}, whose size a call decides`);
    else if (width !== strips * length)
      this.report(`${width} columns of ${from.buffer} as ${strips} strips of ${length}`);
    // How long vectors are, and so what fills the last panel, is the target's own business. What was packed last has a digest.
    const fewest = strips * length * (depth ?? 0) * (count ?? 0) + (onChange ? 1 : 0);
    const size = this.elements.buffer(to, "real");
    this.elements.panels(to);
    if (size < fewest) this.report(`${to} of ${size} elements for panels of ${fewest}`);
  }

  /** @param loop the innermost one around it */
  product(product: ProductStatement, outer: KernelScope, loop: ForStatement | undefined): void {
    const { rows, columns, contracted, initial, result, out, schedule: { tail, copied } = {} } = product;
    const inRow = this.bindAll(rows === undefined ? [] : [rows], outer);
    const scope = this.bindAll(columns === undefined ? [] : [columns], inRow);
    if (initial !== undefined) this.elements.expression(initial, scope, "real");
    const panels = termsOf(product).flatMap((terms) => this.terms(terms, product, scope));
    if (new Set(panels).size > 1) this.report(`one product reads panels of ${panels.join(" and ")} vectors`);
    if (copied !== undefined) this.copied(copied, product);
    if ((out === undefined) === (tail === undefined)) this.report("a product has either a result or a tail");
    if (out !== undefined) {
      if (contracted.some(({ variable }) => moves(out.offset, variable)))
        this.report(`${out.buffer} moves with a contracted axis`);
      else this.elements.access(out, "real", scope);
    }
    this.overwrites.verify(product, scope);
    for (const problem of joinedProblems(product, loop, outer, this.elements.integers)) this.report(problem);
    if (result !== undefined) {
      if (out === undefined) this.report("a product with a tail stores no sum");
      const inSum = new KernelScope(scope);
      inSum.setScalar("sum", { dtype: "real" });
      this.elements.expression(result, inSum, "real");
    }
    if (tail === undefined) return;
    const width = columns && plainExtent(columns.extent);
    if (width !== tail.sums.length * tail.length) {
      this.report(`a tail of ${tail.sums.length} strips of ${tail.length} for ${width ?? "unknown"} columns`);
    }
    const inTail = new KernelScope(inRow);
    if (inTail.has(tail.unit)) this.report(`${tail.unit} is bound twice`);
    inTail.setInteger(tail.unit, { range: [0, tail.length - 1] });
    for (const name of tail.sums) {
      if (inTail.has(name)) this.report(`${name} is bound twice`);
      inTail.setScalar(name, { dtype: "real" });
    }
    this.body(tail.body, inTail);
  }

  /** Gives the vectors of the panels that are read, if any are. */
  private terms({ contracted, a, b, packed }: ScheduledTerms, product: ProductStatement, outer: KernelScope): number[] {
    const { rows, columns } = product;
    const scope = this.bindAll(contracted, outer);
    this.elements.access(a, "real", scope);
    this.elements.access(b, "real", scope);
    if (columns !== undefined && moves(a.offset, columns.variable))
      this.report(`the left operand ${a.buffer} moves with the columns`);
    if (rows !== undefined && moves(b.offset, rows.variable))
      this.report(`the right operand ${b.buffer} moves with the rows`);
    if (packed === undefined) return [];
    this.elements.buffer(packed.buffer, "real");
    const ranges = packed.part.map(({ index }) => this.elements.integers.range(index, scope));
    const read = { a, b, contracted, packed, ranges };
    const problem = this.copies.problemOf(read, columns, product.schedule?.tail?.length);
    if (problem !== undefined) this.report(problem);
    const panels = this.elements.panels(packed.buffer);
    return panels === undefined ? [] : [panels];
  }

  /** Rows of the left operand, one after the other: as many as there may be. */
  private copied({ to: name, lanes }: RowCopy, { contracted, rows }: ProductStatement): void {
    const inner = contracted.at(-1);
    if (lanes === true && (inner === undefined || inner.from !== undefined || plainExtent(inner.extent) === 1))
      this.report(`rows are copied to ${name} in lanes, and not some elements from the first on`);
    const depth = countTerms(contracted);
    const most =
      rows === undefined
        ? 1
        : rows.extent.kind === "examples"
          ? this.elements.integers.batch
          : plainExtent(rows.extent);
    const size = this.elements.buffer(name, "real");
    if (depth === undefined || most === undefined) this.report(`rows are copied to ${name}, whose size a call decides`);
    else if (size < depth * most) this.report(`${name} of ${size} elements for ${most} rows of ${depth}`);
  }

  private bindAll(axes: readonly LoopAxis[], outer: KernelScope): KernelScope {
    const scope = new KernelScope(outer);
    for (const axis of axes) {
      const known = this.elements.integers.axis(axis, scope);
      if (scope.has(axis.variable)) this.report(`${axis.variable} is bound twice`);
      scope.setInteger(axis.variable, known);
    }
    return scope;
  }
}
