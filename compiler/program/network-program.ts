/** A network as a program: its tensors have their whole shapes, and its losses are shared by all examples. */
import { at } from "../base/at.js";
import { GraphBuilder, type NamedOutput } from "../ir/graph/build.js";
import { inlineFunction, mapped } from "../ir/graph/rewrite.js";
import type { GraphFunction, ValueId } from "../ir/graph/graph-function.js";
import { outputName, typeOf } from "../ir/graph/values.js";
import { shapeContext } from "../ir/graph/shape-rules.js";
import { buildStarts } from "./cell-program.js";
import type { DiagnosticCollector } from "../base/diagnostics/diagnostic.js";
import type { DeclaredCall, LoweredNetwork, LoweredTensor } from "./base/lowered-cell.js";
import type { Program, ProgramCall, ProgramTensor } from "./program.js";
import { checkLengths, splitLengths } from "./sequences/found-lengths.js";
import { inputsReaching } from "./reach.js";
import type { StreamSearch } from "./sequences/find-stream.js";
import { hasInFront, searchStream, streamedNetwork } from "./sequences/network-stream.js";
import { nameInPart, nameOfRole, type TensorKind } from "./base/roles.js";
import { settledProgram } from "./settled.js";
import { partsOfLoss } from "../../runtime/module/loss-parts.js";

const each =
  (shared: boolean) =>
  <Tensor extends LoweredTensor>(tensor: Tensor) => ({ ...tensor, over: [], shared });

/** What becomes of the equations of a network before they are those of entries, in this order. */
export const networkStages = {
  losses: "sum losses over the batch, and call inputs and outputs by what they are",
  "stream-states":
    "make states of what a stream knows of what came before, and contexts of what is the same for all of it",
  lengths: "find lengths that values tell by a function of their own",
} as const;

type NetworkStage = keyof typeof networkStages;

/** @param entry which will begin with it */
type NetworkObserver = (stage: NetworkStage, entry: string, fn: GraphFunction) => void;

/** @param observe called with what each stage gives, of parts too */
export function programOfNetwork(network: LoweredNetwork, observe?: NetworkObserver): Program {
  const seen = (stage: NetworkStage, ...given: readonly (GraphFunction | undefined)[]): void => {
    for (const fn of given) if (fn !== undefined) observe?.(stage, fn.name, fn);
  };
  const { name, documentation, dimensions, axes, starts } = network;
  const { forward: equations, placed } = buildForward(network);
  seen("losses", equations);
  const isForLosses = onlyForLosses(network, equations);
  const { stream, contexts, made } = streamedNetwork(network, equations, isForLosses);
  seen("stream-states", made.forward, made.initial);
  const isStateForLosses = onlyForLosses({ ...network, states: made.states, randoms: made.randoms }, made.forward);
  const along = overSequence(stream);
  const { forward, values, randoms, ...lengths } = splitLengths(made.forward, { ...network, randoms: made.randoms });
  if (network.found.length > 0) seen("lengths", forward, lengths.found?.fn);
  const program = {
    name,
    documentation,
    dimensions,
    axes,
    requires: network.requires,
    stream,
    inputs: network.inputs
      .filter((input) => !contexts.includes(input))
      .map((input) => along({ ...input, ...(isForLosses(input.name) && { forLosses: true }) })),
    losses: network.losses.map((loss) => loss.name),
    settings: network.settings.map(each(false)),
    contexts: contexts.map(each(false)),
    states: made.states.map((state) =>
      each(false)({ ...state, ...(isStateForLosses(state.name) && { forLosses: true }) }),
    ),
    params: network.params.map(each(true)),
    fixed: network.fixed.map(each(true)),
    randoms: randoms.map(along),
    outputs: [...network.outputs.map(along), ...lossTensors(network)],
    ...(network.ownAxes && { ownAxes: network.ownAxes }),
    ...(network.parts && {
      parts: network.parts.map(({ network: part, ...named }) => ({
        ...named,
        program: programOfNetwork(part, (stage, entry, fn) => observe?.(stage, nameInPart(named.name, entry), fn)),
      })),
    }),
    forward,
    ...lengths,
    initial: made.initial,
    starts: starts && {
      fn: buildStarts(network, starts),
      rounds: starts.rounds,
      draws: starts.draws.map(each(true)),
    },
    declaredDerivatives: [...new Set(network.declared.map((declared) => declared.name))],
    declared: network.declared.map((derivative) => ({
      ...derivative,
      calls: derivative.calls.map((call) => {
        const moved = movedCall(placed(call), made.values);
        return values.size === 0 ? moved : movedCall(moved, values);
      }),
    })),
  };
  return settledProgram(program);
}

/** Reports lengths that cannot be found. */
export function checkNetworkLengths(network: LoweredNetwork, collector: DiagnosticCollector): void {
  if (network.found.length > 0) checkLengths(network, buildForward(network).forward, collector);
}

/** Along which sequence it streams, or what is in the way. */
export const searchNetwork = (network: LoweredNetwork): StreamSearch =>
  searchStream(network, buildForward(network).forward);

/** Where a call stands among the values that the equations have become. */
const movedCall = (
  { scans: [scan, ...inside], ...call }: ProgramCall,
  values: ReadonlyMap<ValueId, ValueId>,
): ProgramCall =>
  scan === undefined
    ? { ...call, scans: [], arguments: call.arguments.map((id) => mapped(values, id)) }
    : { ...call, scans: [mapped(values, scan), ...inside] };

/** Of each example, along the sequence of the stream where it has that in front. */
const overSequence =
  (symbol: string | undefined) =>
  <Tensor extends LoweredTensor>(tensor: Tensor) => {
    const isAlong = symbol !== undefined && hasInFront(tensor.shape, symbol);
    return {
      ...tensor,
      over: isAlong ? [symbol] : [],
      shape: isAlong ? tensor.shape.slice(1) : tensor.shape,
      shared: false,
    };
  };

/** Which inputs, and which states, no result but losses is made of. What a state is last is a result where it is one before that. */
function onlyForLosses(network: LoweredNetwork, forward: GraphFunction): (tensor: string) => boolean {
  const { losses, outputs } = network;
  if (losses.length === 0) return () => false;
  const { inputs, states, randoms } = network;
  const needed = new Set<string>();
  const wanted = new Set([
    ...outputs.map(({ name }) => nameOfRole({ kind: "output", name })),
    ...network.found.map(({ symbol }) => nameOfRole({ kind: "found", name: symbol })),
  ]);
  for (let count = -1; count < wanted.size;) {
    count = wanted.size;
    const ends = forward.outputs.filter((_, i) => wanted.has(outputName(forward, i)));
    const reached = inputsReaching(forward, ends, { through: ({ operands }) => operands });
    const isReached = (kind: TensorKind, name: string): boolean => reached.has(nameOfRole({ kind, name }));
    for (const { name } of inputs) if (isReached("input", name)) needed.add(name);
    for (const { name } of states) if (isReached("initial", name)) needed.add(name);
    // What is drawn is told by the state that counts.
    for (const { name, counter } of randoms)
      if (counter !== undefined && isReached("random", name)) needed.add(counter);
    for (const { name } of states) if (needed.has(name)) wanted.add(nameOfRole({ kind: "final", name }));
  }
  return (tensor) => !needed.has(tensor);
}

const lossTensors = ({ losses }: LoweredNetwork): ProgramTensor[] =>
  losses.flatMap(({ name, documentation }) =>
    partsOfLoss(name).map((part) => ({ name: part, documentation, over: [], shape: [], shared: true })),
  );

/** What was lowered with what makes losses of the batch of it, and where its calls stand there. */
function buildForward(network: LoweredNetwork): {
  readonly forward: GraphFunction;
  readonly placed: (call: DeclaredCall) => ProgramCall;
} {
  const { whole, axes, outputs, states, losses } = network;
  const b = new GraphBuilder("forward", shapeContext(axes));
  const named = (kind: TensorKind, tensors: readonly LoweredTensor[]): string[] =>
    tensors.map(({ name }) => nameOfRole({ kind, name }));
  const names = [
    ...named("initial", states),
    ...named("input", network.inputs),
    ...named("setting", network.settings),
    ...named("random", network.randoms),
    ...named("param", network.params),
    ...named("fixed", network.fixed),
  ];
  const inputs = whole.inputs.map((id, i) => b.input(at(names, i), typeOf(whole, id)));
  const shown = network.declared.flatMap(({ calls }) => calls.flatMap(outermost));
  const results = inlineFunction(b, { ...whole, outputs: [...whole.outputs, ...shown] }, inputs);
  const values = new Map(shown.map((id, i) => [id, at(results, whole.outputs.length + i)]));
  const plain = [...named("output", outputs), ...named("final", states)];
  const given: NamedOutput[] = plain.map((name, i) => ({ name, value: at(results, i) }));
  const [own, ends] = [given.slice(0, outputs.length), given.slice(outputs.length)];
  let place = plain.length;
  const ofBatch = losses.flatMap(({ name, weighted }) => {
    const value = at(results, place++);
    const weight = weighted ? at(results, place++) : undefined;
    const parts = lossOfBatch(b, value, weight);
    const named = partsOfLoss(name);
    return parts.map((part, i) => ({ name: nameOfRole({ kind: "output", name: at(named, i) }), value: part }));
  });
  const placed = ({ scans: [scan, ...inside], arguments: ids }: DeclaredCall): ProgramCall =>
    scan === undefined
      ? { of: "forward", scans: [], arguments: ids.map((id) => mapped(values, id)) }
      : { of: "forward", scans: [mapped(values, scan), ...inside], arguments: ids };
  const lengths = network.found.map(({ symbol }) => ({
    name: nameOfRole({ kind: "found", name: symbol }),
    value: at(results, place++),
  }));
  return { forward: b.finish([...own, ...ofBatch, ...ends, ...lengths]), placed };
}

/** What says of a call where it stands: its loop, or its arguments where it is in none. */
const outermost = ({ scans, arguments: ids }: DeclaredCall): readonly ValueId[] =>
  scans.length === 0 ? ids : scans.slice(0, 1);

/** The quotient of the sums over the batch, 0 where there is nothing to divide by; then the two. */
function lossOfBatch(b: GraphBuilder, value: ValueId, weight: ValueId | undefined): [ValueId, ValueId, ValueId] {
  const sum = b.emit({ kind: "batch_sum" }, [b.perExample(value)]);
  const total = b.emit({ kind: "batch_sum" }, [b.perExample(weight ?? b.constant(1))]);
  const zero = b.constant(0);
  const isNothing = b.map("eq", total, zero);
  const divisor = b.map("select", isNothing, b.constant(1), total);
  return [b.map("select", isNothing, zero, b.map("div", sum, divisor)), sum, total];
}
