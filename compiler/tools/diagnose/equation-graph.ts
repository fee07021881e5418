/**
 * Which equation of a step reads which: nodes are the states and the equations that depend on a state, an edge says that
 * an equation reads a node. Along edges, from the next states to the states, the gradient travels back in time.
 */
import { at } from "../../base/at.js";
import { definitions } from "../../ir/graph/rewrite.js";
import type { GraphFunction, Instruction, ValueId } from "../../ir/graph/graph-function.js";
import type { LoweredCell } from "../../program/base/lowered-cell.js";
import { ownName } from "../../program/frame/value-names.js";
import type { Span } from "../../base/source/span.js";

export interface GraphEquation {
  readonly value: ValueId;
  /** As declared, by path in used cells: `r`, `h'`, `l0.h'`. */
  readonly name: string;
  /** As the cell that declares it calls it. */
  readonly ownName: string;
  /** The right-hand side. */
  readonly span: Span | undefined;
}

interface DiagnosedNode {
  readonly value: ValueId;
  readonly name: string;
  /** Undefined for a state. */
  readonly equation: GraphEquation | undefined;
}

export interface Edge {
  /** Indices of nodes. */
  readonly reader: number;
  readonly read: number;
}

export interface EquationGraph {
  /** All equations, each after those it reads. */
  readonly equations: readonly GraphEquation[];
  /** States first. */
  readonly nodes: readonly DiagnosedNode[];
  readonly edges: readonly Edge[];
  /** For each state the node of its next value; undefined where that depends on no state. */
  readonly next: readonly (number | undefined)[];
  /** Real values that depend on a state. */
  readonly recurrent: ReadonlySet<ValueId>;
  /** The equation in whose right-hand side a value stands. One that several read counts as part of the first. */
  readonly ownerOf: ReadonlyMap<ValueId, GraphEquation>;
}

export function equationGraph({ step, states, names }: LoweredCell): EquationGraph {
  const defined = definitions(step);
  const stateValues = step.inputs.slice(0, states.length);
  const recurrent = recurrentValues(step, stateValues);
  const equations = equationsOf(step, names, defined);
  const ownerOf = ownersOf(step, equations, defined);
  const nodes: DiagnosedNode[] = [
    ...states.map(({ name }, i) => ({ value: at(stateValues, i), name, equation: undefined })),
    ...equations.flatMap((equation) => (recurrent.has(equation.value) ? [{ ...equation, equation }] : [])),
  ];
  const indexOf = new Map(nodes.map(({ value }, index) => [value, index]));
  const edges = new Map<string, Edge>();
  for (const { operands, results } of step.instructions) {
    const owner = ownerOf.get(at(results, 0));
    const reader = owner === undefined ? undefined : indexOf.get(owner.value);
    for (const id of operands) {
      const read = indexOf.get(id);
      if (reader !== undefined && read !== undefined) edges.set(`${reader} ${read}`, { reader, read });
    }
  }
  const next = states.map((_, i) => indexOf.get(at(step.outputs, i)));
  return { equations, nodes, edges: [...edges.values()], next, recurrent, ownerOf };
}

function recurrentValues({ instructions, types }: GraphFunction, states: readonly ValueId[]): ReadonlySet<ValueId> {
  const found = new Set(states);
  for (const { operands, results } of instructions) {
    if (!operands.some((id) => found.has(id))) continue;
    for (const id of results) if (types[id]?.dtype === "real") found.add(id);
  }
  return found;
}

/** Values that have the name of an equation. */
function equationsOf(
  { instructions, names, types }: GraphFunction,
  known: LoweredCell["names"],
  defined: ReadonlyMap<ValueId, Instruction>,
): GraphEquation[] {
  const seen = new Set<string>();
  return instructions.flatMap(({ results }) =>
    results.flatMap((value) => {
      const name = names[value];
      if (name === undefined || seen.has(name) || types[value]?.dtype !== "real") return [];
      seen.add(name);
      const own = known.get(name);
      return [{ value, name, ownName: own === undefined ? name : ownName(own), span: defined.get(value)?.origin.span }];
    }),
  );
}

function ownersOf(
  { instructions }: GraphFunction,
  equations: readonly GraphEquation[],
  defined: ReadonlyMap<ValueId, Instruction>,
): ReadonlyMap<ValueId, GraphEquation> {
  const owners = new Map<ValueId, GraphEquation>(equations.map((equation) => [equation.value, equation]));
  const isEquation = new Set(owners.keys());
  for (const { operands, results } of [...instructions].reverse()) {
    const owner = results.map((id) => owners.get(id)).find((found) => found !== undefined);
    if (owner === undefined) continue;
    for (const id of results) if (!owners.has(id)) owners.set(id, owner);
    for (const id of operands) if (defined.has(id) && !isEquation.has(id)) owners.set(id, owner);
  }
  return owners;
}
