/**
 * A cell whose inside can be watched from outside: the value of every equation becomes an output, and zeros that are added
 * in chosen places become inputs. The gradient by such a zero is the cotangent in that place, so the ordinary gradient of
 * the module tells how much of dL/dh goes which way.
 */
import { at } from "../../base/at.js";
import { GraphBuilder } from "../../ir/graph/build.js";
import { declareInputs, definitions, mapped } from "../../ir/graph/rewrite.js";
import type { ValueId } from "../../ir/graph/graph-function.js";
import type { LoweredCell, LoweredInput, LoweredTensor } from "../../program/base/lowered-cell.js";
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
  return new Probing(cell).run();
}

/** An input that is added to the step. */
interface Zero {
  readonly name: string;
  readonly id: ValueId;
}

class Probing {
  private readonly cell: LoweredCell;
  private readonly graph: EquationGraph;
  private readonly b: GraphBuilder;
  private readonly copies: Map<ValueId, ValueId>;
  private readonly added: LoweredInput[] = [];
  private readonly shown: { name: string; value: ValueId; tensor: LoweredTensor }[] = [];
  private readonly nodeZeros: readonly Zero[];
  private readonly edgeZeros: readonly Zero[];
  private readonly nodeOf: ReadonlyMap<ValueId, number>;
  private readonly edgeOf: ReadonlyMap<string, number>;
  private readonly edgeCopies = new Map<number, ValueId>();

  constructor(cell: LoweredCell) {
    this.cell = cell;
    this.graph = equationGraph(cell);
    this.b = new GraphBuilder("step", cellContext(cell));
    const { nodes, edges } = this.graph;
    const fn = cell.step;
    // Inputs in the order of every step: states, inputs and the zeros, contexts and parameters.
    const before = cell.states.length + cell.inputs.length;
    this.copies = declareInputs(this.b, { ...fn, inputs: fn.inputs.slice(0, before) });
    this.nodeZeros = nodes.map(({ value }) => this.zeroLike(value));
    this.edgeZeros = edges.map(({ read }) => this.zeroLike(nodes[read]?.value as ValueId));
    const rest = declareInputs(this.b, { ...fn, inputs: fn.inputs.slice(before) });
    for (const [id, copy] of rest) this.copies.set(id, copy);
    this.nodeOf = new Map(nodes.map(({ value }, index) => [value, index]));
    this.edgeOf = new Map(edges.map(({ reader, read }, index) => [`${reader} ${read}`, index]));
  }

  run(): ProbedCell {
    const { cell, graph, b, copies } = this;
    const fn = cell.step;
    const defined = definitions(fn);
    const sites: ProbedSite[] = [];
    const values = new Map<GraphEquation, string>();
    for (const id of fn.inputs) this.addNodeZero(id);
    for (const instruction of fn.instructions) {
      const { operation, operands, results, origin } = instruction;
      const [result] = results as [ValueId];
      const owner = graph.ownerOf.get(result);
      const there = b.at(instruction);
      const seen = operands.map((id) => this.seenBy(owner, id));
      const made = there.emitAll(operation, seen);
      results.forEach((id, i) => copies.set(id, at(made, i)));
      const nonlinearity = graph.recurrent.has(result) ? nonlinearityAt(instruction, defined) : undefined;
      if (nonlinearity !== undefined && owner !== undefined) {
        const output = this.show(
          nonlinearity.observe(there, (id) => mapped(copies, id)),
          result,
        );
        sites.push({ kind: nonlinearity.kind, equation: owner, span: origin.span, output });
      }
      for (const id of results) {
        const equation = graph.ownerOf.get(id);
        if (equation?.value !== id) continue;
        values.set(equation, this.show(mapped(copies, id), id));
        this.addNodeZero(id);
      }
    }
    return {
      cell: this.probed(),
      graph,
      nodeProbes: this.nodeZeros.map(({ name }) => name),
      edgeProbes: this.edgeZeros.map(({ name }) => name),
      values: graph.equations.map((equation) => values.get(equation) as string),
      sites,
    };
  }

  private probed(): LoweredCell {
    const { cell, b, copies, added, shown } = this;
    const { outputs, outputNames } = cell.step;
    const own = outputs.map((id, i) => ({ name: outputNames[i] as string, value: mapped(copies, id) }));
    return {
      ...cell,
      inputs: [...cell.inputs, ...added],
      outputs: [...cell.outputs, ...shown.map(({ tensor }) => tensor)],
      step: b.finish([...own, ...shown]),
    };
  }

  private zeroLike(value: ValueId): Zero {
    const name = `probe.${this.added.length}`;
    const { shape } = this.cell.step.types[value] as { shape: LoweredInput["shape"] };
    this.added.push({ name, documentation: "", shape, dtype: "real" });
    return { name, id: this.b.input(name, { dtype: "real", shape, shared: false }) };
  }

  private show(value: ValueId, like: ValueId): string {
    const name = `value.${this.shown.length}`;
    const { shape } = this.cell.step.types[like] as { shape: LoweredTensor["shape"] };
    this.shown.push({ name, value: this.b.perExample(value), tensor: { name, documentation: "", shape } });
    return name;
  }

  private addNodeZero(value: ValueId): void {
    const index = this.nodeOf.get(value);
    if (index === undefined) return;
    this.copies.set(value, this.b.map("add", mapped(this.copies, value), this.nodeZeros[index]?.id as ValueId));
  }

  /** What the equation sees of a value: with the zero of the edge, where there is one. */
  private seenBy(owner: GraphEquation | undefined, id: ValueId): ValueId {
    const reader = owner === undefined ? undefined : this.nodeOf.get(owner.value);
    const edge = this.edgeOf.get(`${reader} ${this.nodeOf.get(id)}`);
    if (edge === undefined) return mapped(this.copies, id);
    const zero = this.edgeZeros[edge]?.id as ValueId;
    const known = this.edgeCopies.get(edge) ?? this.b.map("add", mapped(this.copies, id), zero);
    this.edgeCopies.set(edge, known);
    return known;
  }
}
