/**
 * Expressions of the concrete syntax tree to the AST. Precedence is applied to the flat list of an operation with two stacks,
 * so a long sum costs no recursion here; limits on size and depth keep it from costing any later.
 */
import type { IToken } from "chevrotain";
import type { Span } from "../../base/source/span.js";
import type {
  ArgumentNode,
  BinaryOperator,
  BinderNode,
  Expression,
  IndexNode,
  Name,
  NumberNode,
  TypeNode,
  UnaryOperator,
} from "./ast.js";
import type * as cst from "./cst.generated.js";
import { endOf, type SyntaxToken } from "./lexer.js";
import { binaryOperators, binaryPrecedence, comparisonPrecedence, unaryPrecedence } from "./operators.js";
import { clip, type SyntaxReporter } from "./reporter.js";
import { exponentOf } from "./spelling.js";
import { arrayOf, isTime, prefixes, severalIn } from "./expression-forms.js";
import * as t from "./tokens.js";

/** Levels of one expression, parts of one expression. */
export const depthLimit = 500;
const sizeLimit = 10_000;

/** Thrown where a part is missing or was reported: the item around it is left out of the tree. */
export class Incomplete extends Error {}

/** The one child that a complete tree has here. */
export function only<T>(children: readonly T[] | undefined): T {
  const child = children?.[0];
  if (child === undefined) throw new Incomplete();
  return child;
}

export function textOf(token: IToken): string {
  return (token as SyntaxToken).payload?.text ?? token.image;
}

interface Pending {
  readonly precedence: number;
  readonly token: IToken;
  /** Absent for an operator in front. */
  readonly binary?: BinaryOperator;
  readonly unary?: UnaryOperator;
}

export class ExpressionBuilder {
  private readonly reporter: SyntaxReporter;
  private readonly depths = new WeakMap<Expression, number>();
  private parts = 0;

  constructor(reporter: SyntaxReporter) {
    this.reporter = reporter;
  }

  /** A whole expression, with limits of its own. */
  build(node: cst.ExpressionCstNode): Expression {
    this.parts = 0;
    return this.expression(node);
  }

  /** `(x, h)`: several values; anything else is one. */
  list(node: cst.ExpressionCstNode): Expression[] {
    return severalIn(node)?.expression?.map((part) => this.build(part)) ?? [this.build(node)];
  }

  /** `(A, B)` as an argument. */
  private groupOf(node: cst.ExpressionCstNode): Expression | undefined {
    const inside = severalIn(node);
    if (inside === undefined) return undefined;
    const items = (inside.expression ?? []).map((part) => this.expression(part));
    const span = this.reporter.span(only(inside.LeftParen).startOffset, endOf(only(inside.RightParen)));
    return this.made({ kind: "group", items, span }, items);
  }

  name(token: IToken): Name {
    if (token.isInsertedInRecovery === true) throw new Incomplete();
    const text = textOf(token);
    const end = endOf(token) - (token.tokenType === t.NextName ? 1 : 0);
    return { text, span: this.reporter.span(token.startOffset, end) };
  }

  /** `i`, `j < N`: on the left of an equation of a cell, of one of a network, where `t` may be a place, or after `for`. */
  binders(nodes: readonly cst.ExpressionCstNode[], place: "left" | "places" | "for"): BinderNode[] {
    return nodes.map((node) => {
      const expression = this.expression(node);
      const named = expression.kind === "binary" && expression.operator === "<" ? expression.left : expression;
      if (
        named.kind === "reference" &&
        !named.next &&
        (place !== "left" || named !== expression || named.name !== "t")
      ) {
        const name = { text: named.name, span: named.span };
        const size = expression.kind === "binary" ? { size: expression.right } : {};
        return { name, ...size, span: expression.span };
      }
      const { start, end } = expression.span;
      if (place === "left" && isTime(named.kind === "binary" ? named.left : named)) {
        this.reporter.timeSubscript(start, end);
        throw new Incomplete();
      }
      const message =
        place !== "for"
          ? "an equation gives all elements at once, so a name stands here for each of their places"
          : "after `for` stand the names of indices";
      this.fail("bad-index", start, end, message, {
        help:
          place !== "for"
            ? "`A[i, j < N] = …`; elements put together one by one are `[a, b]` or `concat(a, b)`"
            : "`sum(A[i, j] * x[j] for j)`, with a range where nothing tells it: `for j < N`",
      });
    });
  }

  /** Arguments of a call or of a used cell. */
  arguments(node: cst.CallArgumentsCstNode): ArgumentNode[] {
    const { For, expression } = node.children;
    const given = this.plainArguments(node);
    const word = For?.[0];
    if (word === undefined) return given;
    const indices = this.binders(expression ?? [], "for");
    const [first, second] = given;
    if (first === undefined || first.name !== undefined || second !== undefined) {
      const message = "`for` stands after one argument, which is for each value of the index";
      this.fail("bad-index", word.startOffset, endOf(word), message, { help: "`sum(A[i, j] * x[j] for j)`" });
    }
    const { value } = first;
    const span = this.join(value.span, indices[indices.length - 1]?.span ?? value.span);
    return [{ value: this.made({ kind: "indexed", indices, value, span }, [value]), span }];
  }

  private plainArguments(node: cst.CallArgumentsCstNode): ArgumentNode[] {
    return (node.children.argument ?? []).map(({ children }) => {
      const path = (children.Name ?? []).map((part) => this.name(part));
      const [first, last] = [path[0], path[path.length - 1]];
      const own = only(children.expression);
      const value = (first?.text === "by" ? this.groupOf(own) : undefined) ?? this.expression(own);
      if (first === undefined || last === undefined) return { value, span: value.span };
      const name = { text: path.map(({ text }) => text).join("."), span: this.join(first.span, last.span) };
      return { name, value, span: this.join(name.span, value.span) };
    });
  }

  /** From the beginning of one span to the end of another. */
  join(first: Span, last: Span): Span {
    return this.reporter.span(first.start, last.end);
  }

  tokenSpan(token: IToken): Span {
    return this.reporter.span(token.startOffset, endOf(token));
  }

  private expression(node: cst.ExpressionCstNode): Expression {
    const { operation, If, expression } = node.children;
    if (operation !== undefined) return this.operation(only(operation));
    const parts = (expression ?? []).map((part) => this.expression(part));
    const conditions = If ?? [];
    if (parts.length !== conditions.length * 2 + 1) throw new Incomplete();
    let result = parts[parts.length - 1]!;
    for (let index = conditions.length - 1; index >= 0; index -= 1) {
      const condition = parts[index * 2]!;
      const whenTrue = parts[index * 2 + 1]!;
      const span = this.reporter.span(conditions[index]!.startOffset, result.span.end);
      result = this.made({ kind: "if", condition, whenTrue, whenFalse: result, span }, [condition, whenTrue, result]);
    }
    return result;
  }

  private operation(node: cst.OperationCstNode): Expression {
    const operands = node.children.operand;
    const operators = node.children.binaryOperator ?? [];
    if (operands?.length !== operators.length + 1) throw new Incomplete();
    const values: Expression[] = [];
    const waiting: Pending[] = [];
    for (const [index, operand] of operands.entries()) {
      for (const token of prefixes(operand)) this.pushPrefix(token, waiting);
      values.push(this.operand(operand));
      const following = operators[index];
      if (following !== undefined) this.pushBinary(only(Object.values(following.children).flat()), values, waiting);
    }
    while (waiting.length > 0) this.reduce(values, waiting);
    return only(values);
  }

  private pushPrefix(token: IToken, waiting: Pending[]): void {
    const unary = token.tokenType === t.Not ? "not" : "-";
    const top = waiting[waiting.length - 1];
    if (unary === "not" && top !== undefined && top.precedence > unaryPrecedence.not) {
      this.fail(
        "misplaced-not",
        token.startOffset,
        endOf(token),
        `\`not\` cannot be an operand of \`${textOf(top.token)}\``,
        {
          help: "put `not` and what follows it in parentheses",
        },
      );
    }
    waiting.push({ precedence: unaryPrecedence[unary], token, unary });
  }

  private pushBinary(token: IToken, values: Expression[], waiting: Pending[]): void {
    const binary = binaryOperators.get(token.tokenType);
    if (binary === undefined) throw new Incomplete();
    const precedence = binaryPrecedence[binary];
    for (let top = waiting[waiting.length - 1]; top !== undefined; top = waiting[waiting.length - 1]) {
      if (top.precedence < precedence || (binary === "^" && top.precedence === precedence)) break;
      if (precedence === comparisonPrecedence && top.precedence === precedence) {
        this.fail("chained-comparison", token.startOffset, endOf(token), "comparisons do not chain", {
          related: [{ span: this.tokenSpan(top.token), message: "the first comparison" }],
          help: "write both and join them: `a < b and b < c`",
        });
      }
      this.reduce(values, waiting);
    }
    waiting.push({ precedence, token, binary });
  }

  private reduce(values: Expression[], waiting: Pending[]): void {
    const { token, binary, unary } = waiting.pop()!;
    const right = values.pop()!;
    if (binary === undefined) {
      const span = this.reporter.span(token.startOffset, right.span.end);
      values.push(this.made({ kind: "unary", operator: unary!, operand: right, span }, [right]));
      return;
    }
    const left = values.pop()!;
    const operatorSpan = this.tokenSpan(token);
    const span = this.join(left.span, right.span);
    values.push(this.made({ kind: "binary", operator: binary, operatorSpan, left, right, span }, [left, right]));
  }

  private operand(node: cst.OperandCstNode): Expression {
    const { primary, selection, Superscript } = node.children;
    let value = this.primary(only(primary));
    for (const part of selection ?? []) value = this.selection(value, part);
    return Superscript === undefined ? value : this.superscript(value, only(Superscript));
  }

  private superscript(base: Expression, token: IToken): Expression {
    const { negative, digits } = exponentOf(token.image);
    const span = this.tokenSpan(token);
    const power = this.number(digits, span);
    const minus = { kind: "unary", operator: "-", operand: power, span } as const;
    const right = negative ? this.made(minus, [power]) : power;
    const whole = this.join(base.span, span);
    return this.made({ kind: "binary", operator: "^", operatorSpan: span, left: base, right, span: whole }, [
      base,
      right,
    ]);
  }

  private primary(node: cst.PrimaryCstNode): Expression {
    const { NumberLiteral, Name, callArguments, NextName, LeftParen, LeftBracket, expression } = node.children;
    if (NumberLiteral !== undefined) {
      const token = only(NumberLiteral);
      const { image } = token;
      if (!image.endsWith("i")) return this.number(image, this.tokenSpan(token));
      const { value, span } = this.number(image.slice(0, -1), this.tokenSpan(token));
      return this.made({ kind: "imaginary", value, text: image, span }, []);
    }
    if (Name !== undefined) {
      const name = this.name(only(Name));
      if (callArguments === undefined) {
        return this.made({ kind: "reference", name: name.text, next: false, span: name.span }, []);
      }
      const list = only(callArguments);
      const inputs = this.arguments(list);
      const span = this.reporter.span(name.span.start, endOf(only(list.children.RightParen)));
      return this.made(
        { kind: "call", callee: name, arguments: inputs, span },
        inputs.map(({ value }) => value),
      );
    }
    if (NextName !== undefined) {
      const token = only(NextName);
      return this.made({ kind: "reference", name: textOf(token), next: true, span: this.tokenSpan(token) }, []);
    }
    const comma = LeftParen === undefined ? undefined : node.children.Comma?.[0];
    if (comma !== undefined) {
      this.fail("unexpected-token", comma.startOffset, endOf(comma), "expected `)`, found `,`", {
        help: "a list of values stands in brackets: `[a, b]`",
      });
    }
    if (LeftParen !== undefined) {
      const inner = this.expression(only(expression));
      const span = this.reporter.span(only(LeftParen).startOffset, endOf(only(node.children.RightParen)));
      const widened = { ...inner, span };
      this.depths.set(widened, this.depths.get(inner) ?? 1);
      return widened;
    }
    const items = (expression ?? []).map((item) => this.expression(item));
    const span = this.reporter.span(only(LeftBracket).startOffset, endOf(only(node.children.RightBracket)));
    return this.made({ kind: "tuple", items, span }, items);
  }

  private number(text: string, span: Span): NumberNode {
    const value = Number(text);
    if (!Number.isFinite(value)) {
      this.fail("number-overflow", span.start, span.end, `\`${clip(text)}\` is too large for a float64`, {
        help: "the largest number is about 1.8e308",
      });
    }
    if (value === 0 && /[1-9]/u.test(text.replace(/e.*$/iu, ""))) {
      this.fail("number-underflow", span.start, span.end, `\`${clip(text)}\` is too small for a float64`, {
        help: "the smallest number is about 4.9e-324",
      });
    }
    return this.made({ kind: "number", value, text, span }, []);
  }

  /** `complex[N]`, `complex`. */
  complexType({ axis, expression, LeftBracket, RightBracket }: cst.TypeCstChildren, { text, span }: Name): TypeNode {
    if (text !== "complex" || expression !== undefined) {
      this.fail("unknown-type", span.start, span.end, `\`${clip(text)}\` is no type of that form`, {
        help: "a vector is `[N]`, one of complex numbers `complex[N]`",
      });
    }
    const end = LeftBracket === undefined ? span.end : endOf(only(RightBracket));
    const dimensions = (axis ?? []).map((dimension) => this.build(dimension));
    return { kind: "complex-type", dimensions, span: this.reporter.span(span.start, end) };
  }

  private selection(object: Expression, { children }: cst.SelectionCstNode): Expression {
    if (children.callArguments !== undefined) return this.callOfOne(object, only(children.callArguments));
    if (children.Dot !== undefined) {
      const token = only(children.Name ?? children.NextName);
      const member = this.name(token);
      const span = this.reporter.span(object.span.start, endOf(token));
      return this.made({ kind: "member", object, member, next: token.tokenType === t.NextName, span }, [object]);
    }
    const indices = (children.index ?? []).map((index) => this.index(index));
    const span = this.reporter.span(object.span.start, endOf(only(children.RightBracket)));
    const values = indices.flatMap((index) =>
      index.kind === "at" ? [index.value] : [index.start ?? [], index.end ?? []].flat(),
    );
    return this.made({ kind: "index", object, indices, span }, [object, ...values]);
  }

  /** `l[k](x)`. */
  private callOfOne(object: Expression, list: cst.CallArgumentsCstNode): Expression {
    const array = arrayOf(object);
    const open = only(list.children.LeftParen);
    if (array === undefined) {
      this.fail(
        "not-callable",
        open.startOffset,
        endOf(open),
        "only a name can be called, or one of several used cells",
        {
          help: "a product is written with `*` or `@`",
        },
      );
    }
    const given = this.arguments(list);
    const span = this.reporter.span(object.span.start, endOf(only(list.children.RightParen)));
    const node = { kind: "call", ...array, arguments: given, span } as const;
    return this.made(node, [array.place, ...given.map(({ value }) => value)]);
  }

  private index({ children }: cst.IndexCstNode): IndexNode["indices"][number] {
    const colon = children.Colon?.[0];
    if (colon === undefined) {
      const value = this.expression(only(children.start));
      return { kind: "at", value, span: value.span };
    }
    const start = children.start === undefined ? undefined : this.expression(only(children.start));
    const end = children.end === undefined ? undefined : this.expression(only(children.end));
    const colonSpan = this.tokenSpan(colon);
    const span = this.join(start?.span ?? colonSpan, end?.span ?? colonSpan);
    return { kind: "range", ...(start && { start }), ...(end && { end }), span };
  }

  /** Counts parts and levels of every node that is made. */
  private made<E extends Expression>(node: E, children: readonly Expression[]): E {
    let depth = 0;
    for (const child of children) depth = Math.max(depth, this.depths.get(child) ?? 1);
    this.depths.set(node, depth + 1);
    this.parts += 1;
    if (depth >= depthLimit) this.tooLarge(node, `it has more than ${depthLimit} levels`);
    if (this.parts > sizeLimit) this.tooLarge(node, `it has more than ${sizeLimit} parts`);
    return node;
  }

  private tooLarge(node: Expression, why: string): never {
    this.fail("expression-too-large", node.span.start, node.span.end, `this expression is too large: ${why}`, {
      help: "give parts of it names of their own",
    });
  }

  private fail(...report: Parameters<SyntaxReporter["report"]>): never {
    this.reporter.report(...report);
    throw new Incomplete();
  }
}
