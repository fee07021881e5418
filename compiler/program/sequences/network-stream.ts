/** A network as a stream: along which sequence, which of its inputs are the same for all of it, and what it keeps. */
import { at } from "../../base/at.js";
import { equalDims, dimSymbol } from "../../base/types/dim.js";
import type { Shape } from "../../base/types/shape.js";
import type { GraphFunction } from "../../ir/graph/graph-function.js";
import { nameOf } from "../../ir/graph/values.js";
import { findStream, type StreamSearch } from "./find-stream.js";
import type { LoweredInput, LoweredNetwork } from "../base/lowered-cell.js";
import { nameOfRole } from "../base/roles.js";
import { withSequenceStates, type WithStates } from "./sequence-states.js";

interface StreamedNetwork {
  /** Undefined where it looks ahead. */
  readonly stream: string | undefined;
  readonly contexts: readonly LoweredInput[];
  readonly made: WithStates;
}

export const hasInFront = ([first]: Shape, symbol: string): boolean =>
  first !== undefined && equalDims(first, dimSymbol(symbol));

/** @param forward named by roles, its inputs all of the role `input` */
export function searchStream(
  { inputs, outputs, axes, found }: Pick<LoweredNetwork, "inputs" | "outputs" | "axes" | "found">,
  forward: GraphFunction,
): StreamSearch {
  const names = outputs.map(nameOfTensor);
  const search = findStream(forward, inputs.map(nameOfTensor), names, axes);
  const own = found.find(({ symbol }) => symbol === search.symbol);
  if (own === undefined) return search;
  const what = `ends where its values say: ${own.symbol} is known after the last element`;
  return { obstacle: { output: at(names, 0), axis: own.symbol, path: [], what, span: own.span } };
}

const nameOfTensor = ({ name }: { readonly name: string }): string => name;

export function streamedNetwork(
  network: LoweredNetwork,
  forward: GraphFunction,
  isForLosses: (input: string) => boolean,
): StreamedNetwork {
  const { inputs, settings, params, fixed, axes, states, randoms } = network;
  const search = searchStream(network, forward);
  const { symbol } = search;
  const contexts = inputs.filter(({ name, shape }) => symbol !== undefined && !hasInFront(shape, symbol) && !isForLosses(name)); // prettier-ignore
  const taken = [...inputs, ...settings, ...params, ...fixed].map(({ name }) => name);
  const named = contexts.map(({ name }) => nameOfRole({ kind: "input", name }));
  const stream = symbol === undefined ? undefined : { ...search, contexts: named };
  const made = withSequenceStates({ forward, axes, states, randoms, taken }, stream);
  const given = new Map(contexts.map(({ name }) => [nameOfRole({ kind: "input", name }), nameOfRole({ kind: "context", name })])); // prettier-ignore
  const whole = withContexts(made.forward, given);
  const initial = made.initial && withContexts(made.initial, given);
  return {
    stream: symbol,
    contexts,
    made: { ...made, forward: whole, initial },
  };
}

/** With inputs that are contexts called so, after the other inputs and what is drawn. */
function withContexts(fn: GraphFunction, names: ReadonlyMap<string, string>): GraphFunction {
  if (names.size === 0) return fn;
  const renamed = fn.names.map((name, id) => (fn.inputs.includes(id) ? (names.get(nameOf(fn, id)) ?? name) : name));
  const isContext = (id: number): boolean => names.has(nameOf(fn, id));
  const moved = fn.inputs.filter(isContext);
  const rest = fn.inputs.filter((id) => !isContext(id));
  const stored = rest.findIndex((id) => fn.types[id]?.shared === true);
  const place = stored < 0 ? rest.length : stored;
  return { ...fn, names: renamed, inputs: [...rest.slice(0, place), ...moved, ...rest.slice(place)] };
}
