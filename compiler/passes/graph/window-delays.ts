import { at, listAt } from "../../base/at.js";
import { constantOf, dimConstant } from "../../base/types/dim.js";
import type { GraphBuilder } from "../../ir/graph/build.js";
import { type DelayLine, delayLinesOf, historyOfLine, type LineRead, readsOfLine } from "../../ir/graph/delay-line.js";
import { type Lifted, liftOperation, overTime } from "../../ir/graph/lift.js";
import { definitions, forEachNeeded, rewriteFunction } from "../../ir/graph/rewrite.js";
import { isCarried, operandKind, resultParts, type Scan } from "../../ir/graph/scan.js";
import type { GraphFunction, Instruction, ValueId } from "../../ir/graph/graph-function.js";
import type { GraphPass } from "../pass.js";
import { anyTarget } from "../any-target.js";
import { timeLevels } from "./time-levels.js";

/**
 * Takes delay lines out of loops whose elements are known before the loop, an input above all: what such a line has held is the
 * sequence of its elements after its first ones, and what is read of it are places or windows of that sequence. A filter is a
 * product over all steps then, its gradient another, and a delay is a shift in time, forward and back.
 *
 * Needs: `separate-loops`, which gives such a line a loop of its own, and `split-time`, after which this has nothing in it but
 * the line and views of it. Leaves alone: windows that something else than a product reads, as their gradient would lie in
 * memory once for each of their elements; streams, which keep a ring. Rounding does not change.
 */
export const windowDelays: GraphPass = {
  name: "window-delays",
  summary: "read delays of known sequences as windows of them",
  run: (fn, context) => {
    const readers = readersOf(fn);
    let found = false;
    const without = rewriteFunction(
      fn,
      context,
      (builder, operation, operands, instruction) => {
        if (operation.kind !== "scan" || operation.reverse) return undefined;
        const results = new Windows(operation, operands, builder).of(instruction, readers);
        found ||= results !== undefined;
        return results;
      },
      (body) => body,
    );
    return found ? without : fn;
  },
};

type Readers = ReadonlyMap<ValueId, readonly Instruction[]>;

function readersOf(fn: GraphFunction): Readers {
  const readers = new Map<ValueId, Instruction[]>();
  for (const instruction of fn.instructions)
    for (const id of instruction.operands) {
      listAt(readers, id).push(instruction);
    }
  return readers;
}

/** What is read of a line in each step, and views of it. */
interface Read extends LineRead {
  readonly line: number;
  readonly views: readonly Instruction[];
}

class Windows {
  private readonly scan: Scan;
  private readonly operands: readonly ValueId[];
  private readonly b: GraphBuilder;
  private readonly defined: ReadonlyMap<ValueId, Instruction>;

  constructor(scan: Scan, operands: readonly ValueId[], b: GraphBuilder) {
    this.scan = scan;
    this.operands = operands;
    this.b = b;
    this.defined = definitions(scan.body);
  }

  /** The results of the loop; undefined where it is none of nothing but such lines. */
  of(instruction: Instruction, readers: Readers): ValueId[] | undefined {
    const { scan } = this;
    if (!isCarried(scan, 0)) return undefined;
    const found = delayLinesOf(scan);
    const levelOf = timeLevels(scan);
    const lines = found.flatMap((line) =>
      line !== undefined && line.axis === 0 && levelOf(line.entered) < 2 ? [line] : [],
    );
    if (lines.length < found.length) return undefined;
    const { stacked } = resultParts(scan, scan.body.outputs);
    const reads = stacked.map((id) => this.readOf(id, lines));
    const places = resultParts(scan, instruction.results).stacked;
    const isFit = reads.every(
      (read, i) =>
        read !== undefined &&
        ((constantOf(read.count) ?? Infinity) <= anyTarget.mostElements || isOfProducts(at(places, i), readers)),
    );
    if (!isFit) return undefined;
    const histories = lines.map((line, i) => this.history(line, at(this.operands, i)));
    const finals = lines.map((line, i) => this.last(line, at(histories, i)));
    return [...finals, ...(reads as readonly Read[]).map((read) => this.read(read, at(lines, read.line), at(histories, read.line)))]; // prettier-ignore
  }

  private readOf(id: ValueId, lines: readonly DelayLine[]): Read | undefined {
    const views: Instruction[] = [];
    const { inputs } = this.scan.body;
    for (let value = id; ;) {
      const line = lines.findIndex(({ next }, i) => next === value || at(inputs, i) === value);
      if (line >= 0) {
        const own = at(lines, line);
        const [first] = views;
        const isAfter = own.next === value;
        const size = at(own.shape, 0);
        if (first?.operation.kind !== "slice" || first.operation.axis !== 0)
          return { line, isAfter, start: dimConstant(0), count: size, views };
        const { start, length } = first.operation;
        return { line, isAfter, start, count: length, views: views.slice(1) };
      }
      const made = this.defined.get(value);
      if (made?.operation.kind !== "slice" && made?.operation.kind !== "reshape") return undefined;
      views.unshift(made);
      value = at(made.operands, 0);
    }
  }

  private history(line: DelayLine, initial: ValueId): ValueId {
    const { b, scan } = this;
    const entered = overTime(this.lifted(line.entered), b, scan.length);
    return historyOfLine(b, line, { initial, entered, length: scan.length });
  }

  /** A value of the body that depends on no line, for all steps. */
  private lifted(id: ValueId): Lifted {
    const { b, scan } = this;
    const known = new Map<ValueId, Lifted>();
    for (const [i, input] of scan.body.inputs.entries()) {
      const kind = operandKind(scan, i);
      if (kind !== "carried") known.set(input, { value: at(this.operands, i), overTime: kind === "sequence" });
    }
    const definitionOf = (value: ValueId): Instruction | undefined => (known.has(value) ? undefined : this.defined.get(value)); // prettier-ignore
    forEachNeeded(id, definitionOf, (instruction) => {
      const { operation, operands, results } = instruction;
      const own = operands.map((operand) => known.get(operand)!);
      const isOverTime = own.some((operand) => operand.overTime);
      const there = b.at(instruction);
      const value = isOverTime
        ? liftOperation(operation, own, there, scan.length)
        : there.emit(operation, own.map((operand) => operand.value)); // prettier-ignore
      known.set(at(results, 0), { value, overTime: isOverTime });
    });
    return known.get(id)!;
  }

  private last({ shape, end }: DelayLine, history: ValueId): ValueId {
    const { b, scan } = this;
    const held = b.slice(history, 0, scan.length, at(shape, 0));
    return end === "front" ? b.emit({ kind: "reverse", axis: 0 }, [held]) : held;
  }

  /** What is read in every step, along a new first axis. */
  private read({ views, ...read }: Read, line: DelayLine, history: ValueId): ValueId {
    const { b, scan } = this;
    return views.reduce(
      (own, { operation }) => liftOperation(operation, [{ value: own, overTime: true }], b, scan.length),
      readsOfLine(b, line, read, history, scan.length),
    );
  }
}

/** Do products alone read it, through views that keep the steps first? */
function isOfProducts(id: ValueId, readers: Readers): boolean {
  return (readers.get(id) ?? []).every(({ operation, results }) => {
    if (operation.kind === "contract") return true;
    return (operation.kind === "slice" || operation.kind === "reshape" || operation.kind === "transpose") && isOfProducts(at(results, 0), readers); // prettier-ignore
  });
}
