/** How the values of a loop body depend on time: what `order-sums` and `split-time` ask. */
import { at } from "../../base/at.js";
import { invariant } from "../../base/diagnostics/invariant.js";
import { isCarried, type OperandKind, operandKind, resultParts, type Scan } from "../../ir/graph/scan.js";
import type { GraphFunction, Instruction, ValueId } from "../../ir/graph/graph-function.js";

/** 0: the same at every step; 1: depends on the sequences of this step only; 2: depends on the state. */
type TimeLevel = 0 | 1 | 2;

const levelOfInput: Readonly<Record<OperandKind, TimeLevel>> = { carried: 2, sequence: 1, invariant: 0 };

type LevelOf = (id: ValueId) => TimeLevel;

/** The level of every value of the body. What cannot be lifted over time counts as depending on the state. */
export function timeLevels(scan: Scan): LevelOf {
  return levelsIn(scan.body, levelsOfInputs(scan), () => undefined).levelOf;
}

/** The same, where rounds are as they would be written out: what depends on the inputs of the step only could leave the loop. */
export function levelsWrittenOut(scan: Scan): BodyLevels {
  return levelsIn(scan.body, levelsOfInputs(scan), (rounds, operands) => roundLevels(rounds, operands).others);
}

/** Levels of the values of a function, and of the values of rounds in it. */
export interface BodyLevels {
  readonly levelOf: LevelOf;
  readonly outputs: readonly TimeLevel[];
}

/** The levels in rounds with such operands: of the first few, in each of which more depends on the state, and of all others. */
export function roundLevels(
  scan: Scan,
  operands: readonly TimeLevel[],
): { readonly first: readonly BodyLevels[]; readonly others: BodyLevels } {
  const levels = levelsIn(scan.body, operands, (rounds, own) => roundLevels(rounds, own).others);
  const next = operands.map((level, i) => Math.max(level, isCarried(scan, i) ? at(levels.outputs, i) : 0) as TimeLevel);
  if (next.every((level, i) => level === operands[i])) return { first: [], others: levels };
  const { first, others } = roundLevels(scan, next);
  return { first: [levels, ...first], others };
}

const levelsOfInputs = (scan: Scan): TimeLevel[] => scan.body.inputs.map((_, i) => levelOfInput[operandKind(scan, i)]);

/** @param roundsOf the levels of rounds, where these are seen through */
function levelsIn(
  fn: GraphFunction,
  given: readonly TimeLevel[],
  roundsOf: (scan: Scan, operands: readonly TimeLevel[]) => BodyLevels | undefined,
): BodyLevels {
  const levels = new Map<ValueId, TimeLevel>(fn.inputs.map((id, i) => [id, at(given, i)]));
  const levelOf = (id: ValueId): TimeLevel => {
    const level = levels.get(id);
    invariant(level !== undefined, `%${id} has no level`);
    return level;
  };
  for (const instruction of fn.instructions) {
    const { operation, results } = instruction;
    const operands = instruction.operands.map(levelOf);
    const rounds = operation.kind === "scan" && operation.rounds ? roundsOf(operation, operands) : undefined;
    const level = Math.max(0, ...operands) as TimeLevel;
    const own = level === 1 && !isLiftable(instruction, operands) ? 2 : level;
    for (const [i, id] of results.entries()) levels.set(id, rounds === undefined ? own : at(rounds.outputs, i));
  }
  return { levelOf, outputs: fn.outputs.map(levelOf) };
}

/** Whether the operation can be done for all steps at once. */
export function isLiftable({ operation }: Instruction, operandLevels: readonly TimeLevel[]): boolean {
  switch (operation.kind) {
    case "gather":
      // One table for all steps: of one that changes with time, all would be kept.
      return operandLevels[0] === 0;
    case "custom_derivative":
      return isFunctionLiftable(operation.tangent, operandLevels.slice(1));
    case "scatter_add":
    case "scan":
    case "batch_sum":
      return false;
    default:
      return true;
  }
}

function isFunctionLiftable(fn: GraphFunction, inputLevels: readonly TimeLevel[]): boolean {
  const levels = new Map<ValueId, TimeLevel>(fn.inputs.map((id, i) => [id, inputLevels[i] ?? 0]));
  return fn.instructions.every((instruction) => {
    const own = instruction.operands.map((id) => levels.get(id) ?? 0);
    for (const id of instruction.results) levels.set(id, Math.max(0, ...own) as TimeLevel);
    return isLiftable(instruction, own);
  });
}

/** Values of level 2 that the next state depends on, or that have to stay in the loop anyway. */
export function loopValues(scan: Scan, levelOf: (id: ValueId) => TimeLevel): ReadonlySet<ValueId> {
  const inLoop = new Set<ValueId>(resultParts(scan, scan.body.outputs).carried.filter((id) => levelOf(id) === 2));
  for (const instruction of [...scan.body.instructions].reverse()) {
    const stays =
      instruction.results.some((id) => inLoop.has(id)) ||
      (instruction.results.some((id) => levelOf(id) === 2) &&
        !isLiftable(instruction, instruction.operands.map(levelOf)));
    if (!stays) continue;
    for (const id of instruction.results) inLoop.add(id);
    for (const id of instruction.operands) if (levelOf(id) === 2) inLoop.add(id);
  }
  return inLoop;
}
