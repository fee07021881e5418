/** Complex numbers as their two parts, which are expressions of real numbers; and arithmetic with them. */
import { equalShapes } from "../../base/types/shape.js";
import type { ElementwiseName } from "../../language/semantics/builtins.js";
import { axesOf, type SemanticType, shapeOf } from "../../language/semantics/semantic-type.js";
import type { TypedExpression } from "../../language/semantics/typed-program.js";

/** A part that is missing is zero, and nothing is computed with it. */
export interface ComplexParts {
  readonly re: TypedExpression | undefined;
  readonly im: TypedExpression | undefined;
}

type ComplexPart = TypedExpression | undefined;

/** A product of real expressions, of whatever kind. */
type Multiply = (left: TypedExpression, right: TypedExpression) => TypedExpression;

export const realOf = (type: SemanticType): SemanticType => ({ kind: "real", axes: axesOf(type) });

/** Names of the parts of what is called so. */
export const partName = (name: string, part: keyof ComplexParts): string => `${name}.${part}`;

/** Computed once, in however many places it stands. */
export function share(node: TypedExpression): TypedExpression;
export function share(node: ComplexPart): ComplexPart;
export function share(node: ComplexPart): ComplexPart {
  const isPlain = node === undefined || node.kind === "number" || node.kind === "value" || node.kind === "shared";
  return isPlain ? node : { kind: "shared", operand: node, span: node.span, type: node.type };
}

const sharedParts = ({ re, im }: ComplexParts): ComplexParts => ({ re: share(re), im: share(im) });

export function zeroOf({ span, type }: Pick<TypedExpression, "span" | "type">): TypedExpression {
  const shape = shapeOf(axesOf(type));
  if (shape.length === 0) return { kind: "number", value: 0, span, type: realOf(type) };
  return { kind: "fill", value: 0, shape, span, type: realOf(type) };
}

/** PartArithmetic whose results have the place and the shape of one expression. */
export class PartArithmetic {
  private readonly span: TypedExpression["span"];
  private readonly type: SemanticType;

  constructor({ span, type }: Pick<TypedExpression, "span" | "type">) {
    this.span = span;
    this.type = realOf(type);
  }

  apply(operation: ElementwiseName, ...operands: readonly TypedExpression[]): TypedExpression {
    return { kind: "elementwise", operation, operands, span: this.span, type: this.type };
  }

  number(value: number): TypedExpression {
    return { kind: "number", value, span: this.span, type: { kind: "real", axes: [] } };
  }

  readonly times: Multiply = (left, right) => this.apply("*", left, right);

  negative(part: ComplexPart): ComplexPart {
    return part && this.apply("negate", part);
  }

  sum(left: ComplexPart, right: ComplexPart): ComplexPart {
    return left && right ? this.apply("+", left, right) : (left ?? right);
  }

  difference(left: ComplexPart, right: ComplexPart): ComplexPart {
    return left && right ? this.apply("-", left, right) : (left ?? this.negative(right));
  }

  product(left: ComplexParts, right: ComplexParts, times: Multiply = this.times): ComplexParts {
    const [a, b] = [sharedParts(left), sharedParts(right)];
    const both = (x: ComplexPart, y: ComplexPart): ComplexPart => x && y && times(x, y);
    return {
      re: this.difference(both(a.re, b.re), both(a.im, b.im)),
      im: this.sum(both(a.re, b.im), both(a.im, b.re)),
    };
  }

  quotient(left: ComplexParts, right: ComplexParts): ComplexParts {
    const over = (divisor: ComplexPart) => (part: ComplexPart) => part && divisor && this.apply("/", part, divisor);
    const { re, im } = sharedParts(right);
    if (re === undefined || im === undefined) {
      const divided = over(re ?? im ?? this.number(0));
      if (im === undefined) return { re: divided(left.re), im: divided(left.im) };
      return { re: divided(left.im), im: this.negative(divided(left.re)) };
    }
    const turned = this.product(left, { re, im: this.negative(im) });
    const size = share(this.apply("+", this.times(re, re), this.times(im, im)));
    return { re: over(size)(turned.re), im: over(size)(turned.im) };
  }

  /** By squares, so that large powers take few products. */
  power(base: ComplexParts, exponent: number): ComplexParts {
    if (exponent < 0) return this.quotient({ re: this.number(1), im: undefined }, this.power(base, -exponent));
    let result: ComplexParts | undefined;
    let square = base;
    for (let rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
      square = sharedParts(square);
      if (rest % 2 === 1) result = result === undefined ? square : sharedParts(this.product(result, square));
      if (rest > 1) square = this.product(square, square);
    }
    return result ?? { re: this.number(1), im: undefined };
  }

  exponential({ re, im }: ComplexParts): ComplexParts {
    const size = re && share(this.apply("exp", re));
    const angle = share(im);
    if (angle === undefined) return { re: size ?? this.number(1), im: undefined };
    const scaled = (part: TypedExpression): TypedExpression => (size === undefined ? part : this.times(size, part));
    return { re: scaled(this.apply("cos", angle)), im: scaled(this.apply("sin", angle)) };
  }

  size({ re, im }: ComplexParts): TypedExpression {
    const [a, b] = [share(re), share(im)];
    if (a === undefined || b === undefined) return this.apply("abs", a ?? b ?? this.number(0));
    // The root of 1 instead of that of 0, which has no derivative.
    const squares = share(this.apply("+", this.times(a, a), this.times(b, b)));
    const condition = this.apply("==", squares, this.number(0));
    const isZero = share({ ...condition, type: { kind: "bool", axes: axesOf(this.type) } });
    const root = this.apply("sqrt", this.apply("if", isZero, this.number(1), squares));
    return this.apply("if", isZero, this.number(0), root);
  }

  /** The part in the shape of the whole. */
  whole(part: ComplexPart): ComplexPart {
    if (part === undefined || equalShapes(shapeOf(axesOf(part.type)), shapeOf(axesOf(this.type)))) return part;
    return { kind: "repeat", operand: part, span: this.span, type: this.type };
  }
}
