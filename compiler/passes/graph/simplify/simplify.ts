import { InvariantError } from "../../../base/diagnostics/invariant.js";
import { instructionsIn } from "../../../ir/graph/count-instructions.js";
import { rewriteFunction } from "../../../ir/graph/rewrite.js";
import type { GraphFunction, Operation, OperationKind, ValueId } from "../../../ir/graph/graph-function.js";
import type { ShapeContext } from "../../../ir/graph/shape-rules.js";
import type { GraphPass } from "../../pass.js";
import { arithmeticRules } from "./arithmetic-rules.js";
import { productRules } from "./product-rules.js";
import { viewRules } from "./view-rules.js";
import { type SimplifyRule, View } from "./view.js";
import { simplifyScan } from "./scan-rules.js";

/**
 * Local rewriting: at every instruction the first rule that applies, then rules on what it gave, until none does.
 * A rule never makes more work and never turns its own result around, so this ends.
 */
export const simplify: GraphPass = {
  name: "simplify",
  summary: "neutral elements, constants, views that cancel, sums of products",
  run: simplifyFunction,
};

const rulesByKind = new Map<OperationKind, readonly SimplifyRule<OperationKind>[]>();
for (const table of [{ map: arithmeticRules }, viewRules, productRules]) {
  for (const [kind, rules] of Object.entries(table)) {
    const key = kind as OperationKind;
    rulesByKind.set(key, [...(rulesByKind.get(key) ?? []), ...(rules as readonly SimplifyRule<OperationKind>[])]);
  }
}

function simplifyFunction(fn: GraphFunction, context: ShapeContext): GraphFunction {
  // One or two do for nearly all functions; what is constant goes one loop further in with each. So many are a circle of rules.
  const limit = instructionsIn(fn) + 8;
  let current = fn;
  for (let round = 0; round < limit; round++) {
    const next = simplifyOnce(current, context);
    if (next.applied === 0) return current;
    current = next.fn;
  }
  throw new InvariantError(`${fn.name} is not simple after ${limit} rounds: rules undo each other`);
}

function simplifyOnce(fn: GraphFunction, context: ShapeContext): { fn: GraphFunction; applied: number } {
  let applied = 0;
  let view: View | undefined;
  const result = rewriteFunction(
    fn,
    context,
    (builder, operation, operands) => {
      view ??= new View(builder);
      if (operation.kind === "scan") {
        const replaced = simplifyScan(operation, operands, view);
        if (replaced !== undefined) applied++;
        return replaced;
      }
      const replaced = applyRules(operation, operands, view);
      if (replaced === undefined) return undefined;
      applied++;
      return [replaced];
    },
    (body) => {
      const inner = simplifyOnce(body, context);
      applied += inner.applied;
      return inner.fn;
    },
  );
  return { fn: result, applied };
}

function applyRules(operation: Operation, operands: readonly ValueId[], view: View): ValueId | undefined {
  for (const rule of rulesByKind.get(operation.kind) ?? []) {
    const replaced = rule(operation as never, operands as never, view);
    if (replaced !== undefined) return replaced;
  }
  return undefined;
}
