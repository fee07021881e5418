/** From one step to the whole sequence: the smallest network, one scan over a cell's step. */
import { GraphBuilder } from "../ir/graph/build.js";
import { inlineFunction } from "../ir/graph/rewrite.js";
import type { GraphFunction, ValueId, ValueType } from "../ir/graph/types.js";
import type { LoweredCell } from "../lower/lowered-cell.js";
import { type ShapeContext, shapeContext } from "../ops/shape-rules.js";
import { dimSymbol, TIME_SYMBOL } from "../types/dim.js";
import type { Shape } from "../types/shape.js";

export function cellContext(cell: LoweredCell): ShapeContext {
  return shapeContext(cell.runtimeDimensions);
}

const real = (shape: Shape, shared = false): ValueType => ({ dtype: "real", shape, shared });

/** `forward`: the step over all of `%T`, with the buffer names of `sequence-program.ts`. */
export function buildForward(cell: LoweredCell): GraphFunction {
  const b = new GraphBuilder("forward", cellContext(cell));
  const length = dimSymbol(TIME_SYMBOL);
  const states = cell.states.map((state) => b.input(`initial.${state.name}`, real(state.shape)));
  const inputs = cell.inputs.map((input) =>
    b.input(`input.${input.name}`, { dtype: input.dtype, shape: [length, ...input.shape], shared: false }),
  );
  const contexts = cell.contexts.map((context) => b.input(`context.${context.name}`, real(context.shape)));
  const params = cell.params.map((param) => b.input(`param.${param.name}`, real(param.shape, true)));
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
      name: `output.${output.name}`,
      value: results[states.length + i] as ValueId,
    })),
    ...cell.states.map((state, i) => ({ name: `final.${state.name}`, value: results[i] as ValueId })),
  ]);
}

/** `initial`: the computed initial values of the states; undefined where all start at zero. */
export function buildInitial(cell: LoweredCell): GraphFunction | undefined {
  if (cell.initial === undefined) return undefined;
  const b = new GraphBuilder("initial", cellContext(cell));
  const inputs = [
    ...cell.contexts.map((context) => b.input(`context.${context.name}`, real(context.shape))),
    ...cell.params.map((param) => b.input(`param.${param.name}`, real(param.shape, true))),
  ];
  const outputs = inlineFunction(b, cell.initial, inputs);
  return b.finish(outputs.map((value, i) => ({ name: `initial.${cell.initial?.outputNames[i] ?? String(i)}`, value })));
}
