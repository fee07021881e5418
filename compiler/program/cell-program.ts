/** From one step to whole sequences: the smallest program, one scan over a cell's step. */
import { GraphBuilder } from "../ir/graph/build.js";
import { inlineFunction, mapped } from "../ir/graph/rewrite.js";
import type { GraphFunction, ValueId, ValueType } from "../ir/graph/graph-function.js";
import { cellAxes } from "../base/types/call-axes.js";
import { dimSymbol, TIME_SYMBOL } from "../base/types/dim.js";
import type { Shape } from "../base/types/shape.js";
import { type ShapeContext, shapeContext } from "../ir/graph/shape-rules.js";
import { at } from "../base/at.js";
import type { LoweredCell, LoweredStarts, LoweredTensor } from "./base/lowered-cell.js";
import type { Program, ProgramCall, ProgramDerivative } from "./program.js";
import { nameOfRole, type TensorKind } from "./base/roles.js";
import { settledProgram } from "./settled.js";

const nameOf = (kind: TensorKind, { name }: { readonly name: string }): string => nameOfRole({ kind, name });

export const cellContext = (cell: Pick<LoweredCell, "runtimeDimensions">): ShapeContext =>
  shapeContext(cellAxes(cell.runtimeDimensions));

/** A cell over its steps. */
export function programOfCell(cell: LoweredCell): Program {
  const { name, documentation, dimensions, runtimeDimensions } = cell;
  const each =
    (over: readonly string[], shared = false) =>
    <Tensor extends LoweredTensor>(tensor: Tensor) => ({ ...tensor, over, shared });
  const forward = buildForward(cell);
  const initial = buildInitial(cell);
  const program = {
    name,
    documentation,
    dimensions,
    axes: cellAxes(runtimeDimensions),
    stream: TIME_SYMBOL,
    inputs: cell.inputs.map(each([TIME_SYMBOL])),
    contexts: cell.contexts.map(each([])),
    states: cell.states.map(each([])),
    params: cell.params.map(each([], true)),
    fixed: cell.fixed.map(each([], true)),
    randoms: cell.randoms.map((random) => each(random.isInitial ? [] : [TIME_SYMBOL])(random)),
    outputs: cell.outputs.map(each([TIME_SYMBOL])),
    forward,
    initial: initial?.fn,
    starts: cell.starts && {
      fn: buildStarts(cell, cell.starts),
      rounds: cell.starts.rounds,
      draws: cell.starts.draws.map(each([], true)),
    },
    declaredDerivatives: [...new Set(cell.declared.map((declared) => declared.name))],
    declared: placeCalls(cell, forward, initial?.values ?? new Map<ValueId, ValueId>()),
  };
  return settledProgram(program);
}

/** Where calls stand in the functions of the program. */
function placeCalls(
  { declared }: LoweredCell,
  { instructions }: GraphFunction,
  inInitial: ReadonlyMap<ValueId, ValueId>,
): ProgramDerivative[] {
  const loop = at(instructions, 0);
  return declared.map(({ calls, ...derivative }) => ({
    ...derivative,
    calls: calls.map(({ within, arguments: ids }): ProgramCall =>
      within === "step"
        ? { of: "forward", scans: [at(loop.results, 0)], arguments: ids }
        : { of: "initial", scans: [], arguments: ids.map((id) => mapped(inInitial, id)) },
    ),
  }));
}

const real = (shape: Shape, shared = false): ValueType => ({ dtype: "real", shape, shared });

function storedInputs(b: GraphBuilder, { params, fixed }: Pick<LoweredCell, "params" | "fixed">): ValueId[] {
  const input = (kind: TensorKind, tensor: LoweredTensor): ValueId =>
    b.input(nameOf(kind, tensor), real(tensor.shape, true));
  return [...params.map((param) => input("param", param)), ...fixed.map((value) => input("fixed", value))];
}

/** `forward`: the step over all of `%T`. */
function buildForward(cell: LoweredCell): GraphFunction {
  const b = new GraphBuilder("forward", cellContext(cell));
  const length = dimSymbol(TIME_SYMBOL);
  const states = cell.states.map(({ dtype = "real", ...state }) =>
    b.input(nameOf("initial", state), { ...real(state.shape), dtype }),
  );
  const inputs = cell.inputs.map((input) =>
    b.input(nameOf("input", input), { dtype: input.dtype, shape: [length, ...input.shape], shared: false }),
  );
  const drawn = cell.randoms
    .filter(({ isInitial }) => !isInitial)
    .map((random) => b.input(nameOf("random", random), real([length, ...random.shape])));
  const contexts = cell.contexts.map((context) => b.input(nameOf("context", context), real(context.shape)));
  const stored = storedInputs(b, cell);
  const results = b.emitAll(
    {
      kind: "scan",
      body: cell.step,
      length,
      carried: states.length,
      sequences: inputs.length + drawn.length,
      reverse: false,
      rounds: false,
      states: [],
    },
    [...states, ...inputs, ...drawn, ...contexts, ...stored],
    { origin: { note: `${cell.name} over time` }, round: undefined },
  );
  return b.finish([
    ...cell.outputs.map((output, i) => ({
      name: nameOf("output", output),
      value: at(results, states.length + i),
    })),
    ...cell.states.map((state, i) => ({ name: nameOf("final", state), value: at(results, i) })),
  ]);
}

/** `start`: the computed initial values of params. */
export function buildStarts(cell: Pick<LoweredCell, "params" | "fixed">, { fn, draws }: LoweredStarts): GraphFunction {
  const b = new GraphBuilder("start", shapeContext([]));
  const drawn = (draw: LoweredTensor): ValueId => b.input(nameOf("draw", draw), real(draw.shape, true));
  const outputs = inlineFunction(b, fn, [...storedInputs(b, cell), ...draws.map(drawn)]);
  return b.finish(
    outputs.map((value, i) => ({ name: nameOf("start", { name: fn.outputNames[i] ?? String(i) }), value })),
  );
}

/** `initial`: the computed initial values of the states; undefined where all start at zero. */
function buildInitial(
  cell: LoweredCell,
): { readonly fn: GraphFunction; readonly values: ReadonlyMap<ValueId, ValueId> } | undefined {
  if (cell.initial === undefined) return undefined;
  const b = new GraphBuilder("initial", cellContext(cell));
  const drawn = cell.randoms.filter(({ isInitial }) => isInitial);
  const inputs = [
    ...drawn.map((random) => b.input(nameOf("random", random), real(random.shape))),
    ...cell.contexts.map((context) => b.input(nameOf("context", context), real(context.shape))),
    ...storedInputs(b, cell),
  ];
  // What functions with declared derivatives are called with keeps its place as well.
  const shown = cell.declared.flatMap(({ calls }) =>
    calls.flatMap(({ within, arguments: ids }) => (within === "initial" ? ids : [])),
  );
  const { outputs, outputNames } = cell.initial;
  const results = inlineFunction(b, { ...cell.initial, outputs: [...outputs, ...shown] }, inputs);
  const fn = b.finish(
    outputs.map((_, i) => ({
      name: nameOfRole({ kind: "initial", name: outputNames[i] ?? String(i) }),
      value: at(results, i),
    })),
  );
  return { fn, values: new Map(shown.map((id, i) => [id, at(results, outputs.length + i)])) };
}
