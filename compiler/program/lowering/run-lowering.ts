/** Calls in a network: a network where it stands, a cell as a loop over the places of its inputs. */
import { at } from "../../base/at.js";
import { type Dim, dimConstant } from "../../base/types/dim.js";
import type { SequenceState, ValueId } from "../../ir/graph/graph-function.js";
import { tensorsIn } from "../../language/semantics/cell-tensors.js";
import { initialKey, nextKey } from "../../language/semantics/node-keys.js";
import { statesIn } from "../../language/semantics/states-of-cell.js";
import type { TypedRunRead } from "../../language/semantics/typed-networks.js";
import type { TypedExpression, TypedRun, TypedTensor } from "../../language/semantics/typed-program.js";
import { broadcastTo } from "../frame/broadcast-to.js";
import { pathIn, type PlacedTensor, tensorsOf } from "../frame/placed-tensors.js";
import { asState, lowerInitialNodes, lowerNodes } from "./cell-lowering.js";
import {
  aroundPlaces,
  builderAt,
  broughtIn,
  type CellFrame,
  childOf,
  dimIn,
  elementName,
  type Frame,
  type Lowering,
  type RunState,
  type RunStates,
  shapeIn,
  valueIn,
} from "../frame/frame.js";
import { frameInPlace } from "../frame/frame-in-place.js";
import { atPlace, IndexedBuilder } from "../indexed/indexed-builder.js";
import { lowerIndex } from "../indexed/place-functions.js";
import type { LoweredValues } from "../frame/once.js";
import { bringsInto, loopIn } from "../indexed/place-loop.js";
import { drawForRun, drawOwn, type RunNames } from "./randoms.js";
import { numberOfPlace } from "../indexed/rounds-lowering.js";

/** The values of a run in an order that {@link placeOfRead} knows: outputs, states before, after, and those that are traced; ends of lengths. */
export function lowerRun(lowering: Lowering, frame: Frame, run: TypedRun): LoweredValues {
  const name = usedName(frame, run);
  if (run.over.length === 0) return lowerWhole(lowering, frame, run, name);
  if (run.over.length === 1) return lowerLoop(lowering, frame, run, name);
  return lowerEach(lowering, frame, run, name);
}

export function placeOfRead(frame: Frame, run: TypedRun, { what, name }: TypedRunRead): number {
  const child = childOf(frame, usedName(frame, run));
  const outputs = child.cell.outputs.map((output) => output.name);
  if (what === "output") return outputs.indexOf(name);
  const states = statesOf(child);
  const after = outputs.length + 2 * states.length;
  if (what === "trace") return after + [...run.traced].indexOf(name);
  if (what === "end") return after + child.cell.found.findIndex(({ symbol }) => symbol === name);
  return outputs.length + (what === "before" ? 0 : states.length) + states.indexOf(name);
}

/** By their paths in the cell. */
const statesOf = (child: CellFrame): string[] =>
  child.cell.form === "network"
    ? statesIn(child.cell).map(({ tensor }) => tensor.name)
    : tensorsOf(child, "state").map((placed) => pathIn(placed));

function usedName(frame: Frame, { instance, place }: TypedRun): string {
  return place === undefined ? instance : elementName(place.array, numberOfPlace(frame, place));
}

/** What a call with a name is called in its network; states of one without are none of the module. */
const calledName = (frame: Frame, run: TypedRun): string | undefined =>
  run.name === run.instance ? usedName(frame, run) : run.name;

function runNames({ states }: Lowering, frame: Frame, run: TypedRun): RunNames {
  const called = calledName(frame, run);
  const isState = (path: string): boolean =>
    called !== undefined && states?.ofModule === true && !run.call.states.has(path);
  return { path: `${frame.path}${called ?? run.path}.`, isState };
}

/** A network, or a single step of a cell without states. */
function lowerWhole(lowering: Lowering, frame: Frame, run: TypedRun, name: string): LoweredValues {
  const child = frameInPlace(frame, name, run.call.runtimeDimensions);
  const { path } = runNames(lowering, frame, run);
  const given = lowerGiven(lowering, frame, run, child);
  for (const [tensor, value] of [...given.inputs, ...given.contexts]) child.values.set(tensor.name, value);
  for (const [setting, value] of run.call.settings ?? [])
    child.values.set(setting, lowering.lower(lowering, frame, value));
  const starts = lowerStates(lowering, frame, run);
  const isNamed = calledName(frame, run) !== undefined;
  const { states, ends } = statesInside(isNamed ? lowering.states : undefined, path, starts);
  const own: Lowering = { ...lowering, states };
  drawOwn(own, frame, child, path);
  lowerNodes(own, { ...child, path }, child.cell.stepOrder);
  const outputs = child.cell.outputs.map((output) => valueIn(child, output.name));
  const of = statesOf(child).map((name) => ends.get(path + name));
  const lengths = child.cell.found.map(({ key }) => child.values.get(key));
  return [...outputs, ...of.map((end) => end?.first), ...of.map((end) => end?.last), ...lengths];
}

/** States of a network's runs where a call of the network starts some of them; and what they come to, by their names. */
function statesInside(
  around: Lowering["states"],
  path: string,
  starts: ReadonlyMap<string, ValueId>,
): {
  readonly states: RunStates;
  readonly ends: ReadonlyMap<string, { readonly first: ValueId; readonly last: ValueId }>;
} {
  const ends = new Map<string, { readonly first: ValueId; readonly last: ValueId }>();
  const own = new Map([...starts].map(([name, value]) => [path + name, value]));
  const states: RunStates = {
    ofModule: around?.ofModule === true,
    before: (state, isComputed) => own.get(state.name) ?? around?.before(state, isComputed),
    note: (state, first, last) => {
      ends.set(state.name, { first, last });
      if (!own.has(state.name)) around?.note(state, first, last);
    },
  };
  return { states, ends };
}

type GivenOperands = readonly (readonly [TypedTensor, ValueId])[];

/** The arguments of a call as values of the network, in the shapes that the cell declares, those that run with the axes they run over. */
function lowerGiven(
  lowering: Lowering,
  frame: Frame,
  { call, runs, over }: TypedRun,
  child: CellFrame,
): { readonly inputs: GivenOperands; readonly contexts: GivenOperands } {
  const leading = over.map((dim) => dimIn(frame, dim));
  const lowered = (tensor: TypedTensor, value: TypedExpression, isRun: boolean): readonly [TypedTensor, ValueId] => {
    if (tensor.type.kind === "index") return [tensor, lowerIndex(lowering, frame, value)];
    const shape = [...(isRun ? leading : []), ...shapeIn(child, tensor.type)];
    return [tensor, broadcastTo(builderAt(lowering, frame, value), lowering.lower(lowering, frame, value), shape)];
  };
  const of = (role: TypedTensor["role"]): readonly TypedTensor[] =>
    tensorsIn(child.cell).filter((tensor) => tensor.role === role);
  return {
    inputs: of("input").map((tensor, i) => lowered(tensor, at(call.inputs, i), runs[i] === true)),
    contexts: of("context").map((tensor, i) => lowered(tensor, at(call.contexts, i), false)),
  };
}

/** States before the first step: those that are given, or computed, or of who calls. */
function lowerBegin(
  lowering: Lowering,
  frame: Frame,
  run: TypedRun,
  { child, owned }: { readonly child: CellFrame; readonly owned: readonly StateOfRun[] },
  contexts: GivenOperands,
): readonly ValueId[] {
  const builder = builderAt(lowering, frame, run);
  const given = lowerStates(lowering, frame, run);
  for (const [tensor, value] of contexts) child.values.set(tensor.name, value);
  for (const { placed, value } of drawForRun(lowering, frame, child, runNames(lowering, frame, run), undefined))
    placed.frame.values.set(placed.tensor.name, value);
  lowerInitialNodes(lowering, child);
  return owned.map(({ state, placed, path }) => {
    const { tensor, frame: owner } = placed;
    const own = given.get(path);
    const value = own ?? (tensor.initial === undefined ? undefined : valueIn(owner, initialKey(tensor.name)));
    const before = state && lowering.states?.before(state, value !== undefined);
    if (before !== undefined || value !== undefined) return asState(builder, owner, tensor, before ?? value ?? 0);
    const zero = builder.emit({ kind: "constant", dtype: dtypeOf(tensor), value: 0 }, []);
    return builder.fill(zero, shapeIn(owner, tensor.type));
  });
}

const dtypeOf = ({ type }: TypedTensor): "index" | "real" => (type.kind === "index" ? "index" : "real");

/** The states that a call starts itself, by their paths in what it calls. */
const lowerStates = (lowering: Lowering, frame: Frame, { call }: TypedRun): ReadonlyMap<string, ValueId> =>
  new Map([...call.states].map(([name, value]) => [name, lowering.lower(lowering, frame, value)]));

interface StateOfRun {
  readonly placed: PlacedTensor;
  /** In the cell. */
  readonly path: string;
  /** What else is told of it. */
  readonly about: Pick<RunState, "documentation" | "bound">;
  /** Of a run with a name. */
  readonly state: RunState | undefined;
}

function statesOfRun(frame: Frame, run: TypedRun, child: CellFrame): StateOfRun[] {
  const called = calledName(frame, run);
  return tensorsOf(child, "state").map((placed) => {
    const path = pathIn(placed);
    const { tensor, frame: owner } = placed;
    const { type, documentation } = tensor;
    const about = { documentation, ...(type.kind === "index" && { bound: dimIn(owner, type.bound) }) };
    const shape = shapeIn(owner, type);
    const name = called && `${frame.path}${called}.${path}`;
    const state = name === undefined ? undefined : { name, shape, dtype: dtypeOf(tensor), ...about };
    return { placed, path, about, state };
  });
}

function lowerLoop(lowering: Lowering, frame: Frame, run: TypedRun, name: string): readonly ValueId[] {
  const outer = lowering.builder.at({
    origin: { span: run.span, note: `\`${name}\` over its sequence` },
    round: undefined,
  });
  const loop = loopIn(outer, `${name} step`);
  const child = frameInPlace(frame, name, run.call.runtimeDimensions);
  const given = lowerGiven(lowering, frame, run, child);
  const owned = statesOfRun(frame, run, child);
  const begin = lowerBegin(lowering, frame, run, { child, owned }, given.contexts);
  const bring = bringsInto(loop, outer);
  const around: Frame = { ...frame, bring: (value) => bring(broughtIn(frame, value)) };
  const body = frameInPlace(around, name, run.call.runtimeDimensions);
  const states = tensorsOf(body, "state");
  for (const [i, { tensor, frame: owner, name: path }] of states.entries()) {
    const first = at(begin, i);
    owner.values.set(tensor.name, loop.input("carried", path, { ...outer.typeOf(first), shared: false }, first));
  }
  for (const [i, [tensor, value]] of given.inputs.entries()) {
    const type = outer.typeOf(value);
    const element = (): ValueId => loop.input("sequence", tensor.name, { ...type, shape: type.shape.slice(1) }, value);
    body.values.set(tensor.name, run.runs[i] === true ? element() : bring(value));
  }
  for (const [tensor, value] of given.contexts) body.values.set(tensor.name, bring(value));
  const length = dimIn(frame, at(run.over, 0));
  for (const { placed, value } of drawForRun(lowering, frame, body, runNames(lowering, frame, run), length)) {
    const type = outer.typeOf(value);
    const own = loop.input("sequence", placed.name, { ...type, shape: type.shape.slice(1) }, value);
    placed.frame.values.set(placed.tensor.name, own);
  }
  const declared: Parameters<Lowering["noteDeclared"]>[] = [];
  const noteDeclared: Lowering["noteDeclared"] = (...call) => void declared.push(call);
  lowerNodes({ ...lowering, builder: loop.inner, noteDeclared, equation: undefined }, body, body.cell.stepOrder);
  const next = states.map(({ tensor, frame: owner, name: path }) => ({
    name: path,
    value: valueIn(owner, nextKey(tensor.name)),
  }));
  const outputs = body.cell.outputs.map((output) => ({ name: output.name, value: valueIn(body, output.name) }));
  const traced = [...run.traced].map((path) => {
    const { name, value } = at(next, states.findIndex((placed) => pathIn(placed) === path)); // prettier-ignore
    return { name: `${name} of each step`, value };
  });
  const course = { length, reverse: false, rounds: false, states: calledInStreams(frame, run, owned) };
  const results = loop.emit(course, [...next, ...outputs, ...traced], outer);
  const [last, stacked] = [results.slice(0, states.length), results.slice(states.length)];
  for (const [caller, fn, place, scans = []] of declared) {
    if (caller === loop.inner) lowering.noteDeclared(lowering.builder, fn, place, [...results.slice(0, 1), ...scans]);
    else lowering.noteDeclared(caller, fn, place);
  }
  for (const [i, { state }] of owned.entries())
    if (state !== undefined) lowering.states?.note(state, at(begin, i), at(last, i));
  return [...stacked.slice(0, outputs.length), ...begin, ...last, ...stacked.slice(outputs.length)];
}

/** What its states are called where a stream goes on with them. */
function calledInStreams(frame: Frame, run: TypedRun, owned: readonly StateOfRun[]): SequenceState[] {
  const called = `${frame.path}${calledName(frame, run) ?? run.path}.`;
  return owned.map(({ path, about }) => ({ name: called + path, bound: undefined, ...about, isBefore: false }));
}

/** A cell without states for each place of several axes: as an index equation. */
function lowerEach(lowering: Lowering, frame: Frame, run: TypedRun, name: string): readonly ValueId[] {
  const child = frameInPlace(frame, name, run.call.runtimeDimensions);
  const { inputs, contexts } = lowerGiven(lowering, frame, run, child);
  const runs = (tensor: TypedTensor): boolean => run.runs[inputs.findIndex(([own]) => own === tensor)] === true;
  const given = [...inputs, ...contexts];
  return lowerPlaces(lowering, frame, { run, name, runs }, run.over.map((dim) => dimIn(frame, dim)), given); // prettier-ignore
}

function lowerPlaces(
  lowering: Lowering,
  frame: Frame,
  what: { readonly run: TypedRun; readonly name: string; readonly runs: (tensor: TypedTensor) => boolean },
  [length, ...inside]: readonly Dim[],
  given: GivenOperands,
): readonly ValueId[] {
  if (length === undefined) {
    const child = frameInPlace(frame, what.name, what.run.call.runtimeDimensions);
    for (const [tensor, value] of given) child.values.set(tensor.name, value);
    lowerNodes(lowering, child, child.cell.stepOrder);
    return child.cell.outputs.map((output) => valueIn(child, output.name));
  }
  const index = `place ${inside.length}`;
  const builder = new IndexedBuilder(builderAt(lowering, frame, what.run), index, length);
  const start = { start: dimConstant(0), reverse: false };
  const own = given.map(([tensor, value]) => {
    const brought = builder.bring(value);
    return [tensor, what.runs(tensor) ? builder.element(brought, 0, index, start) : brought] as const;
  });
  const around = aroundPlaces(frame, (value) => builder.bring(value));
  return lowerPlaces(atPlace(lowering, builder), around, what, inside, own).map((value) => builder.lifted(value));
}
