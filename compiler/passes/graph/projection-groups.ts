import { pairOf, typeOf } from "../../ir/graph/values.js";
import { countUses, definitions } from "../../ir/graph/rewrite.js";
import type { GraphFunction, Instruction, Operation, ValueId } from "../../ir/graph/graph-function.js";

type Contract = Extract<Operation, { kind: "contract" }>;

interface GroupMember {
  readonly product: Instruction;
  readonly weights: ValueId;
  /** The sum that the product accumulates onto, where it is its only use, and the other term. */
  sum?: { readonly instruction: Instruction; readonly term: ValueId };
}

/** Products that become one, together with sums that become the start of it. */
export interface ProjectionGroup {
  readonly members: GroupMember[];
  readonly operand: ValueId;
  /** Weights come first (`W x`) or second. */
  readonly weightsFirst: boolean;
  readonly operation: Contract;
  /** Axis of the weights, and of the result, along which they are joined. */
  readonly weightsAxis: number;
  readonly resultAxis: number;
}

/** What is computed in one go. */
type ProjectionUnit = Instruction | ProjectionGroup;

/**
 * Which products of `fn` are joined, and which sums they take with them: as many as leave an order of computation.
 * A sum of two products can go with one of them only, and a group waits for the other terms of all its sums, so that two
 * groups must not wait for each other. The second term of a sum is asked first, which accumulates onto the first as it
 * does everywhere else; sums are gone through in their order.
 */
export function joinProjections(fn: GraphFunction): ProjectionUnits {
  const units = new ProjectionUnits(fn);
  for (const instruction of fn.instructions) units.joinProduct(instruction);
  const uses = countUses(fn);
  for (const instruction of fn.instructions) {
    const { operation, operands } = instruction;
    if (operation.kind !== "map" || operation.op !== "add") continue;
    const [left, right] = pairOf(operands);
    const isFree = (id: ValueId): boolean => uses.get(id) === 1;
    if (isFree(right) && units.joinSum(instruction, right, left)) continue;
    if (isFree(left)) units.joinSum(instruction, left, right);
  }
  return units;
}

/** The instructions of a function, some of them in groups, such that no unit depends on itself. */
class ProjectionUnits {
  private readonly fn: GraphFunction;
  private readonly defined: ReadonlyMap<ValueId, Instruction>;
  private readonly groups = new Map<string, ProjectionGroup>();
  private readonly groupOf = new Map<Instruction, ProjectionGroup>();

  constructor(fn: GraphFunction) {
    this.fn = fn;
    this.defined = definitions(fn);
  }

  joinProduct(product: Instruction): void {
    const described = describe(this.fn, product);
    if (described === undefined) return;
    const { key, weights, ...rest } = described;
    const known = this.groups.get(key);
    if (known !== undefined && this.depends(weights, known)) return;
    const group = known ?? { ...rest, members: [] };
    group.members.push({ product, weights });
    this.groups.set(key, group);
    this.groupOf.set(product, group);
  }

  /** Whether the sum of `product` and `term` could go with the product. */
  joinSum(instruction: Instruction, product: ValueId, term: ValueId): boolean {
    const definition = this.defined.get(product);
    const unit = definition && this.unitOf(definition);
    if (unit === undefined || !("members" in unit) || this.depends(term, unit)) return false;
    const member = unit.members.find((candidate) => candidate.product === definition);
    if (member === undefined) return false;
    member.sum = { instruction, term };
    this.groupOf.set(instruction, unit);
    return true;
  }

  /** Units such that everything comes after what it reads; otherwise in the order they had. */
  inDependencyOrder(): readonly ProjectionUnit[] {
    const ordered: ProjectionUnit[] = [];
    const state = new Map<ProjectionUnit, "open" | "done">();
    for (const instruction of this.fn.instructions) {
      const stack = [this.unitOf(instruction)];
      for (let unit = stack.at(-1); unit !== undefined; unit = stack.at(-1)) {
        if (state.get(unit) === "done") {
          stack.pop();
        } else if (state.get(unit) === "open") {
          state.set(unit, "done");
          ordered.push(unit);
          stack.pop();
        } else {
          state.set(unit, "open");
          for (const read of this.unitsBefore(unit).reverse()) if (state.get(read) !== "done") stack.push(read);
        }
      }
    }
    return ordered;
  }

  /** A product by itself has nothing to be joined with. */
  private unitOf(instruction: Instruction): ProjectionUnit {
    const group = this.groupOf.get(instruction);
    return group !== undefined && group.members.length > 1 ? group : instruction;
  }

  private unitsBefore(unit: ProjectionUnit): ProjectionUnit[] {
    const reads =
      "members" in unit
        ? [unit.operand, ...unit.members.flatMap(({ weights, sum }) => (sum ? [weights, sum.term] : [weights]))]
        : unit.operands;
    return reads.flatMap((id) => {
      const definition = this.defined.get(id);
      return definition === undefined ? [] : [this.unitOf(definition)];
    });
  }

  /** Whether a value needs something of the group, as far as things are joined by now. */
  private depends(value: ValueId, group: ProjectionGroup): boolean {
    const definition = this.defined.get(value);
    if (definition === undefined) return false;
    const products = new Set<ProjectionUnit>([group, ...group.members.map(({ product }) => product)]);
    const visited = new Set<ProjectionUnit>();
    const stack = [this.unitOf(definition)];
    for (let unit = stack.pop(); unit !== undefined; unit = stack.pop()) {
      if (products.has(unit)) return true;
      if (visited.has(unit)) continue;
      visited.add(unit);
      stack.push(...this.unitsBefore(unit));
    }
    return false;
  }
}

/** What must agree for products to be joined, as a key. */
function describe(
  fn: GraphFunction,
  { operation, operands }: Instruction,
): (Omit<ProjectionGroup, "members"> & { key: string; weights: ValueId }) | undefined {
  // Only products that are added one after the other accumulate onto what they are added to.
  if (operation.kind !== "contract" || operation.parts !== 1) return undefined;
  const [a, b] = pairOf(operands);
  const [typeA, typeB] = [typeOf(fn, a), typeOf(fn, b)];
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
