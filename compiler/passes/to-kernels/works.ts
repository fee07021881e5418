/**
 * Reads a graph function (a whole entry or the body of a scan) as *works*: products, reductions, scatters and scans,
 * whose results always lie in memory. Everything else is a formula of its indices, computed where it is used.
 *
 * Absorbed into works: `add(e, contract)` (a product whose accumulator starts at `e`), `batch_sum` of a product, a
 * reduction or a scatter (one sum over examples and axes).
 */
import { at } from "../../base/at.js";
import { pairOf, typeOf } from "../../ir/graph/values.js";
import type { GraphFunction, Instruction, ValueId } from "../../ir/graph/graph-function.js";

export type Work =
  | {
      readonly kind: "product";
      readonly result: ValueId;
      readonly contract: Instruction;
      readonly initial: ValueId | undefined;
      /** Summed over the examples, too. */
      readonly summed: boolean;
    }
  | {
      readonly kind: "reduction";
      readonly result: ValueId;
      readonly op: "sum" | "max" | "min";
      readonly operand: ValueId;
      readonly axes: readonly number[];
      readonly summed: boolean;
    }
  | {
      readonly kind: "scatter";
      readonly result: ValueId;
      readonly along: number;
      readonly index: ValueId;
      readonly updates: ValueId;
      readonly summed: boolean;
    }
  | { readonly kind: "scan"; readonly instruction: Instruction };

export interface FunctionWorks {
  readonly producer: ReadonlyMap<ValueId, Instruction>;
  /** Works that some output needs, in order. */
  readonly works: readonly Work[];
  /** The work that gives a value. */
  readonly workOf: ReadonlyMap<ValueId, Work>;
  readonly live: ReadonlySet<ValueId>;
  readonly perExample: (value: ValueId) => boolean;
}

export function resultsOf(work: Work): readonly ValueId[] {
  return work.kind === "scan" ? work.instruction.results : [work.result];
}

export function operandsOf(work: Work): readonly ValueId[] {
  switch (work.kind) {
    case "product":
      return work.initial === undefined ? work.contract.operands : [...work.contract.operands, work.initial];
    case "reduction":
      return [work.operand];
    case "scatter":
      return [work.index, work.updates];
    case "scan":
      return work.instruction.operands;
  }
}

/** `outputs` are the values that are wanted, once for each time they are. */
export function readWorks(fn: GraphFunction, outputs: readonly ValueId[]): FunctionWorks {
  const producer = new Map<ValueId, Instruction>();
  const useCounts = new Map<ValueId, number>();
  const count = (id: ValueId) => useCounts.set(id, (useCounts.get(id) ?? 0) + 1);
  for (const instruction of fn.instructions) {
    for (const id of instruction.results) producer.set(id, instruction);
    instruction.operands.forEach(count);
  }
  outputs.forEach(count);
  const perExample = (id: ValueId) => !typeOf(fn, id).shared;
  const once = (id: ValueId) => useCounts.get(id) === 1;

  const workOf = new Map<ValueId, Work>();
  const absorbed = new Set<ValueId>();
  for (const instruction of fn.instructions) {
    const work = workOfInstruction(instruction, { workOf, perExample, once, absorbed });
    if (work !== undefined) for (const id of resultsOf(work)) workOf.set(id, work);
  }

  const live = new Set<ValueId>();
  const pending = [...outputs];
  for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
    if (live.has(id)) continue;
    live.add(id);
    const work = workOf.get(id);
    const operands = work === undefined ? producer.get(id)?.operands : operandsOf(work);
    pending.push(...(operands ?? []));
  }
  const works: Work[] = [];
  for (const { results } of fn.instructions) {
    const work = results.map((id) => workOf.get(id)).find((w) => w !== undefined);
    if (work !== undefined && !results.every((id) => absorbed.has(id)) && resultsOf(work).some((id) => live.has(id))) {
      works.push(work);
    }
  }
  return { producer, works, workOf, live, perExample };
}

interface WorksReading {
  readonly workOf: Map<ValueId, Work>;
  readonly perExample: (id: ValueId) => boolean;
  readonly once: (id: ValueId) => boolean;
  readonly absorbed: Set<ValueId>;
}

function workOfInstruction(instruction: Instruction, reading: WorksReading): Work | undefined {
  const { operation, operands } = instruction;
  const result = at(instruction.results, 0);
  switch (operation.kind) {
    case "contract": {
      const contracts = operation.a.some((label) => !operation.result.includes(label));
      return contracts
        ? { kind: "product", result, contract: instruction, initial: undefined, summed: false }
        : undefined;
    }
    case "reduce":
      return {
        kind: "reduction",
        result,
        op: operation.op,
        operand: at(operands, 0),
        axes: operation.axes,
        summed: false,
      };
    case "scatter_add":
      return {
        kind: "scatter",
        result,
        along: operation.along,
        index: at(operands, 0),
        updates: at(operands, 1),
        summed: false,
      };
    case "scan":
      return { kind: "scan", instruction };
    case "batch_sum": {
      const operand = at(operands, 0);
      const inner = reading.workOf.get(operand);
      if (inner !== undefined && inner.kind !== "scan" && reading.once(operand)) {
        const plain = inner.kind !== "product" || inner.initial === undefined;
        if (plain && !inner.summed && (inner.kind !== "reduction" || inner.op === "sum")) {
          reading.absorbed.add(operand);
          return { ...inner, result, summed: true };
        }
      }
      return { kind: "reduction", result, op: "sum", operand, axes: [], summed: true };
    }
    case "map": {
      if (operation.op !== "add") return undefined;
      // The product is the right operand (`order-sums` puts it there): decided by the sum alone, so that a product which
      // left a loop and one that stayed round alike.
      const [initial, id] = pairOf(operands);
      const inner = reading.workOf.get(id);
      if (inner?.kind !== "product" || inner.initial !== undefined || !reading.once(id)) return undefined;
      if (reading.perExample(id) !== reading.perExample(result)) return undefined;
      reading.absorbed.add(id);
      return { ...inner, result, initial };
    }
    default:
      return undefined;
  }
}
