/** The walk of reverse mode from the outputs of a function to its inputs. */
import { at, listAt, lookUp } from "../../base/at.js";
import { GraphBuilder } from "../../ir/graph/build.js";
import { mapped, type ValueMap } from "../../ir/graph/rewrite.js";
import type { GraphFunction, Instruction, ValueId } from "../../ir/graph/graph-function.js";
import { nameOf, outputName, realPlaces, typeOf } from "../../ir/graph/values.js";
import type { ShapeContext } from "../../ir/graph/shape-rules.js";
import { cotangentName, gradName } from "../../program/base/roles.js";
import { pullThroughDeclared } from "./declared-derivatives.js";
import type { DerivativeRules } from "./derivative-rules.js";
import type { Contribution, Site } from "./linear-rules.js";
import { cotangentsOf } from "./local-derivatives.js";
import { type PreparedScan, pullThroughScan } from "./pull-through-scan.js";
import type { ReverseMode } from "./reverse-mode.js";
import { type OutputZeros, strongZeros } from "./strong-zeros.js";
import { sumContributions } from "./sum-contributions.js";
import { valueFacts } from "./value-facts.js";

interface WalkOptions {
  readonly rules: DerivativeRules;
  /** In the body of a scan the sum over the batch is taken outside of it. */
  readonly insideScan: boolean;
  /** Whether the cotangents of the outputs may hold strong zeros. */
  readonly outputZeros: OutputZeros;
  readonly finiteInputs: readonly boolean[] | undefined;
  /** Names of outputs whose cotangents are one for all examples. None are, if left out. */
  readonly sharedOutputs: ReadonlySet<string> | undefined;
  /** Names of inputs that nothing is derived by. */
  readonly fixedInputs: ReadonlySet<string> | undefined;
  /** The value to read where a derivative is declared. */
  readonly valueOf: (id: ValueId) => ValueId;
}

/** The places of the inputs that have a cotangent. */
export function derivedInputs(fn: GraphFunction, fixed: ReadonlySet<string> | undefined): number[] {
  const places = realPlaces(fn, fn.inputs);
  return fixed === undefined ? places : places.filter((place) => !fixed.has(nameOf(fn, at(fn.inputs, place))));
}

export interface RawBackward extends Pick<ReverseMode, "reached"> {
  /** Inputs: the needed primal values, then the cotangents. */
  readonly raw: GraphFunction;
  readonly needed: readonly ValueId[];
}

/** Primal values become inputs where a rule asks for them. */
export function walkBackward(
  fn: GraphFunction,
  scans: ReadonlyMap<Instruction, PreparedScan>,
  context: ShapeContext,
  options: WalkOptions,
): RawBackward {
  return new BackwardWalk(fn, scans, context, options).run();
}

class BackwardWalk {
  private readonly fn: GraphFunction;
  private readonly scans: ReadonlyMap<Instruction, PreparedScan>;
  private readonly options: WalkOptions;
  private readonly b: GraphBuilder;
  private readonly zeros: ReturnType<typeof strongZeros>;
  private readonly facts: ReturnType<typeof valueFacts>;
  /** Values of the walk that are known to be finite. */
  private readonly finite = new Set<ValueId>();
  private readonly primals: ValueMap = new Map();
  /** Contributions to the cotangent of each primal value, until the walk reaches its definition. */
  private readonly pending = new Map<ValueId, Contribution[]>();

  constructor(
    fn: GraphFunction,
    scans: ReadonlyMap<Instruction, PreparedScan>,
    context: ShapeContext,
    options: WalkOptions,
  ) {
    this.fn = fn;
    this.scans = scans;
    this.options = options;
    this.b = new GraphBuilder(`${fn.name}_backward`, context);
    this.zeros = strongZeros(fn, options.outputZeros);
    this.facts = valueFacts(fn, options.finiteInputs);
  }

  run(): RawBackward {
    const { b, fn, primals } = this;
    const cotangents = realPlaces(fn, fn.outputs).map((place) => {
      const id = at(fn.outputs, place);
      const name = outputName(fn, place);
      const shared = this.options.sharedOutputs?.has(name) === true;
      const input = b.input(gradName(name), { ...typeOf(fn, id), shared });
      this.contribute(id, input);
      return input;
    });
    for (const instruction of [...fn.instructions].reverse()) this.pull(instruction);
    const there = b.at({ origin: { note: "cotangent" }, round: undefined });
    const reached = new Set<number>();
    const outputs = derivedInputs(fn, this.options.fixedInputs).map((place, i) => {
      const id = at(fn.inputs, place);
      const value = this.settle(there, id);
      if (value !== undefined) reached.add(i);
      return { name: gradName(nameOf(fn, id)), value: value ?? there.constantOf(0, typeOf(fn, id).shape) };
    });
    const needed = [...primals.keys()];
    const inputs = [...needed.map((id) => mapped(primals, id)), ...cotangents];
    return { raw: { ...b.finish(outputs), inputs }, needed, reached };
  }

  private readonly primal = (declared: ValueId): ValueId => {
    const { b, fn, primals } = this;
    const id = this.options.valueOf(declared);
    const known = primals.get(id);
    if (known !== undefined) return known;
    const created = b.input(fn.names[id] ?? `value.${id}`, typeOf(fn, id));
    primals.set(id, created);
    if (this.facts.finite.has(id)) this.finite.add(created);
    return created;
  };

  private readonly contribute = (id: ValueId, contribution: Contribution | undefined): void => {
    if (contribution === undefined || typeOf(this.fn, id).dtype !== "real") return;
    listAt(this.pending, id).push(contribution);
  };

  /** The cotangent of a value, once all its uses have contributed; undefined where none did. */
  private settle(b: GraphBuilder, id: ValueId): ValueId | undefined {
    const { fn } = this;
    const contributions = this.pending.get(id);
    if (contributions === undefined) return undefined;
    const { shape, shared } = typeOf(fn, id);
    const name = fn.names[id];
    const sumOf = (parts: readonly Contribution[]): ValueId => sumContributions(b, shape, parts);
    const named = (total: ValueId): ValueId => {
      if (name !== undefined) b.nameValue(total, cotangentName(name));
      return total;
    };
    if (!shared || this.options.insideScan) return named(sumOf(contributions));
    // What is shared already must not be counted once for each example: only the rest is summed over the batch.
    const isShared = (c: Contribution): boolean => b.typeOf(typeof c === "number" ? c : c.part).shared;
    const rest = contributions.filter((c) => !isShared(c));
    const common = contributions.filter(isShared);
    const terms = [
      ...(rest.length === 0 ? [] : [b.emit({ kind: "batch_sum" }, [named(sumOf(rest))])]),
      ...(common.length === 0 ? [] : [sumOf(common)]),
    ];
    return terms.reduce((sum, term) => b.map("add", sum, term));
  }

  private pull(instruction: Instruction): void {
    const { fn, primal, contribute, options, zeros } = this;
    const { operation, operands, results, origin, round } = instruction;
    const b = this.b.at({ origin: { ...origin, note: "cotangent" }, round });
    const cotangents = results.map((id) => this.settle(b, id));
    if (cotangents.every((v) => v === undefined)) return;
    if (operation.kind === "scan") {
      const prepared = lookUp(this.scans, instruction);
      pullThroughScan({ b, fn, instruction, scan: operation, prepared, primal, contribute }, cotangents);
      return;
    }
    const result = at(results, 0);
    const cotangent = at(cotangents, 0);
    if (operation.kind === "custom_derivative") {
      const strengths = [result, ...operands].flatMap((id) => zeros.values.get(id) ?? []);
      const x = (i: number): ValueId => primal(at(operands, i + 1));
      const shares = pullThroughDeclared(options.rules, b, operation, x, cotangent, strengths);
      for (const [i, share] of shares.entries()) contribute(at(operands, i + 1), share);
      return;
    }
    const site = this.siteOf(b, operands, result);
    const shares = cotangentsOf(options.rules, operation, site, cotangent, typeOf(fn, result).shape);
    for (const [i, id] of operands.entries()) contribute(id, shares[i]);
  }

  /** What a rule may ask about the operation that it derives. */
  private siteOf(b: GraphBuilder, operands: readonly ValueId[], result: ValueId): Site {
    const { fn, primal, zeros, finite, facts } = this;
    const operand = (i: number): ValueId => at(operands, i);
    return {
      b,
      x: (i) => primal(operand(i)),
      y: () => primal(result),
      shape: (i) => typeOf(fn, operand(i)).shape,
      operandCount: operands.length,
      wants: (i) => typeOf(fn, operand(i)).dtype === "real",
      isStrong: () => (zeros.values.get(result) ?? "none") !== "none",
      isFinite: (id) => finite.has(id),
      isPositive: (i) => facts.positive.has(operand(i)),
      hasStrongRows: zeros.values.get(result) === "rows",
    };
  }
}
