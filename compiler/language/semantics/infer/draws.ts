/** Draws within initial values of params. */
import type { Span } from "../../../base/source/span.js";
import { dimConstant } from "../../../base/types/dim.js";
import type { CallNode } from "../../syntax/ast.js";
import type { ElementwiseName } from "../builtins.js";
import type { Checker, StartContext } from "../checker.js";
import { drawNames, hasGain, ranksOf } from "../initializers.js";
import { axesOf, type Axis, scalarType } from "../semantic-type.js";
import type { TypedExpression } from "../typed-program.js";
import { combine } from "./combine.js";
import { isReal } from "./mismatch.js";

/** `uniform(1, 16)`, `orthogonal`, `glorot_uniform(2)` within an initial value. */
export function inferDraw(checker: Checker, { tensor, indices, draws }: StartContext, call: CallNode): TypedExpression {
  const { span } = call;
  const name = call.callee.text;
  const rest = axesOf(tensor.type).slice(indices.length);
  const given = call.arguments.map(({ value }) => checker.infer(value));
  if (!given.every((value) => isReal(checker, value))) return checker.error(span);
  const plain = name === "by default" ? (rest.length < 2 ? "zeros" : "glorot_uniform") : name;
  if (!checkDraw(checker, plain, given.length, rest.length, span)) return checker.error(span);
  const drawn = (initializer: string): TypedExpression => {
    const key = `draw ${tensor.name} ${draws.length}`;
    draws.push({ key, initializer });
    const whole: TypedExpression = {
      kind: "value",
      name: key,
      span,
      type: { kind: "real", axes: axesOf(tensor.type) },
    };
    return indices.reduce((operand, index): TypedExpression => {
      const [first, ...others] = axesOf(operand.type) as [Axis, ...Axis[]];
      const terms = [{ index, length: first.dim, reverse: false }];
      const type = { kind: "real", axes: others } as const;
      return { kind: "element", operand, axis: 0, start: dimConstant(0), terms, around: undefined, span, type };
    }, whole);
  };
  const number = (value: number): TypedExpression => ({ kind: "number", value, span, type: scalarType });
  const made = (operation: ElementwiseName, ...operands: TypedExpression[]): TypedExpression =>
    combine(checker, operation, operands, {
      kind: operation === "<" ? "bool" : "real",
      span,
      reportAt: span,
      words: `\`${name}\``,
    });
  const [first, second] = given;
  if (first === undefined) return drawn(plain);
  switch (plain) {
    case "constant":
      return first;
    case "uniform": {
      const [low, high] = second === undefined ? [made("negate", first), first] : [first, second];
      return made("+", low, made("*", made("-", high, low), drawn("uniform")));
    }
    case "normal":
      return second === undefined
        ? made("*", first, drawn("normal"))
        : made("+", first, made("*", second, drawn("normal")));
    case "bernoulli":
      return made("if", made("<", drawn("uniform"), first), number(1), number(0));
    default:
      return made("*", first, drawn(plain));
  }
}

function checkDraw(checker: Checker, name: string, count: number, rank: number, span: Span): boolean {
  const [fewest, most] = hasGain(name) ? [0, 1] : (drawNames.get(name) ?? [0, 0]);
  if (count < fewest || count > most) {
    const wanted = most === 0 ? "no argument" : most === 2 ? "one argument or two" : fewest === 0 ? "at most one argument, the gain" : "one argument"; // prettier-ignore
    checker.report("wrong-arity", span, `\`${name}\` takes ${wanted}, got ${count}`);
    return false;
  }
  const [low, high] = ranksOf(name);
  if (rank >= low && rank <= high) return true;
  const what = low === high ? "a matrix" : low === 1 ? "a vector or more" : "a matrix or more";
  checker.report("bad-initializer", span, `\`${name}\` is for ${what}, here are ${rank} axes for it to fill`, {
    help: "indices take axes away: `param W[n]: [N, K, I]` leaves a matrix for each n",
  });
  return false;
}
