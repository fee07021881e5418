/** Loops over examples and their steps that are one loop where every example has all steps. */
import {
  type Affine,
  type Axis,
  type Expression,
  type ForStatement,
  PIECE,
  type ProductStatement,
} from "../../ir/kernel/types.js";
import { forEachAccess } from "../../ir/kernel/visit.js";
import { subtractAffine } from "../../ir/kernel/affine.js";
import { type Dim, multiplyDims } from "../../base/types/dim.js";
import type { Local } from "./code.js";
import type { Statements } from "./statements.js";

/** The variable of the examples and that of the axis that runs on over all of them. */
export interface Collapsed {
  readonly example: string;
  readonly axis: string;
  /** Of sums in pieces: the examples of one, and all steps that an example has. */
  readonly range?: { readonly first: Affine; readonly end: Affine; readonly steps: Dim };
  /** Of these, what {@link withCounts} found. */
  readonly counts?: PieceCounts;
}

interface PieceCounts {
  /** Rounds of the loop over examples: one where it is one loop. */
  readonly examples: Local;
  /** Steps of all examples where they are one loop; 0 where every example has its own. */
  readonly steps: Local;
}

/**
 * The rows of a product under a loop over all examples, `for b { rows t < %T of b }`: where an example's rows follow
 * the last of the one before, in everything that the product touches.
 */
export function collapsible({ variable, extent, body }: ForStatement): Collapsed | undefined {
  const [product] = body;
  if (extent.kind !== "examples" || extent.examples.kind !== "all" || body.length !== 1) return undefined;
  if (product?.kind !== "product" || product.rows === undefined) return undefined;
  return inSequence(product, variable, product.rows);
}

/** The two outermost sums of a product in pieces, `contracted b < end from first, contracted t < %T of b behind from`. */
export function collapsibleSums(product: ProductStatement): Collapsed | undefined {
  const [outer, inner] = product.contracted;
  if (outer?.from === undefined || outer.extent.kind !== "affine" || inner?.extent.kind !== "part") return undefined;
  const found = inSequence(product, outer.variable, inner);
  return found && { ...found, range: { first: outer.from, end: outer.extent.value, steps: inner.extent.dim } };
}

function inSequence(product: ProductStatement, example: string, { variable, extent }: Axis): Collapsed | undefined {
  if ((extent.kind !== "size" && extent.kind !== "part") || extent.example !== example) return undefined;
  const axes = [product.rows, product.columns, ...product.contracted];
  const others = axes.filter((axis) => axis !== undefined && axis.variable !== variable) as Axis[];
  if (others.some(({ extent: other }) => "example" in other && other.example === example)) return undefined;
  let follows = true;
  const check = ({ terms }: Affine): void => {
    const step = coefficient(terms, variable);
    const stride = coefficient(terms, example);
    follows &&= step === undefined ? stride === undefined : multiplyDims(step, extent.dim).key === stride?.key;
  };
  forEachAccess(product, (access) => {
    check(access.offset);
  });
  const { initial, tail } = product;
  if (initial !== undefined && readsIntegers(initial)) return undefined;
  const plain = (tail?.body ?? []).every(
    (statement) => (statement.kind === "let" || statement.kind === "store") && !readsIntegers(statement.value),
  );
  return follows && plain ? { example, axis: variable } : undefined;
}

function coefficient(terms: Affine["terms"], variable: string): Dim | undefined {
  return terms.find((term) => term.variable === variable)?.coefficient;
}

/** Integers would name another example. */
function readsIntegers(value: Expression): boolean {
  if (value.kind === "operation") return value.operands.some(readsIntegers);
  return value.kind === "integer" || value.kind === "piecewise";
}

/** In place of the number on the stack, another one where loops over examples and their steps are one. */
export function chooseCollapsed({ code, integers, parts }: Statements, push: () => void): void {
  const own = code.local("i32");
  code.set(own);
  push();
  code.get(own).get(integers.word(parts.layout.fullWord)).op("select");
  code.release(own);
}

/** Counts the examples and steps of a piece once for all tiles of a product. */
export function withCounts(statements: Statements, body: () => void): void {
  const { code, integers, parts, collapsed } = statements;
  if (collapsed?.range === undefined) {
    body();
    return;
  }
  const { first, end, steps: dim } = collapsed.range;
  const [examples, steps, isOne] = [code.local("i32"), code.local("i32"), code.local("i32")];
  integers.scoped(() => {
    integers.affine(subtractAffine(end, first));
    code.set(examples);
    integers.dim(dim);
    // More steps are in more than one piece.
    code.tee(steps).i32(PIECE).op("i32.le_s").get(integers.word(parts.layout.fullWord)).op("i32.and").set(isOne);
    code.get(steps).get(examples).op("i32.mul").i32(0).get(isOne).op("select").set(steps);
    code.i32(1).get(examples).get(isOne).op("select").set(examples);
  });
  statements.collapsed = { ...collapsed, counts: { examples, steps } };
  body();
  statements.collapsed = collapsed;
  code.release(examples, steps, isOne);
}
