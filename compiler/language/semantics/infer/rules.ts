/** A rule for each kind of expression. */
import type { Expression } from "../../syntax/ast.js";
import type { Checker, Infer } from "../checker.js";
import { scalarType } from "../semantic-type.js";
import type { TypedExpression } from "../typed-program.js";
import { inferList } from "./builtin-calls.js";
import { inferCall } from "./calls.js";
import { inferBinary, inferIf, inferUnary } from "./elementwise.js";
import { inferIndexed } from "./indexed.js";
import { inferMember } from "./members.js";
import { inferProduct } from "./product.js";
import { inferResult, refuseGroup } from "./results.js";
import { inferRounds } from "./rounds.js";
import { inferReference } from "./references.js";
import { inferSelection } from "./selection.js";

type InferenceRules = {
  readonly [K in Expression["kind"]]: (
    checker: Checker,
    expression: Extract<Expression, { kind: K }>,
  ) => TypedExpression;
};

const rules: InferenceRules = {
  number: (_checker, { value, span }) => ({ kind: "number", value, span, type: scalarType }),
  imaginary: (_checker, { value, span }) => {
    const [re, im] = [0, value].map((part) => ({ kind: "number", value: part, span, type: scalarType }) as const);
    const operands = [re, im].flatMap((part) => part ?? []);
    return { kind: "complex", operation: "complex", operands, span, type: { kind: "complex", axes: [] } };
  },
  reference: inferReference,
  unary: inferUnary,
  binary: (checker, node) => (node.operator === "@" ? inferProduct(checker, node) : inferBinary(checker, node)),
  if: inferIf,
  call: inferCall,
  member: inferMember,
  index: inferSelection,
  indexed: inferIndexed,
  tuple: inferList,
  rounds: inferRounds,
  group: refuseGroup,
  result: inferResult,
};

/** Reports what is wrong with it to the checker, which counts and limits. */
export const inferByKind: Infer = (checker, expression) => rules[expression.kind](checker, expression as never);
