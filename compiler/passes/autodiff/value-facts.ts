/** What is known of values by their form alone, so that derivatives take no care where none is needed. */
import { decided } from "../../base/decided.js";
import { isCarried, type Scan } from "../../ir/graph/scan.js";
import type { GraphFunction, Instruction, OperationKind, ValueId } from "../../ir/graph/graph-function.js";
import type { ScalarOp } from "../../ir/ops/scalar-ops.js";

export interface ValueFacts {
  /** Neither infinite nor NaN, as long as no parameter is. */
  readonly finite: ReadonlySet<ValueId>;
  /** Above 0, or NaN. */
  readonly positive: ReadonlySet<ValueId>;
}

/** Give finite numbers for finite numbers, and have finite derivatives. */
const finiteOps = decided<ScalarOp>()(
  [
    "neg", "abs", "sign", "floor", "round", "sin", "cos", "tanh", "sigmoid", "erf", "atan", "stop_gradient", "min",
    "max", "clamp", "select",
  ],
  [
    "sqrt", "exp", "expm1", "log", "log1p", "softplus", "not", "add", "sub", "mul", "div", "pow", "lt", "le", "eq",
    "ne", "and", "or", "strong_mul", "strong_div",
  ],
); // prettier-ignore

const viewKinds = decided<OperationKind>()(
  [
    "broadcast", "slice", "concat", "reshape", "transpose", "reverse", "window", "gather",
  ],
  [
    "constant", "dimension", "iota", "map", "reduce", "contract", "pad", "unwindow", "scatter_add", "to_index",
    "batch_sum", "custom_derivative", "scan",
  ],
); // prettier-ignore

/** @param finiteInputs which inputs are finite; if left out, those that are the same for all examples, as parameters are */
export function valueFacts(fn: GraphFunction, finiteInputs?: readonly boolean[]): ValueFacts {
  const finite = new Set(fn.inputs.filter((id, i) => finiteInputs?.[i] ?? fn.types[id]?.shared === true));
  const positive = new Set<ValueId>();
  const atLeastZero = new Set<ValueId>();
  for (const instruction of fn.instructions) {
    const [result] = instruction.results;
    if (result === undefined || instruction.operation.kind === "scan") continue;
    if (staysFinite(fn, instruction, finite)) finite.add(result);
    const sign = signOf(instruction, positive, atLeastZero);
    if (sign === "positive") positive.add(result);
    if (sign !== undefined) atLeastZero.add(result);
  }
  return { finite, positive };
}

/** Of the inputs of a scan's body: its state may grow without bound. */
export function finiteInputsOf(scan: Scan, operands: readonly ValueId[], { finite }: ValueFacts): readonly boolean[] {
  return operands.map((id, i) => !isCarried(scan, i) && finite.has(id));
}

function staysFinite(fn: GraphFunction, { operation, operands }: Instruction, finite: ReadonlySet<ValueId>): boolean {
  const all = operands.every((id) => finite.has(id) || fn.types[id]?.dtype !== "real");
  switch (operation.kind) {
    case "constant":
      return Number.isFinite(Math.fround(operation.value));
    case "dimension":
    case "iota":
      return true;
    case "map":
      return all && finiteOps.has(operation.op);
    default:
      return all && viewKinds.has(operation.kind);
  }
}

type KnownSign = "positive" | "at least zero" | undefined;

function signOf(
  { operation, operands }: Instruction,
  positive: ReadonlySet<ValueId>,
  atLeastZero: ReadonlySet<ValueId>,
): KnownSign {
  const [first = -1, second = -1] = operands;
  const least = (all: boolean, some: boolean): KnownSign => (all ? (some ? "positive" : "at least zero") : undefined);
  const own = (id: ValueId): KnownSign => least(atLeastZero.has(id), positive.has(id));
  switch (operation.kind) {
    case "constant":
      // In the narrowest precision that a module may have: 1e-50 is 0 in float32.
      return Math.fround(operation.value) > 0 ? "positive" : operation.value >= 0 ? "at least zero" : undefined;
    case "dimension":
    case "iota":
      return "at least zero";
    case "map":
      break;
    case "reduce":
      return operation.op === "sum" && atLeastZero.has(first) ? "at least zero" : undefined;
    default:
      return operands.length === 1 && viewKinds.has(operation.kind) ? own(first) : undefined;
  }
  const both = atLeastZero.has(first) && atLeastZero.has(second);
  switch (operation.op) {
    case "abs":
      return "at least zero";
    // exp underflows to 0, as products and quotients do.
    case "exp":
    case "sigmoid":
    case "softplus":
      return "at least zero";
    case "mul":
      return first === second || both ? "at least zero" : undefined;
    case "div":
      return both ? "at least zero" : undefined;
    case "sqrt":
      return own(first);
    case "add":
      return least(both, positive.has(first) || positive.has(second));
    case "max":
      return least(atLeastZero.has(first) || atLeastZero.has(second), positive.has(first) || positive.has(second));
    default:
      return undefined;
  }
}
