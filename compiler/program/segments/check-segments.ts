/**
 * Whether a gradient comes out right that is computed in segments. Each of its values is made of one segment; sums over the steps go on from
 * segment to segment, and what the call of the first steps gives, which is the last, is the gradient. So all else that it is made of must be then
 * what it is in the whole.
 */
import { lookUp } from "../../base/at.js";
import { dimSymbol, type Dim, printDim, symbolsOf } from "../../base/types/dim.js";
import { isCarried, operandParts, type Scan } from "../../ir/graph/scan.js";
import type { GraphFunction, Instruction, Operation, ValueId } from "../../ir/graph/graph-function.js";
import { nameOf, outputName, typeOf } from "../../ir/graph/values.js";
import { partsOfLoss } from "../../../runtime/module/loss-parts.js";
import type { EntryDerivation, EntryProgram } from "../entry.js";
import { SegmentsError } from "./find-segments.js";
import type { Role } from "../base/roles.js";

/**
 * What is known of a value in the call of a segment: it is 0; the same in all; one for each step; as in the whole once the first steps are
 * through; or what only a call of all steps has.
 */
type Knowledge = "zero" | "same" | "steps" | "in the end" | "of the segment";

/** @throws SegmentsError that names the tensor whose gradient would be wrong */
export function checkSegments({ entries, roles }: EntryProgram, symbol: string, losses: readonly string[]): void {
  const entryBy = (by: EntryDerivation["by"]): GraphFunction | undefined =>
    [...entries.values()].find(({ of, by: how, streamed }) => of === "forward" && how === by && !streamed)?.fn;
  const [forward, backward] = [entryBy("value"), entryBy("gradient")];
  if (forward === undefined || backward === undefined) return;
  // Sums of losses are what is differentiated, each over its divisor.
  const unused = new Set(
    losses.flatMap((name) => {
      const [value, , weight] = partsOfLoss(name);
      return [value, weight];
    }),
  );
  const isZero = ({ kind, name, derived = [] }: Role): boolean =>
    kind === "output" && derived[0] === "grad" && unused.has(name);
  const input = (fn: GraphFunction, id: ValueId): Knowledge => {
    if (isZero(lookUp(roles, nameOf(fn, id)))) return "zero";
    return isAlong(typeOf(fn, id).shape, symbol) ? "steps" : "same";
  };
  const values = known(forward, symbol, false, (id) => input(forward, id));
  const kept = new Map(forward.outputs.map((id, i) => [outputName(forward, i), lookUp(values, id)]));
  const found = known(backward, symbol, true, (id) => kept.get(nameOf(backward, id)) ?? input(backward, id));
  for (const [i, id] of backward.outputs.entries()) {
    if (found.get(id) !== "of the segment") continue;
    const { name } = lookUp(roles, outputName(backward, i));
    throw new SegmentsError(
      `the gradient by \`${name}\` is made of what all ${printDim(dimSymbol(symbol))} steps make together`,
      "it may be made of sums over the steps, and of what is the same at each",
    );
  }
}

/** @param goesOn whether sums over the steps go on from call to call */
function known(
  fn: GraphFunction,
  symbol: string,
  goesOn: boolean,
  input: (id: ValueId) => Knowledge,
): ReadonlyMap<ValueId, Knowledge> {
  const found = new Map(fn.inputs.map((id) => [id, input(id)]));
  for (const instruction of fn.instructions) {
    const operands = instruction.operands.map((id) => lookUp(found, id));
    for (const [i, id] of instruction.results.entries()) {
      const along = isAlong(typeOf(fn, id).shape, symbol);
      found.set(id, knownOf(instruction, i, operands, { symbol, along, goesOn }));
    }
  }
  return found;
}

interface Place {
  readonly symbol: string;
  /** Has the result an axis of the steps? */
  readonly along: boolean;
  readonly goesOn: boolean;
}

const isAlong = (shape: readonly Dim[], symbol: string): boolean =>
  shape.some((dim) => symbolsOf(dim).includes(symbol));

/** What multiplies: nothing where one side is. */
const products: ReadonlySet<string> = new Set(["mul", "strong_mul", "div", "strong_div"]);

function isNothing({ operation }: Instruction, operands: readonly Knowledge[]): boolean {
  if (operation.kind === "constant") return operation.value === 0;
  if (operation.kind === "map" && operation.op === "select") return operands.slice(1).every((own) => own === "zero");
  const multiplies = operation.kind === "contract" || (operation.kind === "map" && products.has(operation.op));
  if (multiplies) return operands.includes("zero");
  const keepsZero = operation.kind !== "map" || ["add", "sub", "neg"].includes(operation.op);
  return keepsZero && operation.kind !== "scan" && operands.length > 0 && operands.every((own) => own === "zero");
}

function knownOf(instruction: Instruction, result: number, operands: readonly Knowledge[], place: Place): Knowledge {
  const { operation } = instruction;
  const { symbol, along } = place;
  if (isNothing(instruction, operands)) return "zero";
  if (operation.kind === "dimension") return symbolsOf(operation.dim).includes(symbol) ? "of the segment" : "same";
  const has = (own: Knowledge): boolean => operands.includes(own);
  // What is complete in the end only is not there while steps go on.
  if (has("of the segment") || (has("in the end") && (along || has("steps")))) return "of the segment";
  if (along) return "steps";
  if (has("steps")) return endOf(operation, result, operands, place);
  return has("in the end") ? "in the end" : "same";
}

/** Of something without steps that is made of what has some. */
function endOf(operation: Operation, result: number, operands: readonly Knowledge[], place: Place): Knowledge {
  const { symbol, goesOn } = place;
  switch (operation.kind) {
    case "reduce":
      return goesOn && operation.op === "sum" ? "in the end" : "of the segment";
    case "contract":
    case "scatter_add":
    case "batch_sum":
      return goesOn ? "in the end" : "of the segment";
    case "slice":
      return symbolsOf(operation.start).includes(symbol) ? "of the segment" : "in the end";
    case "scan":
      return stateOf(operation, result, operands, symbol);
    default:
      return "of the segment";
  }
}

/** A state after the steps: where these go backwards it is one before the first of them. */
function stateOf(scan: Scan, result: number, operands: readonly Knowledge[], symbol: string): Knowledge {
  const isState = isCarried(scan, result) && symbolsOf(scan.length).includes(symbol) && scan.reverse;
  return isState && !operandParts(scan, operands).invariants.includes("steps") ? "in the end" : "of the segment";
}
