/** Which matrices lie in panels where a statement of a kernel stands. */
import { at, listAt } from "../../base/at.js";
import { isSameData } from "../../base/same-data.js";
import { affineKey, affineVariable, plainExtent, substituteAffine } from "./affine.js";
import type {
  KernelBuffer,
  KernelProgram,
  LoopAxis,
  PackedPart,
  PackStatement,
  ProductTerms,
  Statement,
} from "./kernel-program.js";
import { HeldBuffers } from "./held-buffers.js";
import { printPart } from "./print.js";
import { printAccess, printAffine } from "./print-expressions.js";
import { forEachAccess, forEachSimple, writtenBuffers } from "./visit.js";

interface PackedCopy {
  readonly pack: PackStatement;
  /** The buffer, of the panels or of the matrix, that was written since. */
  readonly written?: string;
}

/** What a product reads in panels. */
interface PanelRead extends ProductTerms {
  readonly packed: PackedPart;
  /** What the numbers of the part go through; undefined where nobody knows. */
  readonly ranges: readonly (readonly [number, number] | undefined)[];
}

export class PackedCopies {
  private readonly buffers: ReadonlyMap<string, KernelBuffer>;
  /** By the buffer of the panels: what was packed on every way to here. */
  private copies = new Map<string, PackedCopy>();

  constructor(buffers: ReadonlyMap<string, KernelBuffer>) {
    this.buffers = buffers;
  }

  /** What comes of the copies by a statement that holds no others, or only those of a tail. */
  after(statement: Statement): void {
    this.write([statement]);
    if (statement.kind === "pack") this.copies.set(statement.to, { pack: statement });
  }

  /** A body that runs again sees what it has written before; what it packs is not there when it does not run at all. */
  inLoop(body: readonly Statement[], run: () => void): void {
    this.write(body);
    const before = new Map(this.copies);
    run();
    this.copies = before;
  }

  /** Why the right operand of a product cannot be read in its panels; undefined where it can. */
  problemOf(
    { b, contracted, packed, ranges }: PanelRead,
    columns: LoopAxis | undefined,
    runLength: number | undefined,
  ): string | undefined {
    const { buffer, part } = packed;
    const copy = this.copies.get(buffer);
    if (copy === undefined) return `${buffer} is read and was not packed`;
    const { pack, written } = copy;
    if (written !== undefined) return `${buffer} is read, and ${written} was written after it was packed`;
    if (pack.from.buffer !== b.buffer) return `${buffer} holds ${pack.from.buffer}, not ${b.buffer}`;
    const has = shapeOf(pack.columns, pack.contracted, pack.length);
    const reads = shapeOf(columns, contracted, runLength);
    if (has !== reads) return `${buffer} has ${has}, and ${reads} are read`;
    const [parts, asked] = [pack.parts.map(extentOf).join(" * "), part.map(({ of }) => of).join(" * ")];
    if (parts !== asked) return `${buffer} has ${parts || "no"} parts, and one of ${asked || "none"} is read`;
    const outside = part.find(({ of }, i) => !isWithin(ranges[i], of));
    if (outside !== undefined) return `${printPart(packed)} may be outside of ${buffer}`;
    const [own, read] = [
      [pack.columns, ...pack.contracted],
      [...(columns === undefined ? [] : [columns]), ...contracted],
    ];
    const names = new Map(own.map(({ variable }, i) => [variable, affineVariable(read[i]?.variable ?? variable)]));
    for (const [i, { variable }] of pack.parts.entries()) names.set(variable, at(part, i).index);
    const from = { buffer: b.buffer, offset: substituteAffine(pack.from.offset, names) };
    if (affineKey(from.offset) === affineKey(b.offset)) return undefined;
    return `${buffer} holds ${printAccess(from)}, and ${printAccess(b)} is read`;
  }

  /** Marks the copies whose panels or matrices the statements write. */
  private write(statements: readonly Statement[]): void {
    if (this.copies.size === 0) return;
    const written = writtenBuffers(statements, (buffer) => this.wholeOf(buffer));
    for (const [name, { pack }] of this.copies) {
      const own = [pack.from.buffer, pack.to].find((buffer) => written.has(this.wholeOf(buffer)));
      if (own !== undefined) this.copies.set(name, { pack, written: own });
    }
  }

  private wholeOf(buffer: string): string {
    return this.buffers.get(buffer)?.within ?? buffer;
  }
}

/** Panels that are packed where their matrix has changed hold it from call to call, as the caller holds the matrix. */
export function verifyKeptPanels({ functions }: KernelProgram, buffers: ReadonlyMap<string, KernelBuffer>): string[] {
  const writers = new Map<string, Statement[]>();
  const held = new HeldBuffers(buffers.values(), (name) => buffers.get(name)?.within ?? name);
  for (const { body } of functions) {
    forEachSimple(body, (statement) => {
      forEachAccess(statement, ({ buffer }, use) => {
        if (use !== "read") listAt(writers, buffer).push(statement);
      });
    });
  }
  return [...writers].flatMap(([name, statements]) => {
    const pack = statements.find((statement) => statement.kind === "pack" && statement.onChange);
    if (pack?.kind !== "pack") return [];
    const isOther = statements.some((statement) => !isSameData(statement, pack));
    return [
      ...(buffers.get(name)?.persistent === true ? [] : [`${name} is packed where changed and keeps nothing`]),
      ...(held.has(pack.from.buffer)
        ? []
        : [`${name} is packed where ${pack.from.buffer} has changed, which the caller does not hold`]),
      ...(isOther ? [`${name} is packed where changed, and not by one pack alone`] : []),
    ];
  });
}

function isWithin(range: readonly [number, number] | undefined, size: number): boolean {
  return range !== undefined && range[0] >= 0 && range[1] < size;
}

function shapeOf(columns: LoopAxis | undefined, contracted: readonly LoopAxis[], length: number | undefined): string {
  const width = columns && plainExtent(columns.extent);
  const terms = contracted.map(extentOf).join(" * ");
  return `${columns === undefined ? "?" : extentOf(columns)} columns of ${terms} terms in strips of ${length ?? width ?? "?"}`;
}

/** What a variable goes through. Axes of panels have plain extents: others are told about where they are packed. */
function extentOf({ extent, from }: LoopAxis): string {
  return `${plainExtent(extent) ?? "?"}${from === undefined ? "" : ` from ${printAffine(from)}`}`;
}
