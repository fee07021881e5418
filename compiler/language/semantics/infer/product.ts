/** `@`: dot product, matrix and vector, matrix and matrix; leading axes are a batch. */
import { at } from "../../../base/at.js";
import type { BinaryNode, Expression } from "../../syntax/ast.js";
import { equalDims } from "../../../base/types/dim.js";
import { broadcastAxes } from "../broadcast.js";
import type { Checker } from "../checker.js";
import { axesOf, type Axis, numbersOf, printAxes } from "../semantic-type.js";
import type { TypedExpression } from "../typed-program.js";
import { isNumber, placeOfAxis } from "./mismatch.js";

export function inferProduct(checker: Checker, node: BinaryNode): TypedExpression {
  const left = checker.infer(node.left);
  const right = checker.infer(node.right);
  const isFine = [isNumber(checker, left), isNumber(checker, right)].every(Boolean);
  if (!isFine) return checker.error(node.span);
  const given = [axesOf(left.type), axesOf(right.type)] as const;
  const [a, b] = checker.isGuessing ? asVectors(...given) : given;
  if (a.length === 0 || b.length === 0) {
    const side = a.length === 0 ? "left" : "right";
    checker.report("shape-mismatch", node.operatorSpan, `the ${side} side of \`@\` is a scalar`, {
      related: [{ span: (a.length === 0 ? left : right).span, message: "a scalar" }],
      help: "a product with a scalar is written with `*`",
    });
    return checker.error(node.span);
  }
  const rightAxis = b.length === 1 ? 0 : b.length - 2;
  const contracted = [at(a, a.length - 1), at(b, rightAxis)] as const;
  const isForEach = isProductForEach(a, b);
  if (isForEach && !equalDims(contracted[0].dim, contracted[1].dim)) {
    const each = printAxes(b.slice(0, -1)).slice(1, -1);
    const message = `the left side of \`@\` is ${printAxes(a)}, a matrix for each of ${each}, and the right ${printAxes(b)}`;
    checker.report("batched-product", node.operatorSpan, message, {
      related: [placeOfAxis(left, a.length - 1), placeOfAxis(right, b.length - 1)],
      help: helpForEach(node, b.length - 1),
    });
    return checker.error(node.span);
  }
  if (!equalDims(contracted[0].dim, contracted[1].dim)) {
    checker.report(
      "shape-mismatch",
      node.operatorSpan,
      `operands of \`@\` have shapes ${printAxes(a)} and ${printAxes(b)}`,
      {
        related: [placeOfAxis(left, a.length - 1), placeOfAxis(right, rightAxis)],
        help: helpFor(a, b),
      },
    );
    return checker.error(node.span);
  }
  const batch = broadcastAxes(a.slice(0, -2), b.slice(0, -2), checker.isRuntime);
  if (!batch.ok) {
    const message = `the leading axes of ${printAxes(a)} and ${printAxes(b)} do not agree`;
    checker.report("shape-mismatch", node.operatorSpan, message, {
      related: [placeOfAxis(left, batch.left), placeOfAxis(right, batch.right)],
    });
    return checker.error(node.span);
  }
  const axes = [...batch.axes, ...a.slice(0, -1).slice(-1), ...(b.length === 1 ? [] : b.slice(-1))];
  return { kind: "product", left, right, span: node.span, type: numbersOf([left, right], axes) };
}

/** Of a product with what is not known yet: that is a vector which fits. */
function asVectors(a: readonly Axis[], b: readonly Axis[]): readonly [readonly Axis[], readonly Axis[]] {
  if (a.length === 0) return [b.slice(b.length === 1 ? 0 : b.length - 2).slice(0, 1), b];
  return b.length === 0 ? [a, a.slice(-1)] : [a, b];
}

/** A matrix and a vector for each place of the axes before. */
function isProductForEach(a: readonly Axis[], b: readonly Axis[]): boolean {
  if (a.length < 3 || b.length !== a.length - 1) return false;
  const [last, other] = [a[a.length - 1], b[b.length - 1]];
  return b.slice(0, -1).every(({ dim }, i) => a[i] !== undefined && equalDims(dim, a[i].dim)) && last !== undefined && other !== undefined && equalDims(last.dim, other.dim); // prettier-ignore
}

function helpForEach({ left, right }: BinaryNode, count: number): string {
  const indices = ["n", "m", "k", "l", "i", "j"].slice(0, count).join(", ");
  const name = ({ kind, ...node }: Expression, otherwise: string): string =>
    kind === "reference" && "name" in node
      ? `${String(node.name)}${"next" in node && node.next === true ? "'" : ""}`
      : otherwise;
  return `a product for each: \`y[${indices}] = ${name(left, "A")}[${indices}] @ ${name(right, "v")}[${indices}]\``;
}

function helpFor(a: readonly Axis[], b: readonly Axis[]): string {
  const fits = (x: readonly Axis[], y: readonly Axis[]): boolean => {
    const last = x[x.length - 1];
    const first = y[y.length === 1 ? 0 : y.length - 2];
    return last !== undefined && first !== undefined && equalDims(last.dim, first.dim);
  };
  const turned = (x: readonly Axis[]): readonly Axis[] => [...x].reverse();
  if (a.length === 1 && b.length === 2 && fits(b, a))
    return "swap the operands: a matrix stands to the left of its vector";
  const isPlain = a.length <= 2 && b.length <= 2;
  if (isPlain && a.length === 2 && fits(turned(a), b)) return "transpose the left side: `transpose(…) @ …`";
  if (isPlain && b.length === 2 && fits(a, turned(b))) return "transpose the right side: `… @ transpose(…)`";
  if (fits(b, a)) return "swap the operands";
  return "the last axis of the left side and the first of the right side must agree: [M, K] @ [K]";
}
