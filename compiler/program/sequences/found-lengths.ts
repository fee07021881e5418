/**
 * Lengths that values tell, `over L <= N until c`. In the equations of a network L is a dimension like those that calls give. Which it is is found
 * before they run, by a function of its own: the condition at all N places, as if none of them ended. That is right up to the first place where it
 * holds, as it must depend on no place after its own, nor on L itself.
 */
import type { CallAxis } from "../../base/types/call-axes.js";
import { at } from "../../base/at.js";
import type { DiagnosticCollector } from "../../base/diagnostics/diagnostic.js";
import { type Dim, dimConstant, equalDims, substituteDim } from "../../base/types/dim.js";
import { GraphBuilder } from "../../ir/graph/build.js";
import { ScanBuilder } from "../../ir/graph/build-scan.js";
import { countedSteps } from "../../ir/graph/counted-steps.js";
import { functionWithDims } from "../../ir/graph/map-dims.js";
import { copyInstruction, inlineFunction, mapped, neededIn, outputsLike } from "../../ir/graph/rewrite.js";
import type { GraphFunction, Instruction, ValueId } from "../../ir/graph/graph-function.js";
import { nameOf, typeOf } from "../../ir/graph/values.js";
import { shapeContext } from "../../ir/graph/shape-rules.js";
import { causalityOf, isCausal, reachOfInput } from "./causality.js";
import { ElementByElement } from "../frame/element-by-element.js";
import { describeObstacle, PathSearch } from "./find-stream.js";
import type { FoundDimension, LoweredNetwork, LoweredRandom } from "../base/lowered-cell.js";
import { nameOfRole } from "../base/roles.js";

/** What finds the lengths of a program: it gives a number of places for each of them. */
export interface LengthFinder {
  readonly dimensions: readonly FoundDimension[];
  readonly fn: GraphFunction;
}

const foundName = ({ symbol }: FoundDimension): string => nameOfRole({ kind: "found", name: symbol });

interface SplitLengths {
  /** The equations without what lengths are found by. */
  readonly forward: GraphFunction;
  /** Where their values are now. */
  readonly values: ReadonlyMap<ValueId, ValueId>;
  readonly randoms: readonly LoweredRandom[];
  readonly found?: LengthFinder;
}

/** The equations, and what finds their lengths, where there are some. */
export function splitLengths(
  forward: GraphFunction,
  { found, axes, randoms }: Pick<LoweredNetwork, "found" | "axes" | "randoms">,
): SplitLengths {
  if (found.length === 0) return { forward, values: new Map(), randoms };
  const names = found.map(foundName);
  const only = (isWanted: (name: string) => boolean): GraphFunction => {
    const kept = forward.outputNames.map(isWanted);
    return {
      ...forward,
      outputs: forward.outputs.filter((_, i) => kept[i]),
      outputNames: forward.outputNames.filter((_, i) => kept[i]),
    };
  };
  const most = new Map(found.map((own) => [own.symbol, own.most]));
  const dim = (own: Dim): Dim => substituteDim(own, most);
  const whole = functionWithDims(
    only((name) => names.includes(name)),
    { size: dim, number: dim },
  );
  const builder = new GraphBuilder("lengths", shapeContext(axes));
  const given = whole.inputs.map((id) => builder.input(nameOf(whole, id), typeOf(whole, id)));
  const fn = builder.finish(
    found.map((own) => {
      const stop = at(whole.outputs, whole.outputNames.indexOf(foundName(own)));
      const equations = { ...whole, outputs: [stop], outputNames: [foundName(own)] };
      const value =
        countedLength(builder, equations, given) ?? lengthOf(builder, at(inlineFunction(builder, equations, given), 0));
      return { name: foundName(own), value };
    }),
  );
  const left = only((name) => !names.includes(name));
  return {
    ...withWholeDraws(left, dim, axes),
    randoms: randoms.map((random) => ({ ...random, shape: random.shape.map(dim) })),
    found: { dimensions: found, fn },
  };
}

/**
 * The function that finds a length and the equations read the same draws. Where these are for each place up to the end, as many are drawn as there
 * may be places, and the equations take the first of them.
 */
function withWholeDraws(
  fn: GraphFunction,
  whole: (dim: Dim) => Dim,
  axes: readonly CallAxis[],
): Pick<SplitLengths, "forward" | "values"> {
  const b = new GraphBuilder(fn.name, shapeContext(axes));
  const values = new Map<ValueId, ValueId>();
  for (const id of fn.inputs) {
    const type = typeOf(fn, id);
    const input = b.input(nameOf(fn, id), { ...type, shape: type.shape.map(whole) });
    values.set(
      id,
      type.shape.reduce(
        (value, length, axis) => (equalDims(whole(length), length) ? value : b.slice(value, axis, zero, length)),
        input,
      ),
    );
  }
  for (const instruction of fn.instructions) copyInstruction(b, fn, instruction, values);
  const ends = fn.outputs.map((id) => mapped(values, id));
  return { forward: b.finish(outputsLike(fn, ends)), values };
}

const zero = dimConstant(0);

/**
 * The same place by place, in one loop that can end for an example where its length does; undefined where something of the equations looks at other
 * places than its own and those before.
 */
function countedLength(
  builder: GraphBuilder,
  equations: GraphFunction,
  given: readonly ValueId[],
): ValueId | undefined {
  const { instructions } = neededIn(equations);
  const source = new GraphBuilder("places", builder.context);
  const inner = equations.inputs.map((id) => source.input(nameOf(equations, id), typeOf(equations, id)));
  const stops = at(inlineFunction(source, { ...equations, instructions }, inner), 0);
  const length = at(source.shapeOf(stops), 0);
  const loop = new ScanBuilder(source, "count");
  const number = { dtype: "real", shape: [], shared: false } as const;
  const carry = (name: string, first: number): ValueId => loop.input("carried", name, number, source.constant(first));
  const [count, going] = [carry("count", 0), carry("going", 1)];
  const stop = loop.input("sequence", "stop", number, stops);
  const [counted, isOn] = countedSteps(loop.inner, count, going, stop);
  const results = loop.emit({ length, reverse: false, rounds: false, states: [] }, [{ name: "count", value: counted }, { name: "going", value: isOn }]); // prettier-ignore
  const isInside = ({ operation }: Instruction): boolean =>
    operation.kind === "scan" && equalDims(operation.length, length) && !operation.reverse;
  const brought = new Map(inner.map((id, i) => [id, at(given, i)]));
  const walk = new ElementByElement(builder, source, { length, reverse: false, brought, fed: new Map(), isInside });
  return walk.run([]) === undefined ? walk.outside(at(results, 0)) : undefined;
}

/** How many places there are up to the first that is not 0, and that one; all where none is. */
function lengthOf(builder: GraphBuilder, stops: ValueId): ValueId {
  const shape = builder.shapeOf(stops);
  const length = at(shape, 0);
  const count = builder.dimension(length);
  const places = builder.map("add", builder.iota(length), builder.constantOf(1, shape));
  const isEnd = builder.map("ne", stops, builder.constantOf(0, shape));
  const ends = builder.map("select", isEnd, places, builder.fill(count, shape));
  return builder.map("min", count, builder.reduce("min", ends, [0]));
}

/** Reports where what a length is found by needs it, or what comes after its place. */
export function checkLengths(
  { found }: Pick<LoweredNetwork, "found">,
  forward: GraphFunction,
  collector: DiagnosticCollector,
): void {
  for (const { symbol, span } of found) {
    const given = forward.inputs.map((id) => reachOfInput(typeOf(forward, id).shape, symbol));
    const causality = causalityOf(forward, symbol, given, true);
    for (const other of found) {
      const id = at(forward.outputs, forward.outputNames.indexOf(foundName(other)));
      const reach = causality.reaches.get(id);
      const isOwn = other.symbol === symbol;
      if (isOwn ? reach?.kind === "along" && reach.axis === 0 && isCausal(reach) : reach?.kind === "same") continue;
      const name = forward.names[id] ?? "until";
      const path = new PathSearch(forward, causality, new Map()).from(id, name);
      const why = isOwn
        ? describeObstacle({ output: name, axis: symbol, ...path })
        : `the end of \`${other.symbol}\` depends on it`;
      collector.report("length-known-later", span, `\`${symbol}\` is known when its last place is: ${why}`, {
        help: "up to there an element is made of what there is up to its place, and of sizes that the call gives",
      });
    }
  }
}
