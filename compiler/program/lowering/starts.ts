/** Initial values of params by expressions: a graph function of what is drawn, of params and of fixed values. */
import { invariant } from "../../base/diagnostics/invariant.js";
import type { DiagnosticCollector } from "../../base/diagnostics/diagnostic.js";
import { evaluateDim } from "../../base/types/dim.js";
import { isDrawn } from "../../../runtime/module/initializers.js";
import type { Initializer } from "../../../runtime/module/manifest.js";
import type { GraphFunction, ValueId } from "../../ir/graph/graph-function.js";
import { reportStartCircle } from "../../language/semantics/starts.js";
import type { TypedTensor } from "../../language/semantics/typed-program.js";
import { type PlacedTensor, tensorsOf } from "../frame/placed-tensors.js";
import { type CellFrame, shapeIn, valueIn, type Lowering } from "../frame/frame.js";
import type { LoweredDraw, LoweredStarts } from "../base/lowered-cell.js";

type Started = PlacedTensor & { readonly tensor: TypedTensor & { readonly start: NonNullable<TypedTensor["start"]> } };

const isStarted = (placed: PlacedTensor): placed is Started => placed.tensor.start !== undefined;

export const startedTensors = (frame: CellFrame): readonly Started[] =>
  [...tensorsOf(frame, "param"), ...tensorsOf(frame, "fixed")].filter(isStarted);

/** Draws that are equal for every seed. */
const plainDraws: Readonly<Record<string, Initializer>> = {
  // What is made of them has its bounds, mean and deviation in the expression.
  uniform: { kind: "uniform", bound: 0.5, mean: 0.5 },
  normal: { kind: "normal", deviation: 1 },
};

/** Declares what is drawn. */
export function declareDraws({ builder }: Lowering, started: readonly Started[]): LoweredDraw[] {
  return started.flatMap(({ tensor, frame, startFrame, name }) =>
    tensor.start.draws.map(({ key, initializer: kind }, i) => {
      const draw = `${name} ${i}`;
      const shape = shapeIn(frame, tensor.type);
      startFrame.values.set(key, builder.input(draw, { dtype: "real", shape, shared: true }));
      const initializer = plainDraws[kind] ?? ({ kind } as Initializer);
      return { name: draw, documentation: "", shape, initializer, heads: shape.slice(0, tensor.start.indices.length) };
    }),
  );
}

/** How often all are computed until nothing changes any more: they read each other as they are in the module. */
export function lowerStarts(
  lowering: Lowering,
  started: readonly Started[],
  draws: readonly LoweredDraw[],
  collector: DiagnosticCollector,
): LoweredStarts | undefined {
  const outputs = started.map(({ tensor, startFrame, name }) => ({
    name,
    value: valueIn(startFrame, tensor.start.key),
  }));
  const fn = lowering.builder.finish(outputs);
  const needs = namesNeeded(fn);
  const depths = new Map<string, number>();
  const path = new Set<string>();
  const depthOf = (name: string): number | undefined => {
    const known = depths.get(name);
    if (known !== undefined || !needs.has(name)) return known ?? 0;
    if (path.has(name)) return undefined;
    path.add(name);
    let depth = 1;
    for (const other of needs.get(name) ?? []) {
      const below = depthOf(other);
      if (below === undefined) return undefined;
      depth = Math.max(depth, below + 1);
    }
    path.delete(name);
    depths.set(name, depth);
    return depth;
  };
  for (const { name, tensor } of started) {
    if (depthOf(name) !== undefined) continue;
    const names = [...path];
    reportStartCircle(collector, names.slice(names.indexOf(name)), tensor.span);
    return undefined;
  }
  return { fn, draws, rounds: Math.max(...depths.values()), needs };
}

/** The inputs that each output is made of. */
function namesNeeded(fn: GraphFunction): ReadonlyMap<string, ReadonlySet<string>> {
  const made = new Map<ValueId, ReadonlySet<string>>();
  for (const id of fn.inputs) made.set(id, new Set([fn.names[id] ?? ""]));
  for (const { operands, results } of fn.instructions) {
    const names = new Set(operands.flatMap((id) => [...(made.get(id) ?? [])]));
    for (const id of results) made.set(id, names);
  }
  return new Map(fn.outputs.map((id, i) => [fn.outputNames[i] ?? "", made.get(id) ?? new Set<string>()]));
}

/** The initialisers with those that depend on draws marked: a new instance does not have them. */
export function markRandom<T extends { readonly name: string; readonly initializer: Initializer }>(
  tensors: readonly T[],
  all: readonly T[],
  starts: LoweredStarts | undefined,
): T[] {
  if (starts === undefined) return [...tensors];
  const known = [...all, ...starts.draws];
  const random = new Set(known.flatMap(({ name, initializer }) => (isDrawn(initializer) ? [name] : [])));
  for (let round = 0; round < starts.rounds; round++) {
    for (const [name, needs] of starts.needs) if ([...needs].some((need) => random.has(need))) random.add(name);
  }
  return tensors.map((tensor) =>
    tensor.initializer.kind === "computed" && random.has(tensor.name)
      ? { ...tensor, initializer: { kind: "computed", random: true } }
      : tensor,
  );
}

/** How many heads a draw has, each drawn for itself. */
export function headsOf({ heads }: Pick<LoweredDraw, "heads">, sizes: ReadonlyMap<string, number>): number {
  const count = heads.reduce((product, size) => product * evaluateDim(size, sizes), 1);
  invariant(Number.isInteger(count), "heads without a size");
  return count;
}
