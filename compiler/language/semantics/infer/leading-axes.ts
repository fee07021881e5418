/**
 * A function whose arguments have more axes than it declares is called for every place of those in front: `cross_entropy(logits, words)`
 * over the steps of a sequence. It is what an index equation says, `e[t] = cross_entropy(logits[t], words[t])`, and is written as one.
 */
import { at } from "../../../base/at.js";
import { type Dim, dimConstant, equalDims, printDim } from "../../../base/types/dim.js";
import type { Span } from "../../../base/source/span.js";
import type { Checker } from "../checker.js";
import { axesOf, numbersOf, type SemanticType, shapeOf } from "../semantic-type.js";
import type { TypedExpression, TypedFunction } from "../typed-program.js";
import { freeLetters } from "./indexed.js";

/** An axis that a call goes over. */
export interface CalledOver {
  readonly index: string;
  readonly length: Dim;
}

interface LeadingAxes {
  readonly over: readonly CalledOver[];
  /** The arguments at one place. */
  readonly given: readonly TypedExpression[];
}

/** Undefined where the arguments have other numbers of axes than this could mean. */
export function leadingAxes(
  checker: Checker,
  { parameters }: TypedFunction,
  given: readonly TypedExpression[],
): LeadingAxes | undefined {
  const extra = given.map(({ type }, i) => axesOf(type).length - axesOf((parameters[i] ?? { type }).type).length);
  const most = Math.max(0, ...extra);
  if (most === 0) return extra.some((count) => count < 0) ? undefined : { over: [], given };
  if (extra.some((count) => count !== 0 && count !== most)) return undefined;
  const widest = given[extra.indexOf(most)];
  if (widest === undefined || !isTogether(checker, given, extra, widest, most)) return undefined;
  const letters = freeLetters(checker, most);
  const over = shapeOf(axesOf(widest.type)).slice(0, most).map((length, i) => ({ index: at(letters, i), length })); // prettier-ignore
  return { over, given: given.map((value, i) => (extra[i] === 0 ? value : over.reduce(entryOf, value))) };
}

function isTogether(
  checker: Checker,
  given: readonly TypedExpression[],
  extra: readonly number[],
  widest: TypedExpression,
  most: number,
): boolean {
  const leading = ({ type }: TypedExpression): readonly Dim[] => shapeOf(axesOf(type)).slice(0, most);
  const wanted = leading(widest);
  const other = given.find((value, i) => extra[i] !== 0 && !leading(value).every((dim, axis) => equalDims(dim, at(wanted, axis)))); // prettier-ignore
  if (other === undefined) return true;
  const [own, first] = [other, widest].map((value) => `[${leading(value).map(printDim).join(", ")}]`);
  checker.report("shape-mismatch", other.span, `this goes over ${own}, and another argument over ${first}`, {
    related: [{ span: widest.span, message: `over ${first}` }],
    help: "what a call goes over together has the same leading axes",
  });
  return false;
}

function entryOf(operand: TypedExpression, { index, length }: CalledOver): TypedExpression {
  const { span } = operand;
  const terms = [{ index, reverse: false, length }];
  const type = numbersOf([operand], axesOf(operand.type).slice(1));
  return { kind: "element", operand, axis: 0, start: dimConstant(0), terms, around: undefined, span, type };
}

/** What it is at all places, of what it is at one. */
export function overLeading(value: TypedExpression, over: readonly CalledOver[], span: Span): TypedExpression {
  return over.reduceRight<TypedExpression>((body, { index, length }) => {
    const axes = [{ dim: length, source: undefined }, ...axesOf(body.type)];
    const type: SemanticType = numbersOf([body], axes);
    return { kind: "indexed", index, length, body, span, type };
  }, value);
}
