/** A function being lowered, a whole entry or the body of a scan: where its values lie, and which are formulas. */
import { at } from "../../base/at.js";
import { InvariantError } from "../../base/diagnostics/invariant.js";
import type { GraphFunction, Instruction, ValueId, ValueType } from "../../ir/graph/graph-function.js";
import { affineConstant } from "../../ir/kernel/affine.js";
import type { Affine, Examples, Statement } from "../../ir/kernel/kernel-program.js";
import { type Dim, dimSymbol, equalDims, mentions, printDim, symbolsOf } from "../../base/types/dim.js";
import { SegmentsError } from "../../program/segments/find-segments.js";
import type { PlacedLine } from "./delay-lines.js";
import {
  broadcastLocation,
  denseLocation,
  fixLeading,
  type BufferLocation,
  reshapeLocation,
  reverseLocation,
  sliceLocation,
  transposeLocation,
  windowLocation,
} from "./location.js";
import { elementTypeOf, type Storage } from "./storage.js";
import type { ResultTarget } from "./targets.js";
import { type FunctionWorks, readWorks } from "./works.js";

/** What an input of a block is: elements in memory, or a value of the block around it at fixed leading indices. */
export type InputSource =
  | { readonly kind: "location"; readonly location: BufferLocation; readonly buffer: string }
  | { readonly kind: "alias"; readonly block: Block; readonly value: ValueId; readonly prefix: readonly Affine[] };

export class Block {
  readonly fn: GraphFunction;
  /** Results, each with where it goes. */
  readonly targets: readonly ResultTarget[];
  readonly storage: Storage;
  readonly inputs: ReadonlyMap<ValueId, InputSource>;
  readonly examples: Examples;
  readonly works: FunctionWorks;
  /** Prefix of names of scratch buffers and regions. */
  readonly path: string;
  /** Names of integer variables around this block. */
  readonly scope: readonly string[];
  /** The sequence whose sums go on from call to call, if any does; outside of loops alone. */
  readonly kept: { readonly along: string; readonly inLoop: boolean } | undefined;
  /** Delay lines, by their next values. */
  readonly lines: ReadonlyMap<ValueId, PlacedLine>;
  /** Formulas that lie in memory none the less. */
  readonly roots = new Set<ValueId>();
  readonly locations = new Map<ValueId, BufferLocation>();
  /** Values whose elements are there at this point of the lowering. */
  readonly ready = new Set<ValueId>();
  readonly statements: Statement[] = [];

  constructor(options: {
    fn: GraphFunction;
    targets: readonly ResultTarget[];
    storage: Storage;
    inputs: ReadonlyMap<ValueId, InputSource>;
    examples: Examples;
    path: string;
    scope: readonly string[];
    lines: readonly PlacedLine[];
    kept: Block["kept"];
  }) {
    this.fn = options.fn;
    this.targets = options.targets;
    this.storage = options.storage;
    this.inputs = options.inputs;
    this.examples = options.examples;
    this.path = options.path;
    this.scope = options.scope;
    this.kept = options.kept;
    this.lines = new Map(options.lines.map((placed) => [placed.line.next, placed]));
    this.works = readWorks(
      this.fn,
      this.targets.map((target) => target.id),
    );
  }

  typeOf(id: ValueId): ValueType {
    const type = this.fn.types[id];
    if (type === undefined) throw new InvariantError(`no value %${id} in ${this.fn.name}`);
    return type;
  }

  perExample(id: ValueId): boolean {
    return this.works.perExample(id);
  }

  /** The instruction of a formula; undefined for inputs and results of works. */
  formulaOf(id: ValueId): Instruction | undefined {
    return this.works.workOf.has(id) ? undefined : this.works.producer.get(id);
  }

  nameOf(id: ValueId): string | undefined {
    return this.fn.names[id];
  }

  hasExampleSize(dim: Dim): boolean {
    return mentions(dim, this.storage.perExampleSymbols);
  }

  /** Is it the size of a sequence, or made of one? */
  isOfSequence(dim: Dim): boolean {
    return mentions(dim, this.storage.sequences);
  }

  /** Does a sum over elements of this size go on where a call before has ended? */
  goesOn(dim: Dim | undefined): boolean {
    if (this.kept === undefined || this.kept.inLoop || dim === undefined) return false;
    return equalDims(dim, dimSymbol(this.kept.along));
  }

  /**
   * What goes along the sequence of segments may be added up in sums that go on alone.
   *
   * @param dims what it is added up over
   * @param cut the place among them of what its pieces go along
   * @throws SegmentsError
   */
  checkSum(result: ValueId, dims: readonly Dim[], cut: number | undefined): void {
    const { kept } = this;
    if (kept === undefined) return;
    const along = dims.filter((dim) => symbolsOf(dim).includes(kept.along));
    if (along.length === 0 || (along.length === 1 && this.goesOn(cut === undefined ? undefined : dims[cut]))) return;
    const name = this.nameOf(result);
    throw new SegmentsError(
      `${name === undefined ? "a value" : `\`${name}\``} in ${this.path} adds up ${printDim(dimSymbol(kept.along))} ${kept.inLoop ? "in a loop" : "with another sequence"}`,
      "sums over the steps go on from segment to segment where they stand outside of loops, and go along no other sequence",
    );
  }

  /** The same of one along which sums of one example go from the end, in pieces; what goes on from segment to segment does, too. */
  isSummedFromEnd(dim: Dim): boolean {
    return mentions(dim, this.storage.summedFromEnd) || this.goesOn(dim);
  }

  /**
   * The place of a value, through views. With `tentative`, works and roots that have no place yet count as dense, to
   * find out whether a place will exist.
   */
  locate(id: ValueId, tentative = false): BufferLocation | undefined {
    const own = this.locations.get(id);
    if (own !== undefined && (tentative || this.ready.has(id))) return own;
    if (this.roots.has(id) || this.works.workOf.has(id)) {
      if (!tentative) return undefined;
      const type = this.typeOf(id);
      return denseLocation("?", elementTypeOf(type), type.shape, this.perExample(id));
    }
    const source = this.inputs.get(id);
    if (source?.kind === "location") return source.location;
    if (source?.kind === "alias") {
      const location = source.block.locate(source.value);
      return location && fixLeading(location, source.prefix);
    }
    const instruction = this.works.producer.get(id);
    return instruction && this.locateView(instruction, tentative);
  }

  private locateView({ operation, operands }: Instruction, tentative: boolean): BufferLocation | undefined {
    const operand = operands[0];
    if (operand === undefined) return undefined;
    if (operation.kind === "concat") return this.locateJoined(operands, operation.axis);
    const shape = this.typeOf(operand).shape;
    const located = () => this.locate(operand, tentative);
    switch (operation.kind) {
      case "custom_derivative":
        return located();
      case "slice": {
        if (this.hasExampleSize(operation.start)) return undefined;
        const location = located();
        return location && sliceLocation(location, operation.axis, operation.start);
      }
      case "transpose": {
        const location = located();
        return location && transposeLocation(location, operation.permutation);
      }
      case "broadcast": {
        const location = located();
        return location && broadcastLocation(location, operation.shape.length, operation.axes);
      }
      case "reverse": {
        const size = at(shape, operation.axis);
        if (this.hasExampleSize(size)) return undefined;
        const location = located();
        return location && reverseLocation(location, operation.axis, size);
      }
      case "window": {
        const location = located();
        return location && windowLocation(location, operation.axis, operation.stride, operation.dilation);
      }
      case "reshape": {
        const location = located();
        return location && reshapeLocation(location, shape, operation.shape, this.storage.perExampleSymbols);
      }
      default:
        return undefined;
    }
  }

  /** A concat of parameters that lie one after the other. */
  private locateJoined(operands: readonly ValueId[], axis: number): BufferLocation | undefined {
    if (axis !== 0) return undefined;
    const members: string[] = [];
    let rows: readonly Dim[] | undefined;
    for (const operand of operands) {
      const name = this.bufferOf(operand);
      if (name === undefined) return undefined;
      members.push(name);
      rows ??= this.typeOf(operand).shape;
    }
    const place = this.storage.joined(members);
    if (place === undefined) return undefined;
    const dense = denseLocation(place.buffer, "real", rows as readonly Dim[], false);
    return { ...dense, offset: affineConstant(place.offset) };
  }

  /** The named buffer a value is, seen from inside scans too. */
  bufferOf(id: ValueId): string | undefined {
    const source = this.inputs.get(id);
    if (source?.kind === "location") return source.buffer;
    if (source?.kind === "alias" && source.prefix.length === 0) return source.block.bufferOf(source.value);
    return undefined;
  }
}
