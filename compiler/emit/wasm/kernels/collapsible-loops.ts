/** Loops over examples and their steps that are one loop where every example has all steps. */
import type {
  Affine,
  LoopAxis,
  KernelExpression,
  ForStatement,
  ProductStatement,
} from "../../../ir/kernel/kernel-program.js";
import { forEachAccess } from "../../../ir/kernel/visit.js";
import { type Dim, multiplyDims } from "../../../base/types/dim.js";
import type { Local } from "../assembler/function-code.js";

/** The variable of the examples and that of the axis that runs on over all of them. */
export interface Collapsed {
  readonly example: string;
  readonly axis: string;
  /** Of sums in pieces: the examples of one, and all steps that an example has. */
  readonly range?: { readonly first: Affine; readonly end: Affine; readonly steps: Dim };
  /** Of these, what `withCounts` found. */
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

/** The two outermost sums of a product in pieces, `contracted b < end from first, contracted t < %T of b from a step on`. */
export function collapsibleSums(product: ProductStatement): Collapsed | undefined {
  const [outer, inner] = product.contracted;
  if (outer?.from === undefined || outer.extent.kind !== "affine" || inner?.extent.kind !== "part") return undefined;
  const found = inSequence(product, outer.variable, inner);
  return found && { ...found, range: { first: outer.from, end: outer.extent.value, steps: inner.extent.dim } };
}

function inSequence(product: ProductStatement, example: string, { variable, extent }: LoopAxis): Collapsed | undefined {
  if ((extent.kind !== "size" && extent.kind !== "part") || extent.example !== example) return undefined;
  const axes = [product.rows, product.columns, ...product.contracted];
  const others = axes.filter((axis) => axis !== undefined && axis.variable !== variable) as LoopAxis[];
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
  const { initial, schedule: { tail } = {} } = product;
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
function readsIntegers(value: KernelExpression): boolean {
  if (value.kind === "operation") return value.operands.some(readsIntegers);
  return value.kind === "integer" || value.kind === "choice";
}
