/** Checks of products and of the copies of matrices that they read. */
import { countTerms } from "./terms.js";
import { plainExtent, subtractAffine } from "./affine.js";
import type { Access, LoopAxis, PackStatement, ProductStatement, ScheduledTerms, Statement } from "./kernel-program.js";
import type { ElementVerifier } from "./verify-expressions.js";
import type { Report } from "./verify-integers.js";
import { KernelScope } from "./verify-scope.js";
import { termsOf } from "./visit.js";

type VerifyBody = (statements: readonly Statement[], scope: KernelScope) => void;

export class ProductVerifier {
  private readonly elements: ElementVerifier;
  private readonly report: Report;
  private readonly body: VerifyBody;
  /** What was packed so far, by the buffer of the panels. */
  private readonly packs = new Map<string, PackStatement>();

  constructor(elements: ElementVerifier, report: Report, body: VerifyBody) {
    this.elements = elements;
    this.report = report;
    this.body = body;
  }

  pack(statement: PackStatement, outer: KernelScope): void {
    const { to, from, columns, contracted, runs, length, block, onChange } = statement;
    const scope = this.bindAll([columns, ...contracted], outer);
    this.elements.access(from, "real", scope);
    const [width, depth] = [plainExtent(columns.extent), countTerms(contracted)];
    if (width === undefined || depth === undefined) this.report(`panels of ${from.buffer}, whose size a call decides`);
    else if (width !== runs * length) this.report(`${width} columns of ${from.buffer} as ${runs} runs of ${length}`);
    if (block < 1) this.report(`panels of ${block} vectors`);
    // How long vectors are, and so what fills the last panel, is the target's own business. What was packed last has a digest.
    const fewest = runs * length * (depth ?? 0) + (onChange ? 1 : 0);
    const size = this.elements.buffer(to, "real");
    if (size < fewest) this.report(`${to} of ${size} elements for panels of ${fewest}`);
    this.packs.set(to, statement);
  }

  product(product: ProductStatement, outer: KernelScope): void {
    const { rows, columns, contracted, initial, result, out, schedule: { tail, copied } = {} } = product;
    const inRow = this.bindAll(rows === undefined ? [] : [rows], outer);
    const scope = this.bindAll(columns === undefined ? [] : [columns], inRow);
    if (initial !== undefined) this.elements.expression(initial, scope, "real");
    for (const terms of termsOf(product)) this.terms(terms, product, scope);
    if (copied !== undefined) this.copied(copied, product);
    if ((out === undefined) === (tail === undefined)) this.report("a product has either a result or a tail");
    if (out !== undefined) {
      if (contracted.some((axis) => moves(out, axis))) this.report(`${out.buffer} moves with a contracted axis`);
      else this.elements.access(out, "real", scope);
      for (const { a, b, contracted: axes } of termsOf(product)) {
        const own = this.bindAll(axes, scope);
        if ([a, b].some((operand) => this.meet(out, operand, rows, own)))
          this.report(`${out.buffer} is an operand and the result`);
      }
    }
    if (result !== undefined) {
      if (out === undefined) this.report("a product with a tail stores no sum");
      const inSum = new KernelScope(scope);
      inSum.setScalar("sum", { dtype: "real" });
      this.elements.expression(result, inSum, "real");
    }
    if (tail === undefined) return;
    const width = columns && plainExtent(columns.extent);
    if (width !== tail.sums.length * tail.length) {
      this.report(`a tail of ${tail.sums.length} runs of ${tail.length} for ${width ?? "unknown"} columns`);
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

  private terms({ contracted, a, b, packed }: ScheduledTerms, product: ProductStatement, outer: KernelScope): void {
    const { rows, columns } = product;
    const scope = this.bindAll(contracted, outer);
    this.elements.access(a, "real", scope);
    this.elements.access(b, "real", scope);
    if (moves(a, columns)) this.report(`the left operand ${a.buffer} moves with the columns`);
    if (moves(b, rows)) this.report(`the right operand ${b.buffer} moves with the rows`);
    if (packed === undefined) return;
    this.elements.buffer(packed, "real");
    const pack = this.packs.get(packed);
    if (pack === undefined) {
      this.report(`${packed} is read and was not packed`);
      return;
    }
    if (pack.from.buffer !== b.buffer) this.report(`${packed} holds ${pack.from.buffer}, not ${b.buffer}`);
    const shape = `${plainExtent(pack.columns.extent) ?? "?"} columns of ${countTerms(pack.contracted) ?? "?"} terms in runs of ${pack.length}`;
    const width = columns && plainExtent(columns.extent);
    const read = `${width ?? "?"} columns of ${countTerms(contracted) ?? "?"} terms in runs of ${product.schedule?.tail?.length ?? width ?? "?"}`;
    if (shape !== read) this.report(`${packed} has ${shape}, and ${read} are read`);
  }

  /** Rows of the left operand, one after the other: as many as there may be. */
  private copied(name: string, { contracted, rows }: ProductStatement): void {
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

  /**
   * May an element be read for one sum and written for another? Not where both move along the rows by the same steps and
   * keep to parts of their own between them: a part of a row computed from another part of it.
   */
  private meet(out: Access, operand: Access, rows: LoopAxis | undefined, scope: KernelScope): boolean {
    if (out.buffer !== operand.buffer) return false;
    const apart = subtractAffine(operand.offset, out.offset);
    if (moves({ buffer: "", offset: apart }, rows)) return true;
    const step = out.offset.terms.find(({ variable }) => variable === rows?.variable)?.coefficient;
    const width = step === undefined ? Infinity : Math.abs(this.elements.integers.dim(step));
    const range = this.elements.integers.range(apart, scope);
    return range === undefined || !((range[0] > 0 && range[1] < width) || (range[1] < 0 && range[0] > -width));
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

function moves({ offset }: Access, axis: LoopAxis | undefined): boolean {
  return offset.terms.some(({ variable }) => variable === axis?.variable);
}
