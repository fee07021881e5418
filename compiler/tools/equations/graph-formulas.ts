/** An instruction of a graph as a formula of its operands. */
import { InvariantError } from "../../base/diagnostics/invariant.js";
import type { GraphFunction, Instruction, Operation, ValueId } from "../../ir/graph/graph-function.js";
import type { ScalarOp } from "../../ir/ops/scalar-ops.js";
import { addDims } from "../../base/types/dim.js";
import { axes, builtin, type Formula, infix, type Infix, type Setting, transposed } from "./formula.js";

/** Nothing where places are looked up in whole rows. */
const alongAxes = (along: number): Setting[] => (along === 0 ? [] : [axes("along", ...new Array(along).keys())]);

/** Constants, views, and up to two operations on one name read best where they are used. */
export function isSmall({ operation }: Instruction, formula: Formula): boolean {
  if (["constant", "dimension", "broadcast", "transpose"].includes(operation.kind)) return true;
  return operation.kind === "map" && weightOf(formula) <= 3;
}

/** One for each operation and each name; more than that where anything else is in it. */
function weightOf(formula: Formula): number {
  switch (formula.kind) {
    case "number":
    case "dimension":
      return 0;
    case "name":
      return 1;
    case "prefix":
      return 1 + weightOf(formula.operand);
    case "power":
      return 1 + weightOf(formula.base) + weightOf(formula.exponent);
    case "infix":
      return 1 + weightOf(formula.left) + weightOf(formula.right);
    case "apply":
      return 1 + formula.settings.length * 9 + formula.operands.reduce((sum, operand) => sum + weightOf(operand), 0);
    default:
      return 9;
  }
}

export type Writer = (id: ValueId) => Formula;

export function formulaOf({ operation, operands }: Instruction, fn: GraphFunction, write: Writer): Formula {
  const [first = 0, second = 0] = operands;
  const rankOf = (id: ValueId): number => fn.types[id]?.shape.length ?? 0;
  switch (operation.kind) {
    case "constant":
      return { kind: "number", value: operation.value };
    case "dimension":
      return { kind: "dimension", dim: operation.dim };
    case "iota":
      return builtin("iota", [], [{ label: "shape", kind: "shape", shape: [operation.length] }]);
    case "map":
      return scalarFormula(operation.op, operands, fn, write);
    case "contract":
      return productFormula(operation, operands, write);
    case "broadcast":
      return repeated(operation, write(first));
    case "reduce":
      return builtin(operation.op, [write(first)], rankOf(first) > 1 ? [axes("axis", ...operation.axes)] : []);
    case "slice": {
      const { axis, start, length } = operation;
      return { kind: "part", operand: write(first), axis, part: { kind: "range", start, end: addDims(start, length) } };
    }
    case "concat": {
      const parts = operands.map(write);
      if (operation.axis === 0) return { kind: "joined", parts };
      return builtin("concat", parts, [axes("axis", operation.axis)]);
    }
    case "reshape":
      return builtin("reshape", [write(first)], [{ label: "shape", kind: "shape", shape: operation.shape }]);
    case "transpose": {
      const { permutation } = operation;
      if (permutation.join() === "1,0") return transposed(write(first));
      return builtin("transpose", [write(first)], [axes("order", ...permutation)]);
    }
    case "gather":
      if (operation.along > 0) return builtin("gather", [write(first), write(second)], alongAxes(operation.along));
      return { kind: "part", operand: write(first), axis: 0, part: { kind: "entry", at: write(second) } };
    case "reverse":
      return builtin("reverse", [write(first)], [axes("axis", operation.axis)]);
    case "scatter_add":
      return builtin(
        "scatter",
        [write(first), write(second)],
        [{ label: "rows", kind: "shape", shape: [operation.size] }, ...alongAxes(operation.along)],
      );
    case "pad":
    case "window":
    case "unwindow":
      return placedFormula(operation, write(first));
    case "batch_sum":
      return builtin("sum", [write(first)], [{ label: "over", kind: "pattern", pattern: "batch" }]);
    case "to_index":
    case "custom_derivative":
      // The latter says how to differentiate, which is done here.
      return write(first);
    case "scan":
      throw new InvariantError("a loop has several equations");
  }
}

/** What is moved to other places along an axis. */
function placedFormula(
  operation: Extract<Operation, { kind: "pad" | "window" | "unwindow" }>,
  operand: Formula,
): Formula {
  const { kind } = operation;
  const own: Setting[] =
    kind === "pad"
      ? [{ label: "zeros", kind: "shape", shape: [operation.before, operation.after] }]
      : [
          { label: kind === "window" ? "of" : "into", kind: "shape", shape: [operation.size] },
          { label: "steps", kind: "shape", shape: [operation.stride, operation.dilation] },
        ];
  return builtin(kind, [operand], [axes("axis", operation.axis), ...own]);
}

/** As the language repeats by itself, from the last axes on; anything else says which axes are new. */
function repeated({ shape, axes: kept }: Extract<Operation, { kind: "broadcast" }>, operand: Formula): Formula {
  const leading = shape.length - kept.length;
  if (kept.every((axis, i) => axis === leading + i)) return operand;
  const fresh = shape.map((_, axis) => axis).filter((axis) => !kept.includes(axis));
  return builtin("repeat", [operand], [axes("axis", ...fresh)]);
}

const infixes: Partial<Record<ScalarOp, Infix>> = {
  add: "add",
  sub: "subtract",
  div: "divide",
  strong_div: "divide",
  lt: "less",
  le: "less-equal",
  eq: "equal",
  ne: "unequal",
  and: "and",
  or: "or",
};

function scalarFormula(op: ScalarOp, operands: readonly ValueId[], fn: GraphFunction, write: Writer): Formula {
  const [first = 0, second = 0, third = 0] = operands;
  const operator = infixes[op];
  if (operator !== undefined) return infix(operator, write(first), write(second));
  switch (op) {
    case "mul":
    case "strong_mul": {
      if (first === second) return { kind: "power", base: write(first), exponent: { kind: "number", value: 2 } };
      const [left, right] = [write(first), write(second)];
      const isScalar = [left, right].some(({ kind }) => kind === "number" || kind === "dimension");
      return infix(isScalar || fn.types[first]?.shape.length === 0 ? "times" : "hadamard", left, right);
    }
    case "pow":
      return { kind: "power", base: write(first), exponent: write(second) };
    case "neg":
      return { kind: "prefix", operator: "minus", operand: write(first) };
    case "not":
      return { kind: "prefix", operator: "not", operand: write(first) };
    case "select":
      return { kind: "choice", condition: write(first), yes: write(second), no: write(third) };
    case "stop_gradient":
      // Says how to differentiate, which is done here.
      return write(first);
    default:
      return builtin(op, operands.map(write));
  }
}

/** `A · b`, `Aᵀ · b`, `a ⊗ b`; anything wider by its axis labels. */
function productFormula(
  operation: Extract<Operation, { kind: "contract" }>,
  operands: readonly ValueId[],
  write: Writer,
): Formula {
  const labels = new Map(
    [...new Set([...operation.a, ...operation.b])].map((label, i) => [label, String.fromCharCode(105 + i)]),
  );
  const spell = (list: readonly number[]): string => list.map((label) => labels.get(label)).join("");
  const pattern = `${spell(operation.a)},${spell(operation.b)}->${spell(operation.result)}`;
  const [a, b] = operands.map(write) as [Formula, Formula];
  if (operation.a.length === 0) return infix("times", a, b);
  if (operation.b.length === 0) return infix("times", b, a);
  const known = productPatterns.get(pattern);
  if (known !== undefined) return known(a, b);
  return builtin("einsum", [a, b], [{ label: "axes", kind: "pattern", pattern }]);
}

type Product = (a: Formula, b: Formula) => Formula;
const productPatterns: ReadonlyMap<string, Product> = new Map<string, Product>([
  ["ij,j->i", (a, b) => infix("product", a, b)],
  ["i,ji->j", (a, b) => infix("product", b, a)],
  ["ij,i->j", (a, b) => infix("product", transposed(a), b)],
  ["i,ij->j", (a, b) => infix("product", transposed(b), a)],
  ["i,i->", (a, b) => infix("dot", a, b)],
  ["i,j->ij", (a, b) => infix("outer", a, b)],
  ["i,j->ji", (a, b) => infix("outer", b, a)],
  ["ij,jk->ik", (a, b) => infix("product", a, b)],
  ["ij,kj->ik", (a, b) => infix("product", a, transposed(b))],
  ["ij,ik->jk", (a, b) => infix("product", transposed(a), b)],
]);
