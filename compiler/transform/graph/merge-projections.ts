import { GraphBuilder } from "../../ir/graph/build.js";
import {
  copyInstruction,
  countUses,
  declareInputs,
  definitions,
  finishLike,
  mapped,
  type ValueMap,
} from "../../ir/graph/rewrite.js";
import type { GraphFunction, Instruction, Operation, ValueId, ValueType } from "../../ir/graph/types.js";
import type { ShapeContext } from "../../ops/shape-rules.js";
import { addDims, type Dim, dimConstant } from "../../types/dim.js";
import type { GraphPass } from "../pass.js";

/**
 * Joins products of one operand with different shared weights (the gates' `W_i x`, `W_f x`, …) into one product with
 * the weights one below the other; the gates become slices of it. What each product is added to joins as well, so the
 * wide product accumulates onto it: `concat(b…) + concat(W…) x`.
 * Needs: sums in order, common values shared. Leaves alone: products whose weights belong to the example, and sums
 * that depend on another product of the group.
 */
export const mergeProjections: GraphPass = {
  name: "merge-projections",
  summary: "join matrix products that read the same operand",
  run: (fn, context) => merge(fn, context),
};

type Contract = Extract<Operation, { kind: "contract" }>;

interface Member {
  readonly product: Instruction;
  readonly weights: ValueId;
  /** The sum the product is added in, where it is its only use, and the other term. */
  readonly sum?: { readonly instruction: Instruction; readonly term: ValueId };
}

interface Group {
  readonly members: readonly Member[];
  readonly operand: ValueId;
  /** Weights come first (`W x`) or second. */
  readonly weightsFirst: boolean;
  readonly operation: Contract;
  /** Axis of the weights, and of the result, along which they are joined. */
  readonly weightsAxis: number;
  readonly resultAxis: number;
}

function merge(fn: GraphFunction, context: ShapeContext): GraphFunction {
  const groups = findGroups(fn);
  const groupOf = new Map<Instruction, Group>();
  for (const group of groups) {
    for (const { product, sum } of group.members) {
      groupOf.set(product, group);
      if (sum !== undefined) groupOf.set(sum.instruction, group);
    }
  }
  const builder = new GraphBuilder(fn.name, context);
  const values = declareInputs(builder, fn);
  for (const unit of inDependencyOrder(fn, groupOf)) {
    if ("members" in unit) emitGroup(builder, fn, unit, values);
    else if (unit.operation.kind === "scan") copyWithMergedBody(builder, fn, unit, unit.operation, values, context);
    else copyInstruction(builder, fn, unit, values);
  }
  return finishLike(builder, fn, values);
}

function copyWithMergedBody(
  builder: GraphBuilder,
  fn: GraphFunction,
  instruction: Instruction,
  scan: Extract<Operation, { kind: "scan" }>,
  values: ValueMap,
  context: ShapeContext,
): void {
  copyInstruction(builder, fn, { ...instruction, operation: { ...scan, body: merge(scan.body, context) } }, values);
}

function findGroups(fn: GraphFunction): Group[] {
  const defined = definitions(fn);
  const uses = countUses(fn);
  const users = new Map<ValueId, Instruction>();
  for (const instruction of fn.instructions) for (const id of instruction.operands) users.set(id, instruction);
  const candidates = new Map<string, Group>();
  for (const product of fn.instructions) {
    const described = describe(fn, product);
    if (described === undefined) continue;
    const { key, weights, ...rest } = described;
    const sum = sumOf(product.results[0] as ValueId, uses, users);
    const member: Member = sum === undefined ? { product, weights } : { product, weights, sum };
    const known = candidates.get(key);
    candidates.set(key, { ...rest, members: [...(known?.members ?? []), member] });
  }
  return [...candidates.values()]
    .filter((group) => group.members.length > 1)
    .map((group) => ({ ...group, members: withoutCycles(group.members, defined) }));
}

/** What must agree for products to be joined, as a key. */
function describe(
  fn: GraphFunction,
  { operation, operands }: Instruction,
): (Omit<Group, "members"> & { key: string; weights: ValueId }) | undefined {
  if (operation.kind !== "contract") return undefined;
  const [a, b] = operands as [ValueId, ValueId];
  const [typeA, typeB] = [fn.types[a] as ValueType, fn.types[b] as ValueType];
  if (typeA.shared === typeB.shared) return undefined;
  const weightsFirst = typeA.shared;
  const [weights, operand] = weightsFirst ? [a, b] : [b, a];
  const [own, other] = weightsFirst ? [operation.a, operation.b] : [operation.b, operation.a];
  const free = own.filter((label) => !other.includes(label));
  const [label] = free;
  if (free.length !== 1 || label === undefined) return undefined;
  const renumber = new Map([...other, label].map((old, i) => [old, i]));
  const labels = [own, other, operation.result].map((list) => list.map((old) => renumber.get(old)).join(" "));
  const key = `${operand} ${labels.join("|")}`;
  return {
    key,
    weights,
    operand,
    weightsFirst,
    operation,
    weightsAxis: own.indexOf(label),
    resultAxis: operation.result.indexOf(label),
  };
}

function sumOf(
  product: ValueId,
  uses: ReadonlyMap<ValueId, number>,
  users: ReadonlyMap<ValueId, Instruction>,
): Member["sum"] | undefined {
  const instruction = users.get(product);
  if (uses.get(product) !== 1 || instruction?.operation.kind !== "map" || instruction.operation.op !== "add")
    return undefined;
  const [left, right] = instruction.operands as [ValueId, ValueId];
  return { instruction, term: left === product ? right : left };
}

/** A sum whose other term depends on a member of the group stays outside; its bare product joins. */
function withoutCycles(members: readonly Member[], defined: ReadonlyMap<ValueId, Instruction>): Member[] {
  const own = new Set<Instruction>(
    members.flatMap(({ product, sum }) => (sum ? [product, sum.instruction] : [product])),
  );
  const dependsOnGroup = (start: ValueId): boolean => {
    const visited = new Set<ValueId>();
    const stack = [start];
    for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
      if (visited.has(id)) continue;
      visited.add(id);
      const definition = defined.get(id);
      if (definition === undefined) continue;
      if (own.has(definition)) return true;
      stack.push(...definition.operands);
    }
    return false;
  };
  return members.map((member) =>
    member.sum !== undefined && dependsOnGroup(member.sum.term)
      ? { product: member.product, weights: member.weights }
      : member,
  );
}

function emitGroup(builder: GraphBuilder, fn: GraphFunction, group: Group, values: ValueMap): void {
  const { members, operation, weightsAxis, resultAxis, weightsFirst } = group;
  builder.origin = members[0]?.product.origin ?? {};
  const weights = builder.concat(
    weightsAxis,
    members.map(({ weights: id }) => mapped(values, id)),
  );
  const operand = mapped(values, group.operand);
  const [a, b] = weightsFirst ? [weights, operand] : [operand, weights];
  let wide = builder.contract(a, b, operation);
  if (members.some(({ sum }) => sum !== undefined)) {
    const terms = members.map(({ product, sum }) => {
      const result = product.results[0] as ValueId;
      return sum === undefined
        ? builder.constantOf(0, (fn.types[result] as ValueType).shape)
        : mapped(values, sum.term);
    });
    wide = builder.map("add", builder.concat(resultAxis, terms), wide);
  }
  let start = dimConstant(0);
  for (const { product, sum } of members) {
    const result = (sum?.instruction ?? product).results[0] as ValueId;
    const length = (fn.types[result] as ValueType).shape[resultAxis] as Dim;
    const part = builder.slice(wide, resultAxis, start, length);
    start = addDims(start, length);
    values.set(result, part);
    const name = fn.names[result];
    if (name !== undefined) builder.nameValue(part, name);
  }
}

/** Instructions and groups such that everything comes after what it reads; otherwise in the order they had. */
function inDependencyOrder(fn: GraphFunction, groupOf: ReadonlyMap<Instruction, Group>): (Instruction | Group)[] {
  const defined = definitions(fn);
  const unitOf = (instruction: Instruction): Instruction | Group => groupOf.get(instruction) ?? instruction;
  const readsOf = (unit: Instruction | Group): ValueId[] =>
    "members" in unit
      ? [unit.operand, ...unit.members.flatMap(({ weights, sum }) => (sum ? [weights, sum.term] : [weights]))]
      : [...unit.operands];
  const ordered: (Instruction | Group)[] = [];
  const state = new Map<Instruction | Group, "open" | "done">();
  for (const instruction of fn.instructions) {
    const stack = [unitOf(instruction)];
    for (let unit = stack[stack.length - 1]; unit !== undefined; unit = stack[stack.length - 1]) {
      if (state.get(unit) === "done") {
        stack.pop();
      } else if (state.get(unit) === "open") {
        state.set(unit, "done");
        ordered.push(unit);
        stack.pop();
      } else {
        state.set(unit, "open");
        for (const id of readsOf(unit).reverse()) {
          const definition = defined.get(id);
          if (definition !== undefined && state.get(unitOf(definition)) !== "done") stack.push(unitOf(definition));
        }
      }
    }
  }
  return ordered;
}
