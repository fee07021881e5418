/** Checks of products that go over examples and what each of them has in one loop. */
import { endsOf, moves } from "./affine.js";
import type {
  Affine,
  ForStatement,
  JoinedAxis,
  KernelExpression,
  LoopExtent,
  ProductStatement,
  Statement,
} from "./kernel-program.js";
import type { IntegerVerifier } from "./verify-integers.js";
import type { KernelScope } from "./verify-scope.js";
import { forEachAccess, termsOf } from "./visit.js";

/**
 * Why the mark may not stand there. That nothing is read after it was written for another example is asked with what else a product
 * overwrites.
 *
 * @param loop the innermost one around the product
 * @param outer what is known around the product
 */
export function joinedProblems(
  product: ProductStatement,
  loop: ForStatement | undefined,
  outer: KernelScope,
  integers: IntegerVerifier,
): string[] {
  const { rows, columns, schedule: { joined } = {} } = product;
  if (joined === undefined) return [];
  const { axis, example } = joined;
  const own = rowsOf(product, joined, loop) ?? stepsOf(product, joined);
  if (own === undefined)
    return [`${axis} of ${example} is joined, and neither rows of a loop over examples nor steps of a piece`];
  const problems: string[] = [];
  const { dim } = own;
  if (own.kind === "part") {
    // One piece has all steps then, and no example begins later.
    const isWhole = integers.dim(dim) <= own.most && !outer.isIdle;
    const range = isWhole ? integers.range(own.from, outer) : undefined;
    if (isWhole && (range?.[0] !== 0 || range[1] !== 0)) problems.push(`steps ${axis} are joined and begin after 0`);
  }
  const isMoving = (value: Affine): boolean => moves(value, example) || moves(value, axis);
  const others = [rows, columns, ...termsOf(product).flatMap(({ contracted }) => contracted)];
  for (const other of others) {
    if (other === undefined || other.variable === example) continue;
    const isOwn = other.variable === axis;
    if (endsOf(other).some(isMoving) || (!isOwn && "example" in other.extent && other.extent.example === example))
      problems.push(`${axis} is joined, and ${other.variable} ends where an example says`);
  }
  forEachAccess(product, ({ buffer, offset }) => {
    const stepOf = (name: string): number =>
      offset.terms.reduce((sum, term) => sum + (term.variable === name ? integers.dim(term.coefficient) : 0), 0);
    if (stepOf(axis) * integers.dim(dim) !== stepOf(example))
      problems.push(`${axis} is joined, and an example of ${buffer} does not follow the one before`);
  });
  for (const { packed } of termsOf(product)) {
    if (packed?.part.some(({ index }) => isMoving(index)) === true)
      problems.push(`${axis} is joined, and ${packed.buffer} has panels of each`);
  }
  if (countsIn(product, isMoving)) problems.push(`${axis} is joined, and what is stored tells one from another`);
  return problems;
}

/** How many rows, or steps, an example has. */
type OwnExtent = Extract<LoopExtent, { kind: "size" | "part" }>;

/** Rows of a product with nothing beside it in a loop over all examples. */
function rowsOf(
  product: ProductStatement,
  { axis, example }: JoinedAxis,
  loop: ForStatement | undefined,
): OwnExtent | undefined {
  const { rows } = product;
  if (rows?.variable !== axis || rows.extent.kind !== "size" || rows.extent.example !== example) return undefined;
  if (loop?.variable !== example || loop.body.length !== 1 || loop.body[0] !== product) return undefined;
  const { extent, from, step, reverse } = loop;
  const isAll = extent.kind === "examples" && extent.examples.kind === "all";
  if (!isAll || from !== undefined || step !== 1 || reverse) return undefined;
  return rows.extent;
}

/** Steps of the examples of a piece, which are the outermost that are summed. */
function stepsOf(
  { contracted: [outer, inner] }: ProductStatement,
  { axis, example }: JoinedAxis,
): OwnExtent | undefined {
  if (outer?.variable !== example || outer.from === undefined || outer.extent.kind !== "affine") return undefined;
  if (inner?.variable !== axis || inner.extent.kind !== "part" || inner.extent.example !== example) return undefined;
  return inner.extent;
}

/** Does anything but an address read one of the two numbers? */
function countsIn(
  { initial, result, schedule: { tail } = {} }: ProductStatement,
  isMoving: (value: Affine) => boolean,
): boolean {
  const reads = (value: KernelExpression): boolean => {
    if (value.kind === "integer") return isMoving(value.value);
    if (value.kind === "operation") return value.operands.some(reads);
    if (value.kind !== "choice") return false;
    return [value.left, value.right].some(isMoving) || reads(value.below) || reads(value.otherwise);
  };
  const isPlain = (statement: Statement): boolean =>
    (statement.kind === "let" || statement.kind === "store") && !reads(statement.value);
  return [initial, result].some((value) => value !== undefined && reads(value)) || tail?.body.every(isPlain) === false;
}
