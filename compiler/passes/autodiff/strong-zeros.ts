/**
 * Which cotangents may hold *strong* zeros: those of a branch that was not taken, of the lesser argument of a maximum, of
 * elements that nothing reads. Such a zero says that nothing depends on a value, which then may be infinite or NaN and so may be all that
 * it was made from; the product with a local derivative must stay zero. Where no strong zero can be, products are plain ones.
 *
 * An ordinary zero, as of a saturated function, is none of these: most cells have no strong zeros at all.
 */
import { at, listAt } from "../../base/at.js";
import { consecutive } from "../../ir/graph/consecutive.js";
import { definitions } from "../../ir/graph/rewrite.js";
import { isCarried, operandParts, type Scan } from "../../ir/graph/scan.js";
import type { GraphFunction, Instruction, ValueId } from "../../ir/graph/graph-function.js";
import { flatOps } from "../../ir/ops/scalar-ops.js";
import type { Dim } from "../../base/types/dim.js";
import { chooses } from "./chooses.js";

/** A truth value of the function, and what it is where a branch is taken. */
interface BranchCondition {
  readonly value: ValueId;
  readonly holds: boolean;
}

/**
 * Which strong zeros a cotangent may hold: `rows` where a choice may leave out all elements of a step or of a vector, as by a mask;
 * `elements` where single ones decide by themselves, as in `relu`, so that a row of zeros is rare.
 */
export type Strength = "none" | "elements" | "rows";

const strengths: readonly Strength[] = ["none", "elements", "rows"];

/** What is known of the strong zeros of one cotangent: there are none, or there may be some. */
type Zeros =
  | "none"
  | {
      /** Where it is known: it is zero wherever this condition is not met, and nowhere else. */
      readonly unless: BranchCondition | undefined;
      readonly rows: boolean;
    };

const somewhere = (rows: boolean): Zeros => ({ unless: undefined, rows });
const strengthOf = (zeros: Zeros): Strength => (zeros === "none" ? "none" : zeros.rows ? "rows" : "elements");
const zerosFrom = (strength: Strength): Zeros => (strength === "none" ? "none" : somewhere(strength === "rows"));

/** A contribution to a cotangent; `part` where it is that of a slice only. */
interface Share {
  readonly zeros: Zeros;
  readonly part?: { readonly axis: number; readonly start: Dim; readonly length: Dim };
}

/** Of the cotangents of outputs; undefined where an output has none. */
export type OutputZeros = readonly (Strength | undefined)[];

export interface StrongZeros {
  /** Of values that have a cotangent. */
  readonly values: ReadonlyMap<ValueId, Strength>;
  /** The same for what the bodies of scans give. */
  readonly bodies: ReadonlyMap<Instruction, OutputZeros>;
}

/** Backwards from the outputs, as reverse mode goes. */
export function strongZeros(fn: GraphFunction, outputs: OutputZeros): StrongZeros {
  return new Walk(fn, outputs).result;
}

class Walk {
  readonly result: StrongZeros;
  private readonly fn: GraphFunction;
  private readonly shares = new Map<ValueId, Share[]>();
  private readonly values = new Map<ValueId, Strength>();
  private readonly definitions: ReadonlyMap<ValueId, Instruction>;
  private readonly bodies = new Map<Instruction, OutputZeros>();

  constructor(fn: GraphFunction, outputs: OutputZeros) {
    this.fn = fn;
    this.definitions = definitions(fn);
    this.result = { values: this.values, bodies: this.bodies };
    for (const [i, id] of fn.outputs.entries()) {
      const zeros = outputs[i];
      if (zeros !== undefined) this.give(id, { zeros: zerosFrom(zeros) });
    }
    for (const instruction of [...fn.instructions].reverse()) {
      const zeros = instruction.results.map((id) => this.settle(id));
      if (instruction.operation.kind === "scan") this.throughScan(instruction, instruction.operation, zeros);
      else if (zeros[0] !== undefined) this.throughOne(instruction, zeros[0]);
    }
    for (const id of fn.inputs) this.settle(id);
  }

  /** What comes together at a value; undefined where nothing does. */
  zerosOf(id: ValueId): Zeros | undefined {
    const shares = this.shares.get(id);
    return shares && together(shares, this.fn.types[id]?.shape ?? []);
  }

  private settle(id: ValueId): Zeros | undefined {
    const zeros = this.zerosOf(id);
    if (zeros !== undefined) this.values.set(id, strengthOf(zeros));
    return zeros;
  }

  /** What is left of it where elements do not stay at their places. */
  private uniform({ unless, rows }: Exclude<Zeros, "none">): Zeros {
    const isScalar = unless !== undefined && this.fn.types[unless.value]?.shape.length === 0;
    return { unless: isScalar ? unless : undefined, rows };
  }

  /** One number where the condition is that for all elements. */
  private condition(value: ValueId, holds: boolean): BranchCondition {
    const definition = this.definitions.get(value);
    const repeats = definition?.operation.kind === "broadcast" && definition.operation.axes.length === 0;
    return { value: repeats ? at(definition.operands, 0) : value, holds };
  }

  private give(id: ValueId, share: Share): void {
    if (this.fn.types[id]?.dtype !== "real") return;
    listAt(this.shares, id).push(share);
  }

  private throughOne({ operation, operands }: Instruction, zeros: Zeros): void {
    const anywhere: Zeros = zeros !== "none" ? this.uniform(zeros) : chooses(operation) ? somewhere(false) : "none";
    const inexact: Zeros = anywhere === "none" ? "none" : somewhere(anywhere.rows);
    if (operation.kind === "slice") {
      const { axis, start, length } = operation;
      const own = zeros === "none" ? "none" : inexact;
      this.give(at(operands, 0), { zeros: own, part: { axis, start, length } });
    } else if (operation.kind === "map") {
      if (flatOps.has(operation.op)) return;
      for (const [i, id] of operands.entries()) {
        if (operation.op === "select") this.give(id, { zeros: this.side(zeros, at(operands, 0), id, i === 1) });
        // A factor leaves zeros where they are.
        else this.give(id, { zeros: chooses(operation) ? inexact : zeros });
      }
    } else {
      // The first operand of a declared derivative is the value, which counts for nothing.
      const from = operation.kind === "custom_derivative" ? 1 : 0;
      const to = operation.kind === "custom_derivative" ? 1 + operation.arguments : operands.length;
      for (const id of operands.slice(from, to)) this.give(id, { zeros: chooses(operation) ? inexact : anywhere });
    }
  }

  private side(zeros: Zeros, condition: ValueId, taken: ValueId, holds: boolean): Zeros {
    const decidesItself = this.definitions.get(condition)?.operands.includes(taken) === true;
    // Two choices in a row leave out what either of them does, which is no condition of one value.
    if (zeros === "none") return { unless: this.condition(condition, holds), rows: !decidesItself };
    return somewhere(zeros.rows || !decidesItself);
  }

  /** Until going round the loop once more changes nothing: a cotangent of the state comes from the step after. */
  private throughScan(instruction: Instruction, scan: Scan, zeros: readonly (Zeros | undefined)[]): void {
    const { body } = scan;
    const outputs = zeros.map((own, i) =>
      own !== undefined ? strengthOf(own) : isCarried(scan, i) ? "none" : undefined,
    );
    let walk = new Walk(body, outputs);
    for (let changed = true; changed;) {
      changed = false;
      for (const [i, id] of operandParts(scan, body.inputs).carried.entries()) {
        // A state that the step before did not read gets nothing from it.
        const next = strengthOf(walk.zerosOf(id) ?? somewhere(false));
        if (strengths.indexOf(next) <= strengths.indexOf(outputs[i] ?? "none")) continue;
        outputs[i] = next;
        changed = true;
      }
      if (changed) walk = new Walk(body, outputs);
    }
    this.bodies.set(instruction, outputs);
    for (const [i, id] of body.inputs.entries()) {
      const own = walk.zerosOf(id);
      if (own !== undefined) this.give(at(instruction.operands, i), { zeros: zerosFrom(strengthOf(own)) });
    }
  }
}

/** A sum is zero where all its terms are. */
function together(shares: readonly Share[], shape: readonly Dim[]): Zeros {
  const parts = shares.filter(({ part }) => part !== undefined);
  const whole = shares.filter(({ part }) => part === undefined).map(({ zeros }) => zeros);
  if (parts.length > 0 && parts.every(({ zeros }) => zeros === "none") && cover(parts, shape)) return "none";
  const all = shares.map(({ zeros, part }) => (zeros === "none" && part !== undefined ? somewhere(false) : zeros));
  const [first, ...others] = all.filter((zeros) => zeros !== "none");
  if (first === undefined || whole.includes("none") || bothBranches(whole)) return "none";
  const agree = first.unless !== undefined && others.every(({ unless }) => unless && isSame(unless, first.unless!));
  return { unless: agree ? first.unless : undefined, rows: all.every((zeros) => zeros !== "none" && zeros.rows) };
}

const isSame = (a: BranchCondition, b: BranchCondition): boolean => a.value === b.value && a.holds === b.holds;

/** Whether the two branches of one choice are among them: those have no zero in common. */
function bothBranches(all: readonly Zeros[]): boolean {
  const taken = new Set<ValueId>();
  const notTaken = new Set<ValueId>();
  for (const zeros of all) {
    if (zeros === "none" || zeros.unless === undefined) continue;
    const { value, holds } = zeros.unless;
    const [own, other] = holds ? [taken, notTaken] : [notTaken, taken];
    if (other.has(value)) return true;
    own.add(value);
  }
  return false;
}

/** Whether parts along one axis leave nothing out. */
function cover(shares: readonly Share[], shape: readonly Dim[]): boolean {
  const [first, ...others] = shares.flatMap(({ part }) => part ?? []);
  if (first === undefined) return false;
  const parts = [first, ...others.filter(({ axis }) => axis === first.axis)];
  return consecutive(parts, ({ length }) => length, at(shape, first.axis)).whole;
}
