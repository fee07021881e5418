/** A part of a network as a network of its own, in which what is given is an input. */
import { at } from "../../base/at.js";
import { symbolsOf } from "../../base/types/dim.js";
import { functionWithDims } from "../../ir/graph/map-dims.js";
import { neededIn } from "../../ir/graph/rewrite.js";
import type { GraphFunction, ValueId } from "../../ir/graph/graph-function.js";
import type { TypedPart } from "../../language/semantics/typed-networks.js";
import type { TypedCell, TypedItem } from "../../language/semantics/typed-program.js";
import type { LoweredNetwork } from "../base/lowered-cell.js";
import type { SizeCondition } from "../base/size-condition.js";
import { equationAt } from "../frame/size-conditions.js";

/** Its parts, in their order; nothing where it has none. */
export function loweredParts(
  network: TypedCell,
  lower: (cut: TypedCell) => LoweredNetwork,
): Pick<LoweredNetwork, "parts"> {
  if (network.parts.length === 0) return {};
  const parts = network.parts.map((part) => ({
    name: part.name,
    given: part.given.map(({ name }) => name),
    network: onlyNeeded(lower(cutNetwork(network, part))),
  }));
  return { parts };
}

/** What the part needs of the network's equations. */
export function cutNetwork(cell: TypedCell, part: TypedPart): TypedCell {
  const { given, order, outputs, loops, found } = part;
  const names = new Set(given.map(({ name }) => name));
  const inputs = given.map((tensor): TypedItem => ({ kind: "tensor", tensor: { role: "input", ...tensor } }));
  const computed = new Set([...order, ...loops.flatMap(({ members }) => members)]);
  return {
    ...cell,
    obligations: cell.obligations.filter(({ span }) => {
      const equation = equationAt(cell, span);
      return equation === undefined || computed.has(equation);
    }),
    documentation: part.documentation,
    items: [...cell.items, ...inputs],
    nodes: new Map([...cell.nodes].filter(([key]) => !names.has(key))),
    outputs,
    losses: [],
    parts: [],
    found,
    loops,
    stepOrder: order,
  };
}

/** Without inputs, settings, draws and conditions of sizes that have nothing to do with its outputs. */
function onlyNeeded(network: LoweredNetwork): LoweredNetwork {
  const { whole, states, inputs, settings, randoms } = network;
  const { needed, instructions } = neededIn(whole);
  let place = states.length;
  const gone = new Set<ValueId>();
  const ofNeeded = <Tensor>(tensors: readonly Tensor[]): Tensor[] =>
    tensors.filter(() => {
      const id = at(whole.inputs, place++);
      if (!needed.has(id)) gone.add(id);
      return needed.has(id);
    });
  const kept = { inputs: ofNeeded(inputs), settings: ofNeeded(settings), randoms: ofNeeded(randoms) };
  const fn = { ...whole, instructions, inputs: whole.inputs.filter((id) => !gone.has(id)) };
  const axes = axesIn({ ...network, ...kept }, fn);
  const symbols = network.axes.map(({ symbol }) => symbol);
  return {
    ...network,
    ...kept,
    // How params begin, and how far declared derivatives are from the true ones, the whole tells.
    starts: undefined,
    declared: [],
    whole: fn,
    ownAxes: symbols.filter((symbol) => axes.has(symbol)),
    requires: network.requires.filter((condition) => isAbout(condition, symbols, axes)),
  };
}

/** Symbols of sizes that calls give, which tensors or equations have. */
function axesIn(
  { inputs, outputs, states, found: lengths }: LoweredNetwork,
  { types: _, ...fn }: GraphFunction,
): ReadonlySet<string> {
  const found = new Set<string>();
  const note = <D extends Parameters<typeof symbolsOf>[0]>(dim: D): D => {
    for (const symbol of symbolsOf(dim)) found.add(symbol);
    return dim;
  };
  for (const { shape } of [...inputs, ...outputs, ...states]) shape.forEach(note);
  for (const { bound } of [...inputs, ...states]) if (bound !== undefined) note(bound);
  for (const { most } of lengths) note(most);
  functionWithDims({ ...fn, types: [] }, { size: note, number: note });
  return found;
}

/** What is demanded of other sizes alone cannot be asked of a call that has none of them. */
function isAbout({ dim }: SizeCondition, all: readonly string[], own: ReadonlySet<string>): boolean {
  const symbols = symbolsOf(dim).filter((symbol) => all.includes(symbol));
  return symbols.every((symbol) => own.has(symbol));
}
