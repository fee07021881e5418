/** The only maker of graph instructions: asks the shape rules for every result type. */
import { at } from "../../base/at.js";
import { type Dim, dimSymbol } from "../../base/types/dim.js";
import type { Shape } from "../../base/types/shape.js";
import type {
  GraphFunction,
  Instruction,
  Operation,
  SequenceState,
  Standing,
  SumParts,
  ValueId,
  ValueType,
} from "./graph-function.js";
import { InvariantError } from "../../base/diagnostics/invariant.js";
import { inferTypes, type ShapeContext, shapeContext } from "./shape-rules.js";
import type { ScalarOp } from "../ops/scalar-ops.js";
import { printShape } from "../../base/types/shape.js";
import { cellAxes } from "../../base/types/call-axes.js";

/** An output under construction. */
export interface NamedOutput {
  readonly name: string;
  readonly value: ValueId;
  /** Of one that is made by rows: the shape of the places of an example. */
  readonly rows?: Shape | undefined;
}

/** A function as far as it is written. */
interface Written {
  readonly instructions: Instruction[];
  readonly types: ValueType[];
  readonly names: (string | undefined)[];
  readonly inputs: ValueId[];
  readonly taken: Set<string>;
  /** The function has what was written here: nothing is added to it without its knowing. */
  isFinished: boolean;
}

export class GraphBuilder {
  private readonly written: Written;
  /** Of the instructions that are made here. */
  readonly origin: Standing["origin"] = {};
  readonly round: Standing["round"] = undefined;
  readonly name: string;
  readonly context: ShapeContext;

  constructor(name: string, context: ShapeContext = shapeContext(cellAxes([]))) {
    this.name = name;
    this.context = context;
    this.written = { instructions: [], types: [], names: [], inputs: [], taken: new Set(), isFinished: false };
  }

  /** The same function, for instructions that stand where another does. */
  at({ origin, round }: Standing): this {
    return Object.assign(Object.create(Object.getPrototypeOf(this) as object) as this, this, { origin, round });
  }

  get instructions(): readonly Instruction[] {
    return this.written.instructions;
  }

  get types(): readonly ValueType[] {
    return this.written.types;
  }

  get names(): readonly (string | undefined)[] {
    return this.written.names;
  }

  input(name: string, type: ValueType): ValueId {
    const id = this.define(type, name);
    this.written.inputs.push(id);
    return id;
  }

  typeOf(id: ValueId): ValueType {
    const type = this.written.types[id];
    if (type === undefined) throw new InvariantError(`no value %${id} in ${this.name}`);
    return type;
  }

  shapeOf(id: ValueId): Shape {
    return this.typeOf(id).shape;
  }

  /** Appends an instruction and returns its results. */
  emitAll(operation: Operation, operands: readonly ValueId[], { origin, round }: Standing = this): ValueId[] {
    const types = inferTypes(
      operation,
      operands.map((id) => this.typeOf(id)),
      this.context,
    );
    if (typeof types === "string") {
      const shapes = operands.map((id) => printShape(this.shapeOf(id))).join(", ");
      throw new InvariantError(`${this.name}: ${types} (${operation.kind} of ${shapes})`);
    }
    this.write();
    const results = types.map((type) => this.define(type));
    this.written.instructions.push({ operation, operands, results, origin, round });
    return results;
  }

  /** Appends an instruction with one result. */
  emit(operation: Operation, operands: readonly ValueId[], there: Standing = this): ValueId {
    const [result] = this.emitAll(operation, operands, there);
    if (result === undefined) throw new InvariantError(`${operation.kind} has no result`);
    return result;
  }

  constant(value: number): ValueId {
    return this.emit({ kind: "constant", dtype: "real", value }, []);
  }

  dimension(dim: Dim): ValueId {
    return this.emit({ kind: "dimension", dim }, []);
  }

  /** 0, 1, … length - 1, which no chunk of a sequence goes on with. */
  iota(length: Dim): ValueId {
    return this.emit({ kind: "iota", length, places: false }, []);
  }

  map(op: ScalarOp, ...operands: ValueId[]): ValueId {
    return this.emit({ kind: "map", op, exact: false }, operands);
  }

  /** Axis `i` of `value` becomes axis `axes[i]` of `shape`; nothing is emitted where the shapes are equal already. */
  broadcast(value: ValueId, shape: Shape, axes: readonly number[]): ValueId {
    if (axes.length === shape.length) return value;
    return this.emit({ kind: "broadcast", shape, axes }, [value]);
  }

  /** Repeats a scalar over `shape`. */
  fill(scalar: ValueId, shape: Shape): ValueId {
    return this.broadcast(scalar, shape, []);
  }

  constantOf(value: number, shape: Shape): ValueId {
    return this.fill(this.constant(value), shape);
  }

  reduce(op: "sum" | "max" | "min", value: ValueId, axes: readonly number[]): ValueId {
    return axes.length === 0 ? value : this.emit({ kind: "reduce", op, axes }, [value]);
  }

  contract(
    a: ValueId,
    b: ValueId,
    labels: {
      a: readonly number[];
      b: readonly number[];
      result: readonly number[];
      parts: SumParts;
      strong?: boolean;
    },
  ): ValueId {
    const { a: left, b: right, result, parts, strong } = labels;
    const operation = { kind: "contract", a: left, b: right, result, parts } as const;
    return this.emit(strong === undefined ? operation : { ...operation, strong }, [a, b]);
  }

  slice(value: ValueId, axis: number, start: Dim, length: Dim): ValueId {
    return this.emit({ kind: "slice", axis, start, length }, [value]);
  }

  concat(axis: number, values: readonly ValueId[], state?: SequenceState): ValueId {
    return values.length === 1 ? at(values, 0) : this.emit({ kind: "concat", axis, state }, values);
  }

  reshape(value: ValueId, shape: Shape): ValueId {
    return this.emit({ kind: "reshape", shape }, [value]);
  }

  transpose(value: ValueId, permutation: readonly number[]): ValueId {
    return permutation.every((axis, i) => axis === i) ? value : this.emit({ kind: "transpose", permutation }, [value]);
  }

  /**
   * A value of each example, also where it is the same for all: `batch_sum` then counts it once an example. By way of a
   * zero that only the example knows.
   *
   * @param ofExample a value that differs from example to example, for functions that may have no input that does
   */
  perExample(value: ValueId, ofExample?: () => ValueId): ValueId {
    const { shape, shared, dtype } = this.typeOf(value);
    if (!shared) return value;
    // There is no arithmetic of integers: what they are made of is each example's own.
    const made = dtype === "index" && this.instructions.find(({ results }) => results.includes(value));
    if (made && made.operation.kind === "to_index") {
      return this.emit(made.operation, [this.perExample(at(made.operands, 0), ofExample)]);
    }
    const [axis] = this.context.perExampleSymbols;
    if (axis === undefined) return this.map("mul", value, this.fill(this.oneOfExample(ofExample), shape));
    const zero = this.map("mul", this.dimension(dimSymbol(axis)), this.constant(0));
    return this.map("add", value, this.fill(zero, shape));
  }

  /** 1, by way of what an example is given, whatever that is: where no axis differs from example to example. */
  private oneOfExample(ofExample?: () => ValueId): ValueId {
    const given =
      ofExample?.() ?? this.written.inputs.find((id) => !this.typeOf(id).shared && this.typeOf(id).dtype === "real");
    if (given === undefined) throw new InvariantError("a program without anything in which examples differ");
    const greatest = this.reduce("max", given, [...this.shapeOf(given).keys()]);
    const [is, isNot] = (["eq", "ne"] as const).map((op) =>
      this.map("select", this.map(op, greatest, greatest), this.constant(1), this.constant(0)),
    ) as [ValueId, ValueId];
    return this.map("add", is, isNot);
  }

  /** The function, once: it takes what was written, and nothing more can be. */
  finish(outputs: readonly NamedOutput[]): GraphFunction {
    this.write();
    const { inputs, instructions, types, names } = this.written;
    this.written.isFinished = true;
    const rows = outputs.flatMap(({ name, rows: places }) => (places === undefined ? [] : [[name, places] as const]));
    return {
      name: this.name,
      inputs,
      outputs: outputs.map((output) => output.value),
      instructions,
      types,
      names,
      outputNames: outputs.map((output) => output.name),
      ...(rows.length > 0 && { rows: new Map(rows) }),
    };
  }

  /** Gives a value the name of an equation, for printing, where it has none. */
  nameValue(id: ValueId, name: string): void {
    const { names, taken } = this.written;
    if (names[id] !== undefined) return;
    this.write();
    names[id] = name;
    taken.add(name);
  }

  /** Whether a value has this name already. */
  hasName(name: string): boolean {
    return this.written.taken.has(name);
  }

  private define(type: ValueType, name?: string): ValueId {
    this.write();
    const { types, names, taken } = this.written;
    types.push(type);
    names.push(name);
    if (name !== undefined) taken.add(name);
    return types.length - 1;
  }

  private write(): void {
    if (this.written.isFinished) throw new InvariantError(`${this.name} is finished`);
  }
}
