/** Along which sequence the outputs of a network can be computed element by element, or what looks ahead on the shortest way from one. */
import type { SizedAxis } from "../../base/types/call-axes.js";
import { at } from "../../base/at.js";
import type { Span } from "../../base/source/span.js";
import { constantOf, type Dim, dimSymbol, equalDims, printDim, symbolsOf } from "../../base/types/dim.js";
import { definitions } from "../../ir/graph/rewrite.js";
import type { GraphFunction, Instruction, ValueId } from "../../ir/graph/graph-function.js";
import { typeOf } from "../../ir/graph/values.js";
import { type Causality, causalityOf, isCausal, type Reach, reachOfInput } from "./causality.js";
import { nameOfRole } from "../base/roles.js";

/** Why it cannot stream. */
export interface StreamObstacle {
  readonly output: string;
  /** Along which it was tried; undefined where the output has no sequence in front. */
  readonly axis: string | undefined;
  /** Names of what stands between the output and what looks ahead, from the output on. */
  readonly path: readonly string[];
  /** What the last of these does. */
  readonly what: string;
  readonly span: Span | undefined;
}

export type StreamSearch =
  | { readonly symbol: string; readonly causality: Causality; readonly obstacle?: undefined }
  | { readonly symbol?: undefined; readonly obstacle: StreamObstacle | undefined };

/**
 * @param inputs names of the network's inputs
 * @param outputs that a step gives: all but losses
 * @param axes the sequences that there are
 */
export function findStream(
  forward: GraphFunction,
  inputs: readonly string[],
  outputs: readonly string[],
  axes: readonly SizedAxis[],
): StreamSearch {
  const places = outputs.map((name) => forward.outputNames.indexOf(nameOfRole({ kind: "output", name })));
  const fronts = places.map((place) => frontOf(forward, at(forward.outputs, place), axes));
  const symbol = fronts.find((front) => front !== undefined);
  const without = fronts.findIndex((front) => front !== symbol || front === undefined);
  if (without >= 0 || symbol === undefined) {
    const output = outputs[Math.max(without, 0)];
    if (output === undefined) return { obstacle: undefined };
    const [first] = typeOf(forward, at(forward.outputs, at(places, Math.max(without, 0)))).shape;
    const isMade = first !== undefined && axes.some((axis) => symbolsOf(first).includes(axis.symbol));
    const otherwise = isMade ? `has ${printDim(first)} elements, and a step gives one for each that it is given` : "has no sequence in front"; // prettier-ignore
    const what = symbol === undefined ? otherwise : `does not have ${printDim(dimSymbol(symbol))} in front`;
    return { obstacle: { output, axis: symbol, path: [], what, span: undefined } };
  }
  const given = forward.inputs.map((id) => reachOfInput(typeOf(forward, id).shape, symbol));
  const causality = causalityOf(forward, symbol, given);
  const shown = new Map(inputs.map((name) => [nameOfRole({ kind: "input", name }), name]));
  for (const [i, place] of places.entries()) {
    const id = at(forward.outputs, place);
    const reach = causality.reaches.get(id);
    if (reach?.kind === "along" && reach.axis === 0 && isWholeAlong(reach.extra) && isCausal(reach)) continue;
    return { obstacle: { output: at(outputs, i), axis: symbol, ...new PathSearch(forward, causality, shown).from(id, at(outputs, i)) } }; // prettier-ignore
  }
  return { symbol, causality };
}

const isWholeAlong = (extra: Dim): boolean => constantOf(extra) === 0;

function frontOf(fn: GraphFunction, id: ValueId, axes: readonly SizedAxis[]): string | undefined {
  const [first] = typeOf(fn, id).shape;
  return first && axes.find(({ symbol }) => equalDims(first, dimSymbol(symbol)))?.symbol;
}

/** Finds what looks ahead. */
export class PathSearch {
  private readonly fn: GraphFunction;
  private readonly causality: Causality;
  private readonly defined: ReadonlyMap<ValueId, Instruction>;
  /** What people call inputs. */
  private readonly shown: ReadonlyMap<string, string>;

  constructor(fn: GraphFunction, causality: Causality, shown: ReadonlyMap<string, string>) {
    this.fn = fn;
    this.causality = causality;
    this.shown = shown;
    this.defined = definitions(fn);
  }

  /** The nearest to the output that looks ahead, and the names on the way there. */
  from(output: ValueId, own: string): Pick<StreamObstacle, "path" | "what" | "span"> {
    const cameFrom = new Map<ValueId, ValueId | undefined>([[output, undefined]]);
    for (const id of cameFrom.keys()) {
      const found = this.faultAt(id);
      if (found !== undefined) return { path: this.names(cameFrom, id, own), ...found };
      for (const operand of this.defined.get(id)?.operands ?? [])
        if (!cameFrom.has(operand) && this.isAhead(operand)) cameFrom.set(operand, id);
    }
    return { path: [], what: "is known after the last element only", span: this.spanOf(output) };
  }

  private faultAt(id: ValueId): Pick<StreamObstacle, "what" | "span"> | undefined {
    const instruction = this.defined.get(id);
    if (instruction === undefined) {
      const isElsewhere = this.reachOf(id).kind === "ahead";
      return isElsewhere ? { what: "has the sequence elsewhere than in front", span: undefined } : undefined;
    }
    const fault = this.causality.faults.get(at(instruction.results, 0));
    if (fault !== undefined) {
      const { what, instruction: where } = fault;
      return { what, span: where.origin.span ?? instruction.origin.span };
    }
    const own = this.reachOf(id);
    const isFirst = own.kind === "along" && !isCausal(own) && !instruction.operands.some((operand) => this.isAhead(operand)); // prettier-ignore
    if (!isFirst) return undefined;
    const count = own.look === undefined ? undefined : constantOf(own.look);
    const entries = count === 1 ? "an element" : `${own.look === undefined ? "some" : printDim(own.look)} elements`;
    return { what: `looks ${entries} ahead`, span: instruction.origin.span };
  }

  private isAhead(id: ValueId): boolean {
    const reach = this.reachOf(id);
    return reach.kind === "ahead" || reach.kind === "end" || (reach.kind === "along" && !isCausal(reach));
  }

  private reachOf(id: ValueId): Reach {
    return this.causality.reaches.get(id) ?? { kind: "same" };
  }

  private spanOf(id: ValueId): Span | undefined {
    return this.defined.get(id)?.origin.span;
  }

  private names(cameFrom: ReadonlyMap<ValueId, ValueId | undefined>, last: ValueId, own: string): string[] {
    const names: string[] = [];
    for (let id: ValueId | undefined = last; id !== undefined; id = cameFrom.get(id)) {
      const name = this.fn.names[id];
      const shown = name === undefined ? undefined : (this.shown.get(name) ?? name);
      if (shown !== undefined && shown !== own && !names.includes(shown)) names.unshift(shown);
    }
    return names;
  }
}

/** In words: `y`, by `b`: it goes from the last element to the first. */
export function describeObstacle({ output, path, what }: StreamObstacle): string {
  const names = [output, ...path].map((name) => `\`${name}\``);
  return names.length === 1 ? `${names[0] as string} ${what}` : `${names.join(", made of ")}, which ${what}`;
}
