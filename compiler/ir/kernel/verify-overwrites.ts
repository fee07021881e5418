/**
 * Does a product write what it still reads? Sums are made tile by tile, and a tile stores before the next one reads: of other
 * rows, and of other columns of the same row.
 */
import { accessKey, AFFINE_ZERO, subtractAffine } from "./affine.js";
import type { Access, Affine, KernelExpression, LoopAxis, ProductStatement } from "./kernel-program.js";
import type { ElementVerifier } from "./verify-expressions.js";
import type { Report } from "./verify-integers.js";
import { KernelScope, type Range } from "./verify-scope.js";
import { forEachAccess, termsOf } from "./visit.js";

/** What a product reads. */
interface ProductRead {
  readonly access: Access;
  /** With the terms of the sum that it is an operand of. */
  readonly scope: KernelScope;
  /** It is read as a whole before it is written, or in panels of the target's own order. */
  readonly anywhere?: boolean;
  readonly operand?: boolean;
}

export class OverwriteVerifier {
  private readonly elements: ElementVerifier;
  private readonly report: Report;
  private readonly bind: (axes: readonly LoopAxis[], scope: KernelScope) => KernelScope;

  constructor(
    elements: ElementVerifier,
    report: Report,
    bind: (axes: readonly LoopAxis[], scope: KernelScope) => KernelScope,
  ) {
    this.elements = elements;
    this.report = report;
    this.bind = bind;
  }

  /** @param outer with the rows and columns of the product */
  verify(product: ProductStatement, outer: KernelScope): void {
    const { out, schedule: { copied, tail } = {} } = product;
    const scope = new KernelScope(outer);
    if (tail !== undefined) scope.setInteger(tail.unit, { range: [0, tail.length - 1] });
    const reads = this.reads(product, scope);
    if (copied !== undefined) {
      const copy = this.whole(copied.to);
      const others = [product.a, ...(out === undefined ? [] : [out]), ...reads.map(({ access }) => access)];
      if (others.some((other) => this.elements.whole(other).buffer === copy.buffer))
        this.report(`rows are copied to ${copied.to}, which their product uses itself`);
      reads.push({ access: { buffer: copied.to, offset: AFFINE_ZERO }, scope, anywhere: true });
    }
    if (out !== undefined) {
      for (const read of reads) {
        // The sum that goes where its start was.
        const isOwn = read.operand !== true && accessKey(read.access) === accessKey(out);
        if (isOwn || !this.meet(out, read, product)) continue;
        this.report(
          read.operand === true
            ? `${out.buffer} is an operand and the result`
            : `${out.buffer} is the result, and its product still reads it`,
        );
      }
    }
    for (const statement of tail?.body ?? []) {
      forEachAccess(statement, (access, use) => {
        if (use !== "read" && reads.some((read) => this.meet(access, read, product)))
          this.report(`a tail stores to ${access.buffer}, and its product still reads it`);
      });
    }
  }

  private reads(product: ProductStatement, scope: KernelScope): ProductRead[] {
    const { initial, result, schedule: { copied } = {} } = product;
    const all = termsOf(product);
    const reads = all.flatMap(({ a, b, contracted, packed }, i): ProductRead[] => {
      const inSum = this.bind(contracted, scope);
      const left = copied !== undefined && i === all.length - 1 ? [] : [a];
      const panels = packed === undefined ? [] : [{ access: this.whole(packed.buffer), scope, anywhere: true }];
      return [...[...left, b].map((access) => ({ access, scope: inSum, operand: true })), ...panels];
    });
    for (const value of [initial, result]) reads.push(...loadsOf(value).map((access) => ({ access, scope })));
    return reads;
  }

  /**
   * May an element be read for one sum and written for another? Not where all that is read lies before or after all that is written,
   * and not where both move along the rows by the same steps and keep to parts of their own between them: a part of a row
   * computed from another part of it, in whatever order its columns are.
   */
  private meet(written: Access, read: ProductRead, product: ProductStatement): boolean {
    const { rows } = product;
    const [to, from] = [this.elements.whole(written), this.elements.whole(read.access)];
    if (to.buffer !== from.buffer) return false;
    if (read.anywhere === true) return true;
    const [rowNames, others] = [rowsOf(product), othersOf(product)];
    const far = this.distance(from.offset, to.offset, new Set([...rowNames, ...others]), read.scope);
    if (far !== undefined && (far[0] > 0 || far[1] < 0)) return false;
    const apart = subtractAffine(from.offset, to.offset);
    // Of what a tail names itself nothing is known here.
    if (apart.terms.some(({ variable }) => rowNames.has(variable) || read.scope.integer(variable) === undefined))
      return true;
    const step = to.offset.terms.find(({ variable }) => variable === rows?.variable)?.coefficient;
    const width = step === undefined ? Infinity : Math.abs(this.elements.integers.dim(step));
    const beside = this.distance(from.offset, to.offset, others, read.scope);
    return beside === undefined || !((beside[0] > 0 && beside[1] < width) || (beside[1] < 0 && beside[0] > -width));
  }

  /**
   * How far what is read may lie after what is written.
   *
   * @param others variables that are others in what is read than in what is written
   */
  private distance(from: Affine, to: Affine, others: ReadonlySet<string>, scope: KernelScope): Range {
    const { integers } = this.elements;
    const around = integers.range(subtractAffine(termsIn(from, others, false), termsIn(to, others, false)), scope);
    const [read, written] = [from, to].map((offset) => integers.range(termsIn(offset, others, true), scope));
    if (around === undefined || read === undefined || written === undefined) return undefined;
    return [around[0] + read[0] - written[1], around[1] + read[1] - written[0]];
  }

  private whole(buffer: string): Access {
    return this.elements.whole({ buffer, offset: AFFINE_ZERO });
  }
}

/** Its rows, with the examples that these are joined with. */
const rowsOf = ({ rows, schedule: { joined } = {} }: ProductStatement): ReadonlySet<string> =>
  new Set([rows?.variable, joined?.example].flatMap((name) => name ?? []));

/** What else it goes through by itself. */
function othersOf(product: ProductStatement): ReadonlySet<string> {
  const contracted = termsOf(product).flatMap((terms) => terms.contracted);
  return new Set([product.columns, ...contracted].flatMap((axis) => axis?.variable ?? []));
}

/** Its terms by `variables`, or all but these, with the constant. */
function termsIn({ constant, terms }: Affine, variables: ReadonlySet<string>, isIn: boolean): Affine {
  return {
    constant: isIn ? AFFINE_ZERO.constant : constant,
    terms: terms.filter(({ variable }) => variables.has(variable) === isIn),
  };
}

/** Every element that an expression reads. */
function loadsOf(value: KernelExpression | undefined): Access[] {
  const loads: Access[] = [];
  if (value !== undefined) forEachAccess({ kind: "let", name: "", value }, (access) => loads.push(access));
  return loads;
}
