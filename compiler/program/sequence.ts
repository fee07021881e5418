/** From one step to the whole sequence: the smallest network, one scan over a cell's step. */
import { GraphBuilder } from "../ir/graph/build.js";
import { inlineFunction } from "../ir/graph/rewrite.js";
import type { GraphFunction, ValueId, ValueType } from "../ir/graph/types.js";
import type { LoweredCell } from "./lowered-cell.js";
import { type ShapeContext, shapeContext } from "../ir/ops/shape-rules.js";
import { dimSymbol, TIME_SYMBOL } from "../base/types/dim.js";
import type { Shape } from "../base/types/shape.js";
import { nameOfRole, type Role, type TensorKind } from "./roles.js";

export function cellContext(cell: LoweredCell): ShapeContext {
  return shapeContext(cell.runtimeDimensions);
}

const real = (shape: Shape, shared = false): ValueType => ({ dtype: "real", shape, shared });

const nameOf = (kind: TensorKind, { name }: { readonly name: string }): string => nameOfRole({ kind, name });

/** What the inputs and outputs of `forward` are. */
export function cellRoles(cell: LoweredCell): Role[] {
  const roles = (kind: TensorKind, tensors: readonly { readonly name: string }[]): Role[] =>
    tensors.map(({ name }) => ({ kind, name }));
  return [
    ...roles("initial", cell.states),
    ...roles("input", cell.inputs),
    ...roles("context", cell.contexts),
    ...roles("param", cell.params),
    ...roles("output", cell.outputs),
    ...roles("final", cell.states),
  ];
}

/** `forward`: the step over all of `%T`. */
export function buildForward(cell: LoweredCell): GraphFunction {
  const b = new GraphBuilder("forward", cellContext(cell));
  const length = dimSymbol(TIME_SYMBOL);
  const states = cell.states.map((state) => b.input(nameOf("initial", state), real(state.shape)));
  const inputs = cell.inputs.map((input) =>
    b.input(nameOf("input", input), { dtype: input.dtype, shape: [length, ...input.shape], shared: false }),
  );
  const contexts = cell.contexts.map((context) => b.input(nameOf("context", context), real(context.shape)));
  const params = cell.params.map((param) => b.input(nameOf("param", param), real(param.shape, true)));
  const results = b.emitAll(
    {
      kind: "scan",
      body: cell.step,
      length,
      carried: states.length,
      sequences: inputs.length,
      reverse: false,
    },
    [...states, ...inputs, ...contexts, ...params],
    { note: `${cell.name} over time` },
  );
  return b.finish([
    ...cell.outputs.map((output, i) => ({
      name: nameOf("output", output),
      value: results[states.length + i] as ValueId,
    })),
    ...cell.states.map((state, i) => ({ name: nameOf("final", state), value: results[i] as ValueId })),
  ]);
}

/** `initial`: the computed initial values of the states; undefined where all start at zero. */
export function buildInitial(cell: LoweredCell): GraphFunction | undefined {
  if (cell.initial === undefined) return undefined;
  const b = new GraphBuilder("initial", cellContext(cell));
  const inputs = [
    ...cell.contexts.map((context) => b.input(nameOf("context", context), real(context.shape))),
    ...cell.params.map((param) => b.input(nameOf("param", param), real(param.shape, true))),
  ];
  const outputs = inlineFunction(b, cell.initial, inputs);
  const names = cell.initial.outputNames;
  return b.finish(
    outputs.map((value, i) => ({ name: nameOfRole({ kind: "initial", name: names[i] ?? String(i) }), value })),
  );
}
