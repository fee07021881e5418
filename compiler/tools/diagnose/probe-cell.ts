/**
 * A cell whose inside can be watched from outside: the value of every equation becomes an output, and zeros that are added
 * in chosen places become inputs. The gradient by such a zero is the cotangent in that place, so the ordinary gradient of
 * the module tells how much of dL/dh goes which way.
 */
import { GraphBuilder } from "../../ir/graph/build.js";
import { declareInputs, definitions, mapped } from "../../ir/graph/rewrite.js";
import type { ValueId } from "../../ir/graph/types.js";
import type { LoweredCell, LoweredInput, LoweredTensor } from "../../program/lowered-cell.js";
import type { Span } from "../../base/source/span.js";
import { cellContext } from "../../program/cell-program.js";
import { type GraphEquation, equationGraph, type EquationGraph } from "./equation-graph.js";
import { nonlinearityAt, type NonlinearityKind } from "./nonlinearities.js";

export interface ProbedCell {
  readonly cell: LoweredCell;
  readonly graph: EquationGraph;
  /** For each node the input that is added to its value, for all who read it. */
  readonly nodeProbes: readonly string[];
  /** For each edge the input that is added to what is read, for this reader alone. */
  readonly edgeProbes: readonly string[];
  /** For each equation the output that shows its value. */
  readonly values: readonly string[];
  readonly sites: readonly ProbedSite[];
}

/** A nonlinearity on the way of the state. */
export interface ProbedSite {
  readonly kind: NonlinearityKind;
  readonly equation: GraphEquation;
  readonly span: Span | undefined;
  /** The output with what `readings` understands. */
  readonly output: string;
}

export function probeCell(cell: LoweredCell): ProbedCell {
  const fn = cell.step;
  const graph = equationGraph(cell);
  const { equations, nodes, edges, recurrent, ownerOf } = graph;
  const defined = definitions(fn);
  const b = new GraphBuilder("step", cellContext(cell));

  // Inputs in the order of every step: states, inputs and the zeros, contexts and parameters.
  const before = cell.states.length + cell.inputs.length;
  const copies = declareInputs(b, { ...fn, inputs: fn.inputs.slice(0, before) });
  const added: LoweredInput[] = [];
  const zeroLike = (value: ValueId): { name: string; id: ValueId } => {
    const name = `probe.${added.length}`;
    const { shape } = fn.types[value] as { shape: LoweredInput["shape"] };
    added.push({ name, documentation: "", shape, dtype: "real" });
    return { name, id: b.input(name, { dtype: "real", shape, shared: false }) };
  };
  const nodeZeros = nodes.map(({ value }) => zeroLike(value));
  const edgeZeros = edges.map(({ read }) => zeroLike(nodes[read]?.value as ValueId));
  for (const [id, copy] of declareInputs(b, { ...fn, inputs: fn.inputs.slice(before) })) copies.set(id, copy);

  const shown: { name: string; value: ValueId; tensor: LoweredTensor }[] = [];
  const show = (value: ValueId, like: ValueId): string => {
    const name = `value.${shown.length}`;
    const { shape } = fn.types[like] as { shape: LoweredTensor["shape"] };
    shown.push({ name, value: b.perExample(value), tensor: { name, documentation: "", shape } });
    return name;
  };
  const nodeOf = new Map(nodes.map(({ value }, index) => [value, index]));
  const addNodeZero = (value: ValueId): void => {
    const index = nodeOf.get(value);
    if (index !== undefined) copies.set(value, b.map("add", mapped(copies, value), nodeZeros[index]?.id as ValueId));
  };
  const edgeOf = new Map(edges.map(({ reader, read }, index) => [`${reader} ${read}`, index]));
  const edgeCopies = new Map<number, ValueId>();
  /** What the equation sees of a value: with the zero of the edge, where there is one. */
  const seenBy = (owner: GraphEquation | undefined, id: ValueId): ValueId => {
    const reader = owner === undefined ? undefined : nodeOf.get(owner.value);
    const edge = edgeOf.get(`${reader} ${nodeOf.get(id)}`);
    if (edge === undefined) return mapped(copies, id);
    const known = edgeCopies.get(edge) ?? b.map("add", mapped(copies, id), edgeZeros[edge]?.id as ValueId);
    edgeCopies.set(edge, known);
    return known;
  };

  const sites: ProbedSite[] = [];
  const values = new Map<GraphEquation, string>();
  for (const id of fn.inputs) addNodeZero(id);
  for (const instruction of fn.instructions) {
    const { operation, operands, results, origin } = instruction;
    const [result] = results as [ValueId];
    const owner = ownerOf.get(result);
    b.origin = origin;
    const made = b.emitAll(
      operation,
      operands.map((id) => seenBy(owner, id)),
      origin,
    );
    results.forEach((id, i) => copies.set(id, made[i] as ValueId));
    const nonlinearity = recurrent.has(result) ? nonlinearityAt(instruction, defined) : undefined;
    if (nonlinearity !== undefined && owner !== undefined) {
      const observed = nonlinearity.observe(b, (id) => mapped(copies, id));
      sites.push({ kind: nonlinearity.kind, equation: owner, span: origin.span, output: show(observed, result) });
    }
    for (const id of results) {
      const equation = ownerOf.get(id);
      if (equation?.value !== id) continue;
      values.set(equation, show(mapped(copies, id), id));
      addNodeZero(id);
    }
  }

  const own = fn.outputs.map((id, i) => ({ name: fn.outputNames[i] as string, value: mapped(copies, id) }));
  return {
    cell: {
      ...cell,
      inputs: [...cell.inputs, ...added],
      outputs: [...cell.outputs, ...shown.map(({ tensor }) => tensor)],
      step: b.finish([...own, ...shown]),
    },
    graph,
    nodeProbes: nodeZeros.map(({ name }) => name),
    edgeProbes: edgeZeros.map(({ name }) => name),
    values: equations.map((equation) => values.get(equation) as string),
    sites,
  };
}
