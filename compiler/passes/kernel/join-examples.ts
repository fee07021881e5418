/**
 * Says of which products one loop may go over examples and what each of them has: over their rows, or over their steps in a sum of pieces.
 * Whether every example has all of these is seen in each call. Leaves alone products of which something does not go on from one example
 * to the next, and those that write and read one buffer at different places, as an example's sums are made before all of another one are.
 */
import { addAffine, affineConstant, affineKey, endsOf, moves } from "../../ir/kernel/affine.js";
import { listAt } from "../../base/at.js";
import type {
  Affine,
  ForStatement,
  JoinedAxis,
  KernelExpression,
  LoopAxis,
  ProductStatement,
  Statement,
} from "../../ir/kernel/kernel-program.js";
import { type PlaceInWhole, placesInWholes } from "../../ir/kernel/vectorizable.js";
import { forEachAccess, mapParts, termsOf } from "../../ir/kernel/visit.js";
import { type Dim, multiplyDims } from "../../base/types/dim.js";
import type { PlannedPass } from "./kernel-pass.js";
import type { VectorTarget } from "./target.js";

export const joinExamples: PlannedPass<VectorTarget> = {
  name: "join-examples",
  summary: "let one loop go over all examples and their rows, where these follow each other",
  run: (program) => {
    const placeOf = placesInWholes(new Map(program.buffers.map((buffer) => [buffer.name, buffer])));
    return { ...program, functions: program.functions.map((fn) => ({ ...fn, body: joinAll(fn.body, placeOf) })) };
  },
};

function joinAll(statements: readonly Statement[], placeOf: PlaceInWhole): Statement[] {
  return statements.map((statement): Statement => {
    switch (statement.kind) {
      case "region":
      case "windows":
        return { ...statement, body: joinAll(statement.body, placeOf) };
      case "pieces":
        return mapParts(statement, (part) => joinAll(part, placeOf));
      case "for":
        return { ...statement, body: joinRows(statement, placeOf) ?? joinAll(statement.body, placeOf) };
      case "product":
        return joinSums(statement, placeOf) ?? statement;
      default:
        return statement;
    }
  });
}

/** The rows of a product that is all of a loop over examples, `for b < examples { rows t < %T of b }`. */
function joinRows({ variable, extent, from, body, ...loop }: ForStatement, placeOf: PlaceInWhole) {
  const [product] = body;
  if (extent.kind !== "examples" || extent.examples.kind !== "all" || body.length !== 1) return undefined;
  if (from !== undefined || loop.reverse || loop.step !== 1 || product?.kind !== "product") return undefined;
  if (product.rows?.extent.kind !== "size") return undefined;
  const joined = inSequence(product, variable, product.rows, placeOf);
  return joined && [joined];
}

/** The two outermost sums of a product in pieces, `contracted b < end from first, contracted t < %T of b from a step on`. */
function joinSums(product: ProductStatement, placeOf: PlaceInWhole): ProductStatement | undefined {
  const [outer, inner] = product.contracted;
  if (outer?.from === undefined || outer.extent.kind !== "affine" || inner?.extent.kind !== "part") return undefined;
  return inSequence(product, outer.variable, inner, placeOf);
}

/** `product` with the mark where `axis` follows the examples. */
function inSequence(
  product: ProductStatement,
  example: string,
  axis: LoopAxis,
  placeOf: PlaceInWhole,
): ProductStatement | undefined {
  const { extent, variable } = axis;
  if ((extent.kind !== "size" && extent.kind !== "part") || extent.example !== example) return undefined;
  const axes = [product.rows, product.columns, ...termsOf(product).flatMap(({ contracted }) => contracted)];
  if (axes.some((other) => other !== undefined && other.variable !== variable && dependsOn(other, example)))
    return undefined;
  let follows = true;
  forEachAccess(product, ({ offset: { terms } }) => {
    const step = coefficient(terms, variable);
    const stride = coefficient(terms, example);
    follows &&= step === undefined ? stride === undefined : multiplyDims(step, extent.dim).key === stride?.key;
  });
  if (!follows || countsExamples(product) || !keepsPlaces(product, placeOf)) return undefined;
  const joined: JoinedAxis = { axis: variable, example };
  return { ...product, schedule: { ...product.schedule, joined } };
}

function dependsOn(axis: LoopAxis, example: string): boolean {
  const { extent } = axis;
  return ("example" in extent && extent.example === example) || endsOf(axis).some((end) => moves(end, example));
}

function coefficient(terms: Affine["terms"], variable: string): Dim | undefined {
  return terms.find((term) => term.variable === variable)?.coefficient;
}

/** Integers would name another example. */
function countsExamples({ initial, schedule: { tail } = {} }: ProductStatement): boolean {
  if (initial !== undefined && readsIntegers(initial)) return true;
  return (tail?.body ?? []).some(
    (statement) => (statement.kind !== "let" && statement.kind !== "store") || readsIntegers(statement.value),
  );
}

function readsIntegers(value: KernelExpression): boolean {
  if (value.kind === "operation") return value.operands.some(readsIntegers);
  return value.kind === "integer" || value.kind === "choice";
}

/** Is what it writes read at no other place of the same whole? */
function keepsPlaces(product: ProductStatement, placeOf: PlaceInWhole): boolean {
  const touched = new Map<string, { readonly place: string; readonly isWritten: boolean }[]>();
  forEachAccess(product, ({ buffer, offset }, use) => {
    const { whole, offset: from } = placeOf(buffer);
    const place = affineKey(addAffine(offset, affineConstant(from)));
    listAt(touched, whole).push({ place, isWritten: use !== "read" });
  });
  return [...touched.values()].every((places) =>
    places.every((written) => !written.isWritten || places.every(({ place }) => place === written.place)),
  );
}
