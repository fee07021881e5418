/**
 * Rounds, written out: the body once for each, where its index is a number. What it selects is then a part of a tensor at a known
 * place, and a choice by the index is made here.
 */
import { at } from "../../base/at.js";
import { invariant } from "../../base/diagnostics/invariant.js";
import { addDims, constantOf, type Dim, dimConstant, printDim, subtractDims, symbolsOf } from "../../base/types/dim.js";
import { GraphBuilder } from "../../ir/graph/build.js";
import type { Standing, ValueId } from "../../ir/graph/graph-function.js";
import { operationLimit } from "../../language/semantics/checker.js";
import { nextKey } from "../../language/semantics/node-keys.js";
import type { SemanticType } from "../../language/semantics/semantic-type.js";
import { typedParts } from "../../language/semantics/typed-parts.js";
import type { TypedCall, TypedExpression, TypedOf, TypedRounds } from "../../language/semantics/typed-program.js";
import type { IndexedPlace, TypedPlace } from "../../language/semantics/typed-sizes.js";
import { broadcastTo } from "../frame/broadcast-to.js";
import { broughtIn, builderAt, dimIn, type Frame, type Lowering, NotLowered, shapeIn } from "../frame/frame.js";
import { bringsInto, loopIn } from "./place-loop.js";
import { asNumber } from "../frame/place-number.js";
import { RoundBody, RoundLoop, type RoundSteps, type RoundStretch, stretchesOf } from "./round-body.js";

/** Under which a frame keeps what the rounds of a group come to. */
const roundsKey = (name: string): string => `${name} after its rounds`;

export function lowerRounds(lowering: Lowering, frame: Frame, { rounds, position }: TypedOf<"rounds">): ValueId {
  const key = (name: string | undefined): string => roundsKey(name ?? "");
  const known = frame.values.get(key(rounds.names[position]));
  if (known !== undefined) return known;
  const values = new Rounds(lowering, frame, rounds).run();
  if (values.length > 1) for (const [i, value] of values.entries()) frame.values.set(key(rounds.names[i]), value);
  return at(values, position);
}

/** Where rounds are after one of them. */
interface AfterRound {
  readonly values: readonly ValueId[];
  /** Whether there is a next one; undefined where nothing has ended them yet. */
  readonly goesOn: ValueId | undefined;
}

/** Where the instructions of a round go, and what names mean there. */
interface RoundSite {
  readonly lowering: Lowering;
  readonly frame: Frame;
}

class Rounds implements RoundSite {
  readonly lowering: Lowering;
  readonly frame: Frame;
  private readonly rounds: TypedRounds;

  constructor(lowering: Lowering, frame: Frame, rounds: TypedRounds) {
    this.lowering = lowering;
    this.frame = frame;
    this.rounds = rounds;
  }

  run(): readonly ValueId[] {
    const { rounds } = this;
    const count = this.count();
    const values = this.repeat(
      count,
      rounds.first.map((first, i) => this.full(this, first, at(rounds.types, i))),
      rounds.until,
    );
    return rounds.implicit ? this.withDerivative(count, values) : values;
  }

  /**
   * What rounds have come to, with the derivative of a value that they leave as it is, `y = f(y, p)`: `dy` is `f_p dp` and `f_y` of itself, a
   * sum of powers of `f_y`. As many terms as there are rounds are the derivative of these rounds once more, from where they ended and not from
   * where they began. Only the derivative reads them.
   */
  private withDerivative(count: number, values: readonly ValueId[]): ValueId[] {
    const builder = builderAt(this.lowering, this.frame, this.rounds);
    const ends = values.map((value) => builder.emit({ kind: "map", op: "stop_gradient", exact: true }, [value]));
    return this.repeat(count, ends, undefined).map((again, i) => {
      const name = at(this.rounds.names, i);
      const tangent = new GraphBuilder(name, builder.context);
      const change = tangent.input(`d${name}`, builder.typeOf(again));
      const same = tangent.finish([{ name, value: change }]);
      const operation = { kind: "custom_derivative", arguments: 1, exact: true, tangent: same } as const;
      return builder.emit(operation, [at(values, i), again]);
    });
  }

  /** The rounds, up to the one after which `until` holds. */
  private repeat(count: number, first: readonly ValueId[], until: TypedExpression | undefined): readonly ValueId[] {
    let state: AfterRound = { values: first, goesOn: undefined };
    for (const { from, count: rounds, steps } of this.stretches(count, first, until)) {
      if (steps !== undefined) state = this.loop(from, rounds, steps, state, until);
      for (let k = from; k < from + rounds && steps === undefined; k++) {
        this.checkLength();
        const lowering = { ...this.lowering, round: this.lowering.builder.instructions.length };
        state = this.round({ lowering, frame: this.frame }, k, state, k + 1 === count ? undefined : until);
      }
    }
    return state.values;
  }

  /** Which of the rounds are alike and too much to be written out. */
  private stretches(
    count: number,
    first: readonly ValueId[],
    until: TypedExpression | undefined,
  ): readonly RoundStretch[] {
    const { rounds, lowering } = this;
    const { mostWrittenOut } = lowering;
    if (count < 2 || mostWrittenOut === Infinity || [...rounds.next, ...(until ? [until] : [])].some(hasSteps))
      return [{ from: 0, count, steps: undefined }];
    const quiet = { ...lowering, noteDeclared: () => undefined };
    const look = (k: number): RoundBody => {
      let found: RoundBody | undefined;
      this.inLoop(quiet, k, { values: first, running: until && first[0] }, until, (body) => {
        found = body;
        return body.given.flatMap(({ operand, isCarried }) => (isCarried ? [operand] : []));
      });
      return found as RoundBody;
    };
    const body = look(0);
    if (body.cost * count <= mostWrittenOut && rounds.index === undefined)
      return [{ from: 0, count, steps: undefined }];
    // Without an index they are all the same.
    const bodies = Array.from({ length: count }, (_, k) => (k === 0 || rounds.index === undefined ? body : look(k)));
    return stretchesOf(bodies, mostWrittenOut);
  }

  /** So many rounds as a loop. */
  private loop(
    from: number,
    count: number,
    steps: RoundSteps,
    { values, goesOn }: AfterRound,
    until: TypedExpression | undefined,
  ): AfterRound {
    const { lowering } = this;
    const declared: Parameters<Lowering["noteDeclared"]>[] = [];
    const noteDeclared: Lowering["noteDeclared"] = (...call) => void declared.push(call);
    const builder = builderAt(lowering, this.frame, this.rounds);
    const running = until && (goesOn === undefined ? builder.constant(1) : asCarried(builder, goesOn));
    const write = (body: RoundBody, there: Standing): ValueId[] => {
      const loop = new RoundLoop(body, steps, count);
      const results = loop.write(there);
      for (const [caller, fn, frame, scans = []] of declared) {
        const isHere = caller === body.inner && body.outer === lowering.builder;
        if (isHere)
          lowering.noteDeclared(body.outer, fn, loop.placed(frame), [at(results, 0), ...loop.placedIds(scans)]);
        else lowering.noteDeclared(caller, fn, frame);
      }
      return results;
    };
    const results = this.inLoop({ ...lowering, noteDeclared }, from, { values, running }, until, write);
    const last = results[values.length];
    return { values: results.slice(0, values.length), goesOn: last && asTruth(builder, last) };
  }

  /** A round in a builder of its own, which `write` makes a loop of: what is carried, then whether it goes on. */
  private inLoop(
    around: Lowering,
    k: number,
    { values, running }: { readonly values: readonly ValueId[]; readonly running: ValueId | undefined },
    until: TypedExpression | undefined,
    write: (body: RoundBody, there: Standing) => ValueId[],
  ): readonly ValueId[] {
    const { frame, rounds } = this;
    const outer = builderAt(around, frame, rounds);
    const name = rounds.names.join(" ");
    const loop = loopIn(outer, name, (base) => new RoundBody(base, name, write));
    const bring = bringsInto(loop, outer);
    const names = [...rounds.names, "goes on"];
    const carried = [...values, ...(running === undefined ? [] : [running])].map((value, i) => {
      const shape = i < values.length ? outer.shapeOf(value) : [];
      return loop.input("carried", at(names, i), { dtype: "real", shape, shared: false }, value);
    });
    const lowering = { ...around, builder: loop.inner, round: undefined };
    const inside = {
      ...frame,
      bring: (value: ValueId) => bring(broughtIn(frame, value)),
      bringOwn: (value: ValueId) => value,
    };
    const builder = builderAt(lowering, frame, rounds);
    const goes = carried[values.length];
    const state = { values: carried.slice(0, values.length), goesOn: goes && asTruth(builder, goes) };
    const next = this.round({ lowering, frame: inside }, k, state, until);
    const all = [...next.values, ...(next.goesOn === undefined ? [] : [asCarried(builder, next.goesOn)])];
    const outputs = all.map((value, i) => ({ name: at(names, i), value }));
    return loop.emit({ length: dimConstant(1), reverse: false, rounds: true, states: [] }, outputs, outer);
  }

  private round(
    site: RoundSite,
    k: number,
    { values, goesOn }: AfterRound,
    until: TypedExpression | undefined,
  ): AfterRound {
    const { next, inside } = this.bodies(site, values, k);
    const { lowering } = site;
    const chosen =
      goesOn === undefined ? next : next.map((value, i) => this.chosen(site, goesOn, value, at(values, i)));
    if (until === undefined) return { values: chosen, goesOn };
    const stops = lowering.lower(lowering, inside, until);
    const builder = builderAt(lowering, this.frame, until);
    const goes = builder.map("not", stops);
    return { values: chosen, goesOn: goesOn === undefined ? goes : builder.map("and", goesOn, goes) };
  }

  private bodies(site: RoundSite, values: readonly ValueId[], k: number): { next: ValueId[]; inside: Frame } {
    const { names, index, from, types, next: bodies } = this.rounds;
    const { frame } = site;
    const roundValues = new Map(names.map((name, i) => [name, at(values, i)]));
    const places = index === undefined ? frame.places : new Map([...(frame.places ?? []), [index, from + k]]);
    const inside: Frame = { ...frame, roundValues, ...(places && { places }) };
    const next = bodies.map((body, i) => {
      const value = this.full({ ...site, frame: inside }, body, at(types, i));
      roundValues.set(nextKey(at(names, i)), value);
      return value;
    });
    return { next, inside };
  }

  /** Repeated to the shape that the name has in every round; an index as the number that it is. */
  private full({ lowering, frame }: RoundSite, node: TypedExpression, type: SemanticType): ValueId {
    const value = lowering.lower(lowering, frame, node);
    const builder = builderAt(lowering, frame, node);
    const number = node.type.kind === "index" ? asNumber(builder, value, dimIn(frame, node.type.bound)) : value;
    return broadcastTo(builder, number, shapeIn(frame, type));
  }

  /** An example that has stopped keeps its value; it is selected, so that nothing the later rounds make of it is read. */
  private chosen({ lowering, frame }: RoundSite, running: ValueId, next: ValueId, before: ValueId): ValueId {
    const builder = builderAt(lowering, frame, this.rounds);
    return builder.map("select", builder.fill(running, builder.shapeOf(next)), next, before);
  }

  private count(): number {
    const { count, span } = this.rounds;
    const dim = dimIn(this.frame, count);
    const constant = constantOf(dim);
    if (constant === undefined) {
      const message = `there are ${printDim(dim)} rounds, and that has no size here`;
      throw new NotLowered(
        "bad-dimension-size",
        span,
        message,
        "rounds are written out: give it a size, which a run-time dimension has not",
        symbolsOf(dim),
      );
    }
    if (constant > operationLimit) this.refuse();
    return constant;
  }

  private checkLength(): void {
    if (this.lowering.builder.instructions.length > operationLimit) this.refuse();
  }

  private refuse(): never {
    const message = "the rounds are too many, or do too much, to be written out";
    const help = `a cell has at most ${operationLimit} operations, each round counted`;
    throw new NotLowered("program-too-large", this.rounds.span, message, help);
  }
}

/** What a loop carries is a number. */
const asCarried = (builder: GraphBuilder, truth: ValueId): ValueId =>
  builder.map("select", truth, builder.constant(1), builder.constant(0));

const asTruth = (builder: GraphBuilder, value: ValueId): ValueId => builder.map("lt", builder.constant(0), value);

/** Of what it calls, something has a state, which goes on by one step wherever that stands, or runs over a sequence. */
function hasSteps(root: TypedExpression): boolean {
  const isOne = root.kind === "run" || (root.kind === "call-in-place" && root.isStep);
  return isOne || typedParts(root).some(hasSteps);
}

/** The element at a place along an axis, which goes. */
export function elementAt(builder: GraphBuilder, operand: ValueId, axis: number, place: Dim): ValueId {
  const part = builder.slice(operand, axis, place, dimConstant(1));
  return builder.reshape(
    part,
    builder.shapeOf(operand).filter((_, i) => i !== axis),
  );
}

/** Which integer an index is, where that is known: in a round. */
export function placeOf({ places }: Frame, node: TypedExpression): number | undefined {
  if (node.kind === "position") return places?.get(node.index);
  return node.kind === "value" && node.type.kind === "index" ? places?.get(node.name) : undefined;
}

/** `v[k + 1]`, `v[L - 1 - k]`, `v[n + k]` in a round, in which its indices are numbers. */
export function elementInRound<Place extends IndexedPlace>(frame: Frame, node: Place): Place {
  const { places } = frame;
  if (places === undefined || !node.terms.some(({ index }) => places.has(index))) return node;
  const start = node.terms.reduce((sum, { index, reverse }) => {
    const place = dimConstant(places.get(index) ?? 0);
    return reverse ? subtractDims(sum, place) : addDims(sum, place);
  }, node.start);
  return { ...node, start, terms: node.terms.filter(({ index }) => !places.has(index)) };
}

/** Where the element stands that no index is left to tell. */
export function placeInRound(frame: Frame, { start, around, span }: IndexedPlace): Dim {
  const place = dimIn(frame, start);
  if (around === undefined) return place;
  const circle = dimIn(frame, around);
  const [from, size] = [constantOf(place), constantOf(circle)];
  if (from !== undefined && size !== undefined) return dimConstant(((from % size) + size) % size);
  const message = "where this place is in its circle depends on a size that is not known here";
  const without = [...symbolsOf(place), ...symbolsOf(circle)];
  throw new NotLowered("bad-dimension-size", span, message, "rounds are written out: give the sizes", without);
}

/** Which of an array of used cells. */
export function numberOfPlace(frame: Frame, place: TypedPlace): number {
  const number = constantOf(placeInRound(frame, elementInRound(frame, place)));
  invariant(number !== undefined, "a place in an array without a size");
  return number;
}

/** The arguments of a call that are indices of rounds, by their names in the function. */
export function placesOfCall(frame: Frame, { fn, arguments: given }: TypedCall): Frame["places"] {
  if (frame.places === undefined) return undefined;
  const places = fn.parameters.flatMap(({ name }, i): [string, number][] => {
    const argument = given[i];
    const place = argument?.type.kind === "index" ? placeOf(frame, argument) : undefined;
    return place === undefined ? [] : [[name, place]];
  });
  return places.length === 0 ? undefined : new Map(places);
}

/** The branch of a condition that is taken in this round, where that is known. */
export function branchInRound(frame: Frame, node: TypedOf<"elementwise">): TypedExpression | undefined {
  if (frame.places === undefined || node.operation !== "if") return undefined;
  const [condition, yes, no] = node.operands;
  const truth = condition && truthOf(frame, condition);
  return truth === undefined ? undefined : truth ? yes : no;
}

const comparisons: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  "==": (a, b) => a === b,
  "!=": (a, b) => a !== b,
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
};

/** Of a comparison of an index with a whole number. */
function truthOf(frame: Frame, node: TypedExpression): boolean | undefined {
  const compare = node.kind === "elementwise" ? comparisons[node.operation] : undefined;
  if (node.kind !== "elementwise" || compare === undefined) return undefined;
  const [left, right] = node.operands.map((operand) => numberInRound(frame, operand));
  return left === undefined || right === undefined ? undefined : compare(left, right);
}

/** Which whole number an expression is, where that is known: of indices of rounds, in one of them. */
export function numberInRound(frame: Frame, node: TypedExpression): number | undefined {
  if (node.kind === "number") return node.value;
  if (node.kind === "dimension") return constantOf(dimIn(frame, node.dim));
  if (node.kind === "places" && node.operation === "real") return numberInRound(frame, at(node.operands, 0));
  if (node.kind !== "elementwise") return placeOf(frame, node);
  const compute = arithmetic[node.operation];
  const [left, right] = compute === undefined ? [] : node.operands.map((operand) => numberInRound(frame, operand));
  return compute === undefined || left === undefined || right === undefined ? undefined : compute(left, right);
}

const arithmetic: Readonly<Record<string, (a: number, b: number) => number>> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  mod: (a, b) => a - b * Math.floor(a / b),
};
