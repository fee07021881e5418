/**
 * Decides which values cross from one part of a computation into a later one through memory: from forward to backward,
 * from before a loop into it. The later part asks for certain values; each is either kept, or recomputed from kept and
 * free ones. The choice is a minimum cut: keeping costs the number of elements, recomputing cheap elementwise operations
 * costs nothing, products, reductions and functions such as `tanh` are never repeated. A product that is only added to
 * something is never kept by itself: lowering accumulates it in place.
 */
import { decided } from "../../base/decided.js";
import { lookUp } from "../../base/at.js";
import { accumulates, countUses, definitions } from "../../ir/graph/rewrite.js";
import type { GraphFunction, Instruction, OperationKind, ValueId, ValueType } from "../../ir/graph/graph-function.js";
import type { ShapeContext } from "../../ir/graph/shape-rules.js";
import type { ScalarOp } from "../../ir/ops/scalar-ops.js";
import { evaluateDim, symbolsOf } from "../../base/types/dim.js";
import { sizeOfShape } from "../../base/types/shape.js";
import { minimumCut } from "./minimum-cut.js";

export interface CrossingChoice {
  /** Values to keep, in order of their ids; inputs of the function among them where they are not free. */
  readonly kept: readonly ValueId[];
  /** Instructions to repeat in the later part, in their order. */
  readonly recomputed: readonly Instruction[];
}

const cheapScalars = decided<ScalarOp>()(
  [
    "neg", "abs", "sign", "floor", "round", "stop_gradient", "not", "add", "sub", "mul", "div", "min", "max", "lt",
    "le", "eq", "ne", "and", "or", "clamp", "select", "strong_mul", "strong_div",
  ],
  [
    "sqrt", "exp", "expm1", "log", "log1p", "sin", "cos", "tanh", "sigmoid", "softplus", "erf", "atan", "pow",
  ],
); // prettier-ignore

/** What looks at the numbers of one operand. */
export const viewKinds = decided<OperationKind>()(
  [
    "broadcast", "slice", "transpose", "reshape", "window",
  ],
  [
    "constant", "dimension", "iota", "map", "reduce", "contract", "pad", "concat", "reverse", "unwindow", "gather",
    "scatter_add", "to_index", "batch_sum", "custom_derivative", "scan",
  ],
); // prettier-ignore

/** Of a scalar one its operation decides. */
const cheapKinds = decided<Exclude<OperationKind, "map">>()(
  [
    "constant", "dimension", "iota", "broadcast", "slice", "pad", "concat", "reshape", "transpose", "reverse",
    "window",
  ],
  [
    "reduce", "contract", "unwindow", "gather", "scatter_add", "to_index", "batch_sum", "custom_derivative", "scan",
  ],
); // prettier-ignore

/** Operations that are repeated rather than kept, where that is possible at all. */
export function isCheap({ operation }: Instruction): boolean {
  return operation.kind === "map" ? cheapScalars.has(operation.op) : cheapKinds.has(operation.kind);
}

interface CrossingOptions {
  /** Inputs that the later part can read without their being kept. */
  readonly isFree: (input: ValueId) => boolean;
  /** False where a view (a slice, say) costs nothing beside what it looks at. */
  readonly keepViews?: boolean;
  /** Of values that are kept as something smaller: that. */
  readonly keptAs?: ReadonlyMap<ValueId, ValueId>;
}

/** @param needed values that the later part reads */
export function chooseCrossingValues(
  fn: GraphFunction,
  needed: ReadonlySet<ValueId>,
  { sequences }: Pick<ShapeContext, "sequences">,
  { isFree, keepViews = true, keptAs }: CrossingOptions,
): CrossingChoice {
  const defined = definitions(fn);
  const uses = countUses(fn);
  const inPlace = new Set(
    fn.instructions.flatMap(({ operation, operands }) =>
      operation.kind === "map" && operation.op === "add"
        ? operands.filter((id) => uses.get(id) === 1 && accumulates(defined.get(id)))
        : [],
    ),
  );
  const successors = fn.types.map((): number[] => []);
  for (const instruction of fn.instructions) {
    if (!isCheap(instruction)) continue;
    for (const operand of instruction.operands) successors[operand]?.push(...instruction.results);
  }
  const mustNotKeep = (id: ValueId, definition: Instruction | undefined): boolean =>
    (inPlace.has(id) && !needed.has(id)) ||
    (!keepViews && definition !== undefined && viewKinds.has(definition.operation.kind));
  const nodes = fn.types.map((type, id) => {
    const definition = defined.get(id);
    const free = definition === undefined ? isFree(id) : isConstant(definition);
    return {
      cost: free
        ? 0
        : mustNotKeep(id, definition)
          ? Infinity
          : costOfKeeping(fn.types[keptAs?.get(id) ?? id] ?? type, sequences),
      isSource: definition === undefined || !isCheap(definition) || definition.operands.length === 0,
      isSink: needed.has(id),
      successors: successors[id] ?? [],
    };
  });
  const cut = new Set(minimumCut(nodes));
  return collect(
    fn,
    needed,
    defined,
    (id) => cut.has(id) && !(defined.get(id) !== undefined && isConstant(lookUp(defined, id))),
    isFree,
  );
}

function collect(
  fn: GraphFunction,
  needed: ReadonlySet<ValueId>,
  defined: ReadonlyMap<ValueId, Instruction>,
  isCut: (id: ValueId) => boolean,
  isFree: (id: ValueId) => boolean,
): CrossingChoice {
  const kept = new Set<ValueId>();
  const repeated = new Set<Instruction>();
  const visited = new Set<ValueId>();
  const queue = [...needed];
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    if (visited.has(id)) continue;
    visited.add(id);
    const definition = defined.get(id);
    if (definition === undefined ? !isFree(id) : isCut(id)) kept.add(id);
    else if (definition !== undefined) {
      repeated.add(definition);
      queue.push(...definition.operands);
    }
  }
  return {
    kept: [...kept].sort((a, b) => a - b),
    recomputed: fn.instructions.filter((instruction) => repeated.has(instruction)),
  };
}

function isConstant({ operation }: Instruction): boolean {
  return operation.kind === "constant" || operation.kind === "dimension" || operation.kind === "iota";
}

/** Elements, with a guess for sizes that are not known: only the order matters. */
function costOfKeeping(type: ValueType, sequences: ReadonlySet<string>): number {
  const size = sizeOfShape(type.shape);
  const guess = new Map(symbolsOf(size).map((symbol) => [symbol, sequences.has(symbol) ? 100 : 64]));
  return Math.max(evaluateDim(size, guess), 1e-3);
}
