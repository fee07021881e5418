/**
 * What a network keeps from one chunk of a sequence for the next. `before(x, v)` is a state that begins with `v`. Where a network streams,
 * everything else that its sequence leaves behind is one, too: runs that begin as an equation says, what a causal convolution looks back
 * at, and the number of the element. Runs over other sequences begin anew in every chunk then, as these are the same in all of them.
 */
import type { CallAxis } from "../../base/types/call-axes.js";
import { at, lookUp } from "../../base/at.js";
import { constantOf, type Dim, dimConstant, dimSymbol, equalDims, subtractDims } from "../../base/types/dim.js";
import { GraphBuilder, type NamedOutput } from "../../ir/graph/build.js";
import {
  copyInstruction,
  definitions,
  forEachNeeded,
  mapped,
  recordResults,
  type ValueMap,
} from "../../ir/graph/rewrite.js";
import { isCarried, type Scan } from "../../ir/graph/scan.js";
import type { GraphFunction, Instruction, Operation, SequenceState, ValueId } from "../../ir/graph/graph-function.js";
import { nameOf, outputName, typeOf } from "../../ir/graph/values.js";
import { shapeContext } from "../../ir/graph/shape-rules.js";
import { mostPlaces } from "../../language/semantics/semantic-type.js";
import type { Causality } from "./causality.js";
import type { LoweredRandom, LoweredState } from "../base/lowered-cell.js";
import { asNumber } from "../frame/place-number.js";
import { nameOfRole } from "../base/roles.js";

/** Equations over sequences, with what they are made of. */
interface SequenceEquations {
  readonly forward: GraphFunction;
  readonly axes: readonly CallAxis[];
  readonly states: readonly LoweredState[];
  readonly randoms: readonly LoweredRandom[];
  /** Names that no state may have. */
  readonly taken: readonly string[];
}

/** The sequence along which a network streams. */
interface StreamedSequence {
  readonly symbol: string;
  readonly causality: Causality;
  /** Inputs that are the same for all of it. */
  readonly contexts: readonly string[];
}

export interface WithStates extends Pick<SequenceEquations, "forward" | "states" | "randoms"> {
  /** The values of states that begin with others than zeros; undefined where none do. */
  readonly initial: GraphFunction | undefined;
  /** Where the values of the equations are now. */
  readonly values: ReadonlyMap<ValueId, ValueId>;
}

export function withSequenceStates(equations: SequenceEquations, stream: StreamedSequence | undefined): WithStates {
  return new StateWriter(equations, stream).write();
}

interface MadeState {
  readonly state: LoweredState;
  readonly input: ValueId;
  end: ValueId;
  /** What it begins with, in the equations as they were. */
  readonly first?: ValueId;
}

/** What counts the elements of a stream. */
const counter = "step";
const optionNames = ["batch", "sizes", "steps", "lengths", "seed", "train", "examples", "final", "initial", "params"];

class StateWriter {
  private readonly equations: SequenceEquations;
  private readonly stream: StreamedSequence | undefined;
  private readonly b: GraphBuilder;
  private readonly values: ValueMap = new Map();
  private readonly defined: ReadonlyMap<ValueId, Instruction>;
  private readonly made: MadeState[] = [];
  private readonly taken: Set<string>;
  private counted: { readonly name: string; readonly number: ValueId } | undefined;

  constructor(equations: SequenceEquations, stream: StreamedSequence | undefined) {
    const { forward, axes, states, randoms, taken } = equations;
    this.equations = equations;
    this.stream = stream;
    this.b = new GraphBuilder(forward.name, shapeContext(axes));
    this.defined = definitions(forward);
    this.taken = new Set([...optionNames, ...taken, ...[...states, ...randoms].map(({ name }) => name)]);
  }

  write(): WithStates {
    const { b, equations, values } = this;
    const { forward } = equations;
    const kept = equations.states.filter((state) => this.isKept(state));
    const dropped = equations.states.filter((state) => !kept.includes(state));
    const isDropped = new Set(dropped.map(initialName));
    const isGone = new Set(dropped.map(({ name }) => nameOfRole({ kind: "final", name })));
    for (const id of forward.inputs) {
      const name = nameOf(forward, id);
      values.set(id, isDropped.has(name) ? this.zeros(id) : b.input(name, typeOf(forward, id)));
    }
    const given = forward.inputs.filter((id) => !isDropped.has(nameOf(forward, id))).map((id) => mapped(values, id));
    const randoms = equations.randoms.map((random) => this.counting(random));
    for (const instruction of forward.instructions) this.instruction(instruction);
    const outputs = forward.outputs.flatMap((id, i): NamedOutput[] => {
      const name = outputName(forward, i);
      return isGone.has(name) ? [] : [{ name, value: mapped(values, id) }];
    });
    const ends = this.made.map(({ state: { name }, end }) => ({
      name: nameOfRole({ kind: "final", name }),
      value: end,
    }));
    const finished = b.finish([...outputs, ...ends]);
    const inputs = [
      ...given.slice(0, kept.length),
      ...this.made.map(({ input }) => input),
      ...given.slice(kept.length),
    ];
    return {
      forward: { ...finished, inputs },
      states: [...kept, ...this.made.map(({ state }) => state)],
      randoms,
      initial: this.initial(),
      values,
    };
  }

  /** Along another sequence a state would be that of the last chunk, which had the same elements. */
  private isKept(state: LoweredState): boolean {
    const { forward } = this.equations;
    if (this.stream === undefined) return true;
    const input = forward.inputs.find((id) => nameOf(forward, id) === initialName(state));
    const end = this.endOf(state.name);
    const loop = end === undefined ? undefined : this.defined.get(end);
    return loop !== undefined && this.isLoop(loop) && loop.operands[loop.results.indexOf(end ?? -1)] === input;
  }

  private endOf(name: string): ValueId | undefined {
    const { forward } = this.equations;
    return forward.outputs[forward.outputNames.indexOf(nameOfRole({ kind: "final", name }))];
  }

  /** Does it go through the sequence of the stream? */
  private isLoop({ operation }: Instruction): boolean {
    return operation.kind === "scan" && this.isOfStream(operation.length);
  }

  private isOfStream(dim: Dim): boolean {
    return this.stream !== undefined && equalDims(dim, dimSymbol(this.stream.symbol));
  }

  private zeros(id: ValueId): ValueId {
    const { dtype, shape } = typeOf(this.equations.forward, id);
    return this.b.fill(this.b.emit({ kind: "constant", dtype, value: 0 }, []), shape);
  }

  private instruction(instruction: Instruction): void {
    const { operation } = instruction;
    if (operation.kind === "scan") this.loop(operation, instruction);
    else if (operation.kind === "concat") this.concat(operation, instruction);
    else if (operation.kind === "pad" && this.isSeam(instruction, operation.axis)) this.padded(operation, instruction);
    else if (operation.kind === "slice" && this.isFirstElement(instruction, operation.axis)) this.first(instruction);
    else this.copy(instruction);
    const isCount = operation.kind === "iota" && operation.places;
    if (isCount && this.isOfStream(operation.length)) this.countOn(instruction);
  }

  private copy(instruction: Instruction): void {
    copyInstruction(this.b, this.equations.forward, instruction, this.values);
  }

  private loop(scan: Scan, instruction: Instruction): void {
    const { operands, results } = instruction;
    if (scan.reverse) return this.copy(instruction);
    const begun = operands.map((id, i): MadeState | undefined => {
      const own = scan.states[i];
      if (!isCarried(scan, i) || this.isOwnState(id, at(results, i))) return undefined;
      const isBefore = own?.isBefore === true && typeOf(this.equations.forward, id).shared;
      return this.isLoop(instruction) || isBefore ? this.begin(id, own) : undefined;
    });
    const given = operands.map((id, i) => begun[i]?.input ?? mapped(this.values, id));
    const b = this.b.at(instruction);
    const firsts = operands.map((id, i) => (begun[i] === undefined ? at(given, i) : this.started(b, begun[i], id)));
    const made = b.emitAll(scan, firsts);
    recordResults(this.b, this.equations.forward, instruction, made, this.values);
    for (const [i, state] of begun.entries()) if (state !== undefined) state.end = at(made, i);
  }

  /** Is it the state of the module that the loop goes on with? */
  private isOwnState(first: ValueId, last: ValueId): boolean {
    const { forward, states } = this.equations;
    return states.some((state) => nameOf(forward, first) === initialName(state) && this.endOf(state.name) === last);
  }

  private concat({ axis, state: own }: Extract<Operation, { kind: "concat" }>, instruction: Instruction): void {
    const { operands } = instruction;
    const { forward } = this.equations;
    const isSeam = this.isSeam(instruction, axis);
    const isBefore = own?.isBefore === true && axis === 0 && typeOf(forward, at(operands, 0)).shared;
    if (operands.length < 2 || !(isSeam || (this.stream === undefined && isBefore))) return this.copy(instruction);
    const b = this.b.at(instruction);
    const count = isSeam ? operands.findIndex((id) => this.isAlong(id)) : 1;
    let rest = operands.slice(count).map((id) => mapped(this.values, id));
    // From the last one on: each of them goes on with what stood at the end of what comes after it, so nothing in front is lost.
    for (let i = count - 1; i >= 0; i--) {
      const first = at(operands, i);
      const state = this.begin(first, own);
      const front = this.started(b, state, first);
      const whole = b.concat(axis, [front, ...rest]);
      const size = at(b.shapeOf(front), axis);
      const length = this.stream ? dimSymbol(this.stream.symbol) : subtractDims(at(b.shapeOf(whole), axis), size);
      state.end = b.slice(whole, axis, length, size);
      rest = [whole];
    }
    recordResults(this.b, forward, instruction, rest, this.values);
  }

  /** Zeros in front, as a convolution has them, are what it looks back at. */
  private padded({ axis, before, after }: Extract<Operation, { kind: "pad" }>, instruction: Instruction): void {
    const { operands } = instruction;
    const { forward } = this.equations;
    const value = mapped(this.values, at(operands, 0));
    const b = this.b.at(instruction);
    const { dtype, shape } = b.typeOf(value);
    const size = shape.map((dim, i) => (i === axis ? before : dim));
    const state = this.beginAs({ dtype, shape: size }, undefined, undefined);
    const isLast = constantOf(after) === 0;
    const rest = isLast ? value : b.emit({ kind: "pad", axis, before: dimConstant(0), after }, [value]);
    const whole = b.concat(axis, [state.input, rest]);
    recordResults(this.b, forward, instruction, [whole], this.values);
    state.end = b.slice(whole, axis, dimSymbol((this.stream as StreamedSequence).symbol), before);
  }

  /** Is it the first element of all, which a stream keeps? */
  private isFirstElement({ operands, results }: Instruction, axis: number): boolean {
    return this.isAlong(at(operands, 0), axis) && this.stream?.causality.reaches.get(at(results, 0))?.kind === "same";
  }

  private first(instruction: Instruction): void {
    const { forward } = this.equations;
    const { operation, operands, results } = instruction;
    const b = this.b.at(instruction);
    const made = b.emitAll(operation, operands.map((id) => mapped(this.values, id))); // prettier-ignore
    const own = { name: "first", documentation: "What the first element was.", bound: undefined, isBefore: false };
    const state = this.beginAs(typeOf(forward, at(results, 0)), own, undefined);
    state.end = this.atFirst(b, state, at(made, 0));
    recordResults(this.b, forward, instruction, [state.end], this.values);
  }

  /** Does a stream go on with what stands in front of its elements here? */
  private isSeam({ operation, operands, results }: Instruction, axis: number): boolean {
    // What looks ahead has nothing that a chunk could go on with.
    if (!this.isAlong(at(results, 0), axis)) return false;
    if (operation.kind === "pad") return this.isAlong(at(operands, 0), axis) && constantOf(operation.before) !== 0;
    return !this.isAlong(at(operands, 0)) && operands.some((id) => this.isAlong(id, axis));
  }

  private isAlong(id: ValueId, axis?: number): boolean {
    const reach = this.stream?.causality.reaches.get(id);
    return reach?.kind === "along" && (axis === undefined || reach.axis === axis);
  }

  private begin(first: ValueId, own: SequenceState | undefined): MadeState {
    const { dtype, shape } = typeOf(this.equations.forward, first);
    return this.beginAs(
      { dtype: dtype === "index" ? dtype : "real", shape },
      own,
      this.isZero(first) ? undefined : first,
    );
  }

  private beginAs(
    { dtype, shape }: Pick<LoweredState, "shape"> & { readonly dtype: "real" | "index" | "bool" },
    own: SequenceState | undefined,
    first: ValueId | undefined,
  ): MadeState {
    const name = this.unique(own?.name ?? "past");
    const isIndex = dtype === "index";
    const index = isIndex ? ({ dtype: "index", bound: own?.bound ?? dimConstant(mostPlaces) } as const) : {};
    const isComputed = first !== undefined && typeOf(this.equations.forward, first).shared;
    const initial = isComputed ? "computed" : "zeros";
    const state = { name, documentation: own?.documentation ?? "", shape, initial, ...index } as const;
    const input = this.b.input(initialName(state), { dtype: isIndex ? "index" : "real", shape, shared: false });
    // Until it is known what it is at the end, it stays what it was.
    const made: MadeState = { state, input, end: input, ...(isComputed && { first }) };
    this.made.push(made);
    return made;
  }

  /** What it is now: of what inputs tell, that at the first element of all. */
  private started(b: GraphBuilder, { state, input }: MadeState, first: ValueId): ValueId {
    if (state.initial === "computed" || this.isZero(first)) return input;
    return this.atFirst(b, { state, input }, mapped(this.values, first));
  }

  /** The value at the first element of all, and what is kept later. */
  private atFirst(b: GraphBuilder, { state, input }: Pick<MadeState, "state" | "input">, value: ValueId): ValueId {
    const { number } = this.entriesBefore();
    const isFirst = b.map("eq", number, b.constant(0));
    const { bound, shape } = state;
    const choose = (one: ValueId, other: ValueId): ValueId => b.map("select", b.fill(isFirst, shape), one, other);
    if (bound === undefined) return choose(value, input);
    return b.emit({ kind: "to_index" }, [choose(asNumber(b, value, bound), asNumber(b, input, bound))]);
  }

  private isZero(id: ValueId): boolean {
    const made = this.defined.get(id);
    if (made === undefined) return false;
    const { operation, operands } = made;
    if (operation.kind === "constant") return operation.value === 0;
    const isView = ["broadcast", "reshape", "transpose", "to_index"].includes(operation.kind);
    return isView && this.isZero(at(operands, 0));
  }

  private unique(wanted: string): string {
    let name = wanted;
    for (let number = 2; this.taken.has(name); number++) name = `${wanted} ${number}`;
    this.taken.add(name);
    return name;
  }

  /** How many elements there were before: it counts as a cell counts its steps. */
  private entriesBefore(): { readonly name: string; readonly number: ValueId } {
    if (this.counted !== undefined) return this.counted;
    const { b } = this;
    const bound = dimConstant(mostPlaces);
    const own = { name: counter, documentation: "Elements before.", bound, isBefore: false };
    const made = this.beginAs({ dtype: "index", shape: [] }, own, undefined);
    const number = asNumber(b, made.input, bound);
    const length = b.dimension(dimSymbol((this.stream as StreamedSequence).symbol));
    // From the largest number on it begins again.
    const over = b.map("sub", number, b.map("sub", b.constant(mostPlaces), length));
    const isOver = b.map("le", b.constant(0), over);
    const next = b.map("select", isOver, over, b.map("add", number, length));
    made.end = b.emit({ kind: "to_index" }, [next]);
    this.counted = { name: made.state.name, number };
    return this.counted;
  }

  private countOn(instruction: Instruction): void {
    const { values } = this;
    const b = this.b.at(instruction);
    const places = at(instruction.results, 0);
    const own = mapped(values, places);
    values.set(places, b.map("add", own, b.fill(this.entriesBefore().number, b.shapeOf(own))));
  }

  /** What is drawn for each element goes by its number. */
  private counting(random: LoweredRandom): LoweredRandom {
    const [first] = random.shape;
    if (random.counter !== undefined || first === undefined || !this.isOfStream(first)) return random;
    return { ...random, counter: this.entriesBefore().name };
  }

  /** From params and what is known at compilation. */
  private initial(): GraphFunction | undefined {
    const { forward, axes } = this.equations;
    const computed = this.made.filter(({ first }) => first !== undefined);
    if (computed.length === 0) return undefined;
    const b = new GraphBuilder("initial", shapeContext(axes));
    const values: ValueMap = new Map();
    for (const id of forward.inputs) {
      const type = typeOf(forward, id);
      const name = nameOf(forward, id);
      if (type.shared || this.stream?.contexts.includes(name) === true) values.set(id, b.input(name, type));
    }
    for (const { first } of computed) {
      forEachNeeded(
        first as ValueId,
        (id) => (values.has(id) ? undefined : lookUp(this.defined, id)),
        (instruction) => {
          if (!instruction.results.some((id) => values.has(id))) copyInstruction(b, forward, instruction, values);
        },
      );
    }
    return b.finish(
      computed.map(({ state, first }) => ({ name: initialName(state), value: mapped(values, first as ValueId) })),
    );
  }
}

const initialName = ({ name }: Pick<LoweredState, "name">): string => nameOfRole({ kind: "initial", name });
