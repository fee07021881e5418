/**
 * What one round is, written in a builder of its own: rounds that follow each other and are alike, but for the places that they select,
 * are the steps of a loop.
 */
import { at } from "../../base/at.js";
import { addDims, constantOf, type Dim, dimConstant, equalDims } from "../../base/types/dim.js";
import { GraphBuilder, type NamedOutput } from "../../ir/graph/build.js";
import { ScanBuilder } from "../../ir/graph/build-scan.js";
import type { Instruction, Operation, Standing, ValueId, ValueType } from "../../ir/graph/graph-function.js";
import { operationKey } from "../../ir/graph/print.js";
import { copyInstruction, definitions, forEachNeeded, mapped, type ValueMap } from "../../ir/graph/rewrite.js";
import type { OperandKind, ScanCourse } from "../../ir/graph/scan.js";
import type { Frame } from "../frame/frame.js";
import type { LoopBuilder } from "./place-loop.js";

/** By which number of an instruction, by its place, each round differs from the one before. */
export type RoundSteps = ReadonlyMap<number, number>;

interface GivenToRound {
  readonly input: ValueId;
  readonly operand: ValueId;
  readonly isCarried: boolean;
}

/** What an instruction says but for its number, and its number: the value of a constant, where a slice begins. */
interface Form {
  readonly key: string;
  readonly number: number | undefined;
}

/** What looks at values or tells them: none of it is work. */
const free: ReadonlySet<Operation["kind"]> = new Set<Operation["kind"]>(["constant", "dimension", "iota", "broadcast", "slice", "reshape", "transpose"]); // prettier-ignore

/** What is a loop of its own in a module, and its derivative two more: it counts as so many. */
const long: { readonly [kind in Operation["kind"]]?: number } = { contract: 8, scan: 8 };

export class RoundBody implements LoopBuilder {
  readonly inner: GraphBuilder;
  readonly outer: GraphBuilder;
  readonly given: GivenToRound[] = [];
  outputs: readonly NamedOutput[] = [];
  private readonly write: (body: RoundBody, there: Standing) => ValueId[];
  private known: readonly Form[] | undefined;

  /** @param write what becomes of the body once it is whole: values of `outer`, one for each that is carried */
  constructor(outer: GraphBuilder, name: string, write: (body: RoundBody, there: Standing) => ValueId[]) {
    this.outer = outer;
    this.write = write;
    this.inner = new GraphBuilder(name, outer.context);
  }

  input(kind: OperandKind, name: string, type: ValueType, operand: ValueId): ValueId {
    const input = this.inner.input(name, type);
    this.given.push({ input, operand, isCarried: kind === "carried" });
    return input;
  }

  emit(_like: ScanCourse, outputs: readonly NamedOutput[], there: Standing): ValueId[] {
    this.outputs = outputs;
    return this.write(this, there);
  }

  /** Operations of a round, as far as they make a module longer. */
  get cost(): number {
    return this.inner.instructions.reduce((sum, { operation: { kind } }) => sum + (free.has(kind) ? 0 : (long[kind] ?? 1)), 0); // prettier-ignore
  }

  /** Whether it is the same for all examples, which nothing is that a loop carries. */
  get isShared(): boolean {
    const { given, inner, outer } = this;
    const reads = given.every(({ operand }) => outer.typeOf(operand).shared);
    const own = inner.instructions.filter(({ operands }) => operands.length === 0);
    return reads && own.every(({ results }) => results.every((id) => inner.typeOf(id).shared));
  }

  get forms(): readonly Form[] {
    this.known ??= this.inner.instructions.map(formOf);
    return this.known;
  }

  /** How the next round differs from this one; undefined where it is no such round, or cannot be told by an index. */
  stepsTo(next: RoundBody): RoundSteps | undefined {
    const isAlike =
      this.forms.length === next.forms.length &&
      this.given.length === next.given.length &&
      this.forms.every(({ key }, i) => key === at(next.forms, i).key) &&
      this.given.every(({ operand, isCarried }, i) => isCarried || operand === at(next.given, i).operand) &&
      this.outputs.every(({ value }, i) => value === at(next.outputs, i).value);
    if (!isAlike) return undefined;
    const steps = new Map<number, number>();
    for (const [i, { number }] of this.forms.entries()) {
      const own = at(next.forms, i).number;
      if (number !== undefined && own !== undefined && number !== own) steps.set(i, own - number);
    }
    return this.areTold(steps) ? steps : undefined;
  }

  /** Whether each number is told by an index: a whole number, or the place of an element of what is no part of a round. */
  private areTold(steps: RoundSteps): boolean {
    const { instructions } = this.inner;
    const ofRound = new Set(this.given.flatMap(({ input, isCarried }) => (isCarried ? [input] : [])));
    for (const [i, { operation, operands, results }] of instructions.entries()) {
      const step = steps.get(i);
      const isOutside = !operands.some((id) => ofRound.has(id));
      if (step !== undefined && !isTold(operation, step, isOutside)) return false;
      if (step !== undefined || !isOutside) for (const id of results) ofRound.add(id);
    }
    return true;
  }
}

function isTold(operation: Operation, step: number, isOutside: boolean): boolean {
  if (operation.kind === "constant") return Number.isInteger(operation.value) && Number.isInteger(step);
  if (operation.kind !== "slice") return false;
  return isOutside && Math.abs(step) === 1 && constantOf(operation.length) === 1;
}

function formOf({ operation, operands, results }: Instruction): Form {
  const ids = `${operands.join(" ")} = ${results.join(" ")}`;
  const of = (own: Operation): string => `${operationKey(own)} ${ids}`;
  switch (operation.kind) {
    case "constant":
      return { key: of({ ...operation, value: 0 }), number: operation.value };
    case "slice": {
      const start = constantOf(operation.start);
      if (start === undefined) return { key: of(operation), number: undefined };
      return { key: of({ ...operation, start: dimConstant(0) }), number: start };
    }
    default:
      return { key: of(operation), number: undefined };
  }
}

/** A loop that runs a round so often, with what it selects as sequences. */
export class RoundLoop {
  /** Values of the round in the body of the loop. */
  readonly inside: ValueMap = new Map();
  /** The same in the builder around, of those that are no part of a round. */
  private readonly outside: ValueMap = new Map();
  /** What rounds select, by where it lies. */
  private readonly selected = new Map<string, ValueId>();
  private readonly body: RoundBody;
  private readonly steps: RoundSteps;
  private readonly count: Dim;
  private readonly loop: ScanBuilder;

  constructor(body: RoundBody, steps: RoundSteps, count: number) {
    this.body = body;
    this.steps = steps;
    this.count = dimConstant(count);
    this.loop = new ScanBuilder(body.outer, body.inner.name);
  }

  /** The last values of what is carried. */
  write(there: Standing): ValueId[] {
    const { body, loop, inside, outside } = this;
    const { inner, given } = body;
    for (const { input, operand, isCarried } of given) {
      const name = inner.names[input] ?? "";
      inside.set(input, loop.input(isCarried ? "carried" : "invariant", name, inner.typeOf(input), operand));
      if (!isCarried) outside.set(input, operand);
    }
    for (const [i, instruction] of inner.instructions.entries()) {
      const step = this.steps.get(i);
      const { operation } = instruction;
      if (step === undefined) copyInstruction(loop.inner, inner, instruction, inside);
      else if (operation.kind === "slice") this.select(instruction, operation, step);
      else if (operation.kind === "constant") this.number(instruction, operation, step);
    }
    const outputs = body.outputs.map(({ name, value }) => ({ name, value: mapped(inside, value) }));
    return loop.emit({ length: this.count, reverse: false, rounds: true, states: [] }, outputs, there);
  }

  /** A frame of the round, with its values in the body of the loop. */
  placed(frame: Frame): Frame {
    const values = [...frame.values].map(([name, id]) => [name, this.inside.get(id) ?? id] as const);
    return { ...frame, values: new Map(values) };
  }

  /** Of loops inside of a round the first is a value of it. */
  placedIds([first, ...inside]: readonly ValueId[]): readonly ValueId[] {
    return first === undefined ? [] : [mapped(this.inside, first), ...inside];
  }

  /** `W[k]`: a sequence, which all that select it share. */
  private select(instruction: Instruction, { axis, start }: Extract<Operation, { kind: "slice" }>, step: number): void {
    const { operands, results } = instruction;
    const outer = this.body.outer.at(instruction);
    const whole = this.outsideOf(at(operands, 0));
    const key = `${whole} ${axis} ${start.key} ${step}`;
    const result = at(results, 0);
    let input = this.selected.get(key);
    if (input === undefined) {
      const operand = this.entries(outer, whole, { axis, start, step });
      const type = outer.typeOf(operand);
      input = this.loop.input("sequence", `of round ${result}`, { ...type, shape: type.shape.slice(1) }, operand);
      this.selected.set(key, input);
    }
    this.inside.set(result, this.loop.inner.at(instruction).reshape(input, this.body.inner.shapeOf(result)));
  }

  /** Of all rounds, along a first axis. */
  private entries(
    outer: GraphBuilder,
    whole: ValueId,
    { axis, start, step }: { readonly axis: number; readonly start: Dim; readonly step: number },
  ): ValueId {
    const shape = outer.shapeOf(whole);
    const from = step > 0 ? start : addDims(start, dimConstant(1 - (constantOf(this.count) ?? 0)));
    const isWhole = constantOf(from) === 0 && equalDims(at(shape, axis), this.count);
    const part = isWhole ? whole : outer.slice(whole, axis, from, this.count);
    const turned = step > 0 ? part : outer.emit({ kind: "reverse", axis }, [part]);
    const others = shape.map((_, i) => i).filter((i) => i !== axis);
    return outer.transpose(turned, [axis, ...others]);
  }

  /** `k` as a number. */
  private number(
    instruction: Instruction,
    { dtype, value }: Extract<Operation, { kind: "constant" }>,
    step: number,
  ): void {
    const outer = this.body.outer.at(instruction);
    const shape = [this.count];
    const counted = outer.iota(this.count);
    const stepped = step === 1 ? counted : outer.map("mul", counted, outer.constantOf(step, shape));
    const numbers = value === 0 ? stepped : outer.map("add", stepped, outer.constantOf(value, shape));
    const operand = dtype === "index" ? outer.emit({ kind: "to_index" }, [numbers]) : numbers;
    const result = at(instruction.results, 0);
    const type = { ...outer.typeOf(operand), shape: [] };
    this.inside.set(result, this.loop.input("sequence", `of round ${result}`, type, operand));
  }

  private outsideOf(id: ValueId): ValueId {
    const { body, outside } = this;
    const made = definitions(body.inner);
    const needed = (value: ValueId): Instruction | undefined => (outside.has(value) ? undefined : made.get(value));
    forEachNeeded(id, needed, (instruction) => {
      copyInstruction(body.outer, body.inner, instruction, outside);
    });
    return mapped(outside, id);
  }
}

/** Rounds that follow each other and are alike: how each differs from the one before. */
export interface RoundStretch {
  readonly from: number;
  readonly count: number;
  /** Undefined where they are written out. */
  readonly steps: RoundSteps | undefined;
}

/** @param mostWrittenOut operations that are written out */
export function stretchesOf(bodies: readonly RoundBody[], mostWrittenOut: number): readonly RoundStretch[] {
  const stretches: RoundStretch[] = [];
  let from = 0;
  while (from < bodies.length) {
    const body = at(bodies, from);
    let steps: RoundSteps | undefined;
    let end = from + 1;
    for (let next = bodies[end]; next !== undefined; next = bodies[end]) {
      const own = at(bodies, end - 1).stepsTo(next);
      if (own === undefined || (steps !== undefined && !sameSteps(steps, own))) break;
      steps = own;
      end += 1;
    }
    const count = end - from;
    const isLoop = count * body.cost > mostWrittenOut && !body.isShared;
    stretches.push({ from, count, steps: isLoop ? steps : undefined });
    from = end;
  }
  return stretches;
}

function sameSteps(a: RoundSteps, b: RoundSteps): boolean {
  return a.size === b.size && [...a].every(([i, step]) => b.get(i) === step);
}
