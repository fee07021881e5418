/**
 * What backward reads of delay lines: not their values of every step, which are as many times as large as the line is long, but windows of the
 * sequence of what enters them.
 */
import { at } from "../../base/at.js";
import { dimConstant } from "../../base/types/dim.js";
import type { GraphBuilder } from "../../ir/graph/build.js";
import { type DelayLine, delayLineOf, historyOfLine, readsOfLine } from "../../ir/graph/delay-line.js";
import { definitions } from "../../ir/graph/rewrite.js";
import { isCarried, type Scan } from "../../ir/graph/scan.js";
import type { GraphFunction, ValueId } from "../../ir/graph/graph-function.js";

/** The lines along first axes among the values that a body carries, by where these stand; what enters is in some shape. */
function linesIn(body: GraphFunction, scan: Pick<Scan, "carried">): Map<number, DelayLine> {
  const defined = definitions(body);
  const lines = new Map<number, DelayLine>();
  for (const [i, next] of body.outputs.entries()) {
    if (!isCarried(scan, i)) break;
    const line = delayLineOf(body, defined, at(body.inputs, i), next);
    if (line?.axis !== 0) continue;
    // As often as not it is something else in another shape, which is kept anyway.
    let { entered } = line;
    for (let made = defined.get(entered); made?.operation.kind === "reshape"; made = defined.get(entered))
      entered = at(made.operands, 0);
    lines.set(i, { ...line, entered });
  }
  return lines;
}

/** Of lines, before a step and after it, what enters them: as much is kept of them in a step. */
export function keptAsEntered(body: GraphFunction, carried: number): ReadonlyMap<ValueId, ValueId> {
  const kept = new Map<ValueId, ValueId>();
  for (const [i, { next, entered }] of linesIn(body, { carried })) {
    for (const id of [at(body.inputs, i), next]) kept.set(id, entered);
  }
  return kept;
}

/** A loop whose body returns residuals, those of lines among them. */
export class LineResiduals {
  /** It returns what enters each of these lines, too. */
  readonly scan: Scan;
  /** By result: the line that is read, which stands at `state`, and where the results have what enters it. */
  private readonly reads = new Map<
    number,
    { readonly line: DelayLine; readonly state: number; readonly isAfter: boolean; readonly entered: number }
  >();

  /** @param own how many results it has besides the residuals, which come after them */
  constructor(scan: Scan, own: number) {
    const { body } = scan;
    const lines = scan.reverse ? [] : [...linesIn(body, scan)];
    const [outputs, names] = [[...body.outputs], [...body.outputNames]];
    for (let result = own; result < body.outputs.length; result++) {
      const id = at(body.outputs, result);
      const found = lines.find(([i, { next }]) => id === next || id === at(body.inputs, i));
      if (found === undefined) continue;
      const [state, line] = found;
      // Where it is a residual itself, that one: of two results the same would be kept twice.
      const besides = outputs.findIndex((made, i) => made === line.entered && !isCarried(scan, i));
      let entered = Math.max(outputs.indexOf(line.entered, own), besides);
      if (entered < 0) {
        entered = outputs.push(line.entered) - 1;
        names.push(`${names[state] ?? ""} enters`);
      }
      this.reads.set(result, { line, state, isAfter: id === line.next, entered });
    }
    this.scan = { ...scan, body: { ...body, outputs, outputNames: names } };
  }

  /** Of the loop, with windows in the place of lines. */
  resultsOf(b: GraphBuilder, operands: readonly ValueId[], results: readonly ValueId[]): ValueId[] {
    const { length } = this.scan;
    const histories = new Map<number, ValueId>();
    return results.map((id, i) => {
      const read = this.reads.get(i);
      if (read === undefined) return id;
      const { line, state, isAfter } = read;
      const entered = at(results, read.entered);
      const history = histories.get(state) ?? historyOfLine(b, line, { initial: at(operands, state), entered, length });
      histories.set(state, history);
      const whole = { isAfter, start: dimConstant(0), count: at(line.shape, 0) };
      return readsOfLine(b, line, whole, history, length);
    });
  }
}
