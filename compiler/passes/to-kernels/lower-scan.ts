/** A scan: a loop over steps around the body's regions, on the examples that are still running. */
import { at, lookUp } from "../../base/at.js";
import { invariant } from "../../base/diagnostics/invariant.js";
import { isCarried, operandKind, type Scan } from "../../ir/graph/scan.js";
import { stateOfCount } from "../../ir/graph/counted-steps.js";
import type { Instruction, ValueId } from "../../ir/graph/graph-function.js";
import { nameOf, typeOf } from "../../ir/graph/values.js";
import type { Examples, Statement } from "../../ir/kernel/kernel-program.js";
import { affineConstant } from "../../ir/kernel/affine.js";
import { Block, type InputSource } from "./block.js";
import { type DelayLine, linesOf, type ReturningLine } from "../../ir/graph/delay-line.js";
import { History } from "./histories.js";
import { commitInPlace } from "./in-place.js";
import { fixLeading, isDense, type BufferLocation } from "./location.js";
import { type ResultTarget, throughReshapes } from "./targets.js";
import { LoopNames, variableIndex } from "./loops.js";

export function lowerScan(block: Block, instruction: Instruction, lowerBlock: (block: Block) => void): void {
  const { operation, operands, results } = instruction;
  invariant(operation.kind === "scan", "a scan");
  const { body, length, reverse } = operation;
  const names = new LoopNames(block);
  const step = names.pick("t");
  const path = uniquePath(block, results);
  const histories = historiesOf(block, operation, step, path);
  const { states, targets } = placesOfResults(block, operation, results, { step, path, histories });
  const running = runningExamples(block, instruction, operation, { names, step, path });
  const inner = new Block({
    fn: body,
    targets: throughReshapes(body, targets, block.storage),
    storage: block.storage,
    inputs: inputsOf(block, operation, instruction, { step, histories }),
    examples: running.examples,
    path,
    scope: [...block.scope, step, ...running.scope],
    lines: [...histories.values()].flatMap(({ line, history: { before, after, entry } }) =>
      "added" in line ? [] : [{ line, before, after, entries: [entry] as const }],
    ),
    kept: block.kept && { ...block.kept, inLoop: true },
  });
  lowerBlock(inner);
  commitInPlace(inner, states);
  const nameOfState = (i: number): string => nameOf(body, at(body.inputs, i));
  const zeros = [...histories].flatMap(([i, { line, history }]) => "added" in line ? [history.enterZero(inner, nameOfState(i))] : []); // prettier-ignore
  for (const [i, { history }] of histories) block.statements.push(history.begin(at(operands, i), nameOfState(i)));
  block.statements.push({
    kind: "for",
    variable: step,
    extent: { kind: "affine", value: affineConstant(length) },
    step: 1,
    reverse,
    body: [...running.statements, ...zeros, ...inner.statements],
  });
  for (const [i, { history }] of histories) {
    const last = block.locations.get(at(results, i));
    if (last !== undefined) block.statements.push(history.end(last, nameOfState(i)));
  }
}

interface LineInLoop {
  readonly line: DelayLine | ReturningLine;
  readonly history: History;
}

/** Of its delay lines, by their places among what is carried. */
function historiesOf(block: Block, scan: Scan, step: string, path: string): ReadonlyMap<number, LineInLoop> {
  return new Map(
    linesOf(scan).flatMap((line, i) => {
      const name = `${path}.${nameOf(scan.body, at(scan.body.inputs, i))}`;
      return line === undefined ? [] : [[i, { line, history: new History(block, line, scan, step, name) }] as const];
    }),
  );
}

interface RunningExamples {
  readonly examples: Examples;
  /** What lists them. */
  readonly statements: readonly Statement[];
  /** Names of integers that this defines. */
  readonly scope: readonly string[];
}

/** Those that have the step at hand. */
function runningExamples(
  block: Block,
  instruction: Instruction,
  scan: Scan,
  { names, step, path }: { readonly names: LoopNames; readonly step: string; readonly path: string },
): RunningExamples {
  const { length } = scan;
  if (!block.hasExampleSize(length)) return { examples: block.examples, statements: [], scope: [] };
  const count = names.pick("active");
  const list = block.storage.scratch(`${path}.rows`, "index", [], true).buffer;
  return {
    examples: { kind: "list", list, count },
    statements: [
      {
        kind: "select_examples",
        list,
        count,
        from: block.examples,
        step,
        length,
        ...goingOf(block, instruction, scan),
      },
    ],
    scope: [count],
  };
}

/** Where a loop that only counts its steps up to an end says which examples have not come to theirs: the others need no more steps. */
function goingOf(block: Block, { results }: Instruction, scan: Scan): { readonly going?: string } {
  const state = stateOfCount(block.fn, results, scan);
  const location = state === undefined ? undefined : block.locations.get(at(results, state));
  return location !== undefined && isDense(location, []) ? { going: location.buffer } : {};
}

/** What the body reads: states where they are updated, and the values around it, of sequences the step at hand. */
function inputsOf(
  block: Block,
  scan: Scan,
  { operands, results }: Instruction,
  { step, histories }: { readonly step: string; readonly histories: ReadonlyMap<number, LineInLoop> },
): ReadonlyMap<ValueId, InputSource> {
  return new Map(
    scan.body.inputs.map((id, i): [ValueId, InputSource] => {
      const kind = operandKind(scan, i);
      if (kind === "carried") {
        const location = histories.get(i)?.history.before ?? lookUp(block.locations, at(results, i));
        return [id, { kind: "location", location, buffer: location.buffer }];
      }
      const prefix = kind === "sequence" ? [variableIndex(step)] : [];
      return [id, { kind: "alias", block, value: at(operands, i), prefix }];
    }),
  );
}

interface PlacesOfResults {
  /** Next states are written beside the states, and take their places at the end of a step. */
  readonly states: readonly { readonly id: ValueId; readonly state: BufferLocation; readonly next: BufferLocation }[];
  readonly targets: readonly ResultTarget[];
}

function placesOfResults(
  block: Block,
  scan: Scan,
  results: readonly ValueId[],
  { step, path, histories }: { readonly step: string; readonly path: string; readonly histories: ReadonlyMap<number, LineInLoop> }, // prettier-ignore
): PlacesOfResults {
  const { body } = scan;
  const states: { id: ValueId; state: BufferLocation; next: BufferLocation }[] = [];
  const targets: ResultTarget[] = [];
  for (const [i, id] of body.outputs.entries()) {
    const found = histories.get(i);
    if (found !== undefined) {
      const { after: location } = found.history;
      if ("added" in found.line)
        targets.push(...found.line.added.map((scatter): ResultTarget => ({ id: scatter, destination: { location, mode: "add" } }))); // prettier-ignore
      else targets.push({ id, destination: { location, mode: "set" } });
      continue;
    }
    const location = block.locations.get(at(results, i));
    if (location === undefined) continue;
    if (isCarried(scan, i)) {
      const { shape } = typeOf(body, id);
      const next = block.storage.scratch(`${path}.${body.names[id] ?? `v${id}`}.next`, location.dtype, shape, true);
      states.push({ id, state: location, next });
      targets.push({ id, destination: { location: next, mode: "set" } });
    } else {
      const place = fixLeading(location, [variableIndex(step)]);
      targets.push({ id, destination: { location: place, mode: "set" } });
    }
  }
  return { states, targets };
}

function uniquePath(block: Block, results: readonly ValueId[]): string {
  return `${block.path}.loop${results[0] ?? 0}`;
}
