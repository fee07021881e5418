/**
 * Gives products whose right operand is a matrix of plain size a copy of it in the order in which tiles read it. A matrix
 * of the caller (parameters) is packed at the start of an entry, where it has changed since it was last; one that is
 * computed in the call is packed in front of the outermost loop that does not write it. Entries share packed copies. Where the
 * matrix moves with a loop around the product (`W[l]` in round l, `R[n]` of head n) those of all its rounds are packed, as parts.
 *
 * Leaves alone: operands of single examples, and matrices whose columns lie side by side and that one row reads once.
 */
import { affineVariable, plainExtent } from "../../ir/kernel/affine.js";
import { freshBuffer } from "../../ir/kernel/fresh-names.js";
import { panelElements } from "../../ir/kernel/panels.js";
import type {
  ForStatement,
  LoopAxis,
  PackedPart,
  PackStatement,
  ProductStatement,
  ProductTerms,
  Statement,
} from "../../ir/kernel/kernel-program.js";
import { writtenBuffers } from "../../ir/kernel/visit.js";
import { constantOf, dimConstant } from "../../base/types/dim.js";
import { type UnplacedBuffer, type UnplannedKernels, wholeOf } from "../../ir/kernel/unplanned.js";
import { HeldBuffers } from "../../ir/kernel/held-buffers.js";
import type { KernelPass } from "./kernel-pass.js";
import { tileOf, type VectorTarget } from "./target.js";

export const packOperands: KernelPass<VectorTarget> = {
  name: "pack-operands",
  summary: "copy matrices into the order in which tiles of products read them",
  run: (kernels, { machine, dtype }) => new Packer(kernels, machine, dtype).run(),
};

/** A loop around a product, and the buffers that are written in it. */
interface LoopAround {
  readonly axis: ForStatement;
  readonly written: ReadonlySet<string>;
}

/** Copies that statements need. */
interface NeededPacks {
  readonly around: readonly LoopAround[];
  /** Of what is the caller's, by name: at the start of the entry. */
  readonly atStart: Map<string, PackStatement>;
  /** Of what is computed: in front of the statement. */
  readonly inFront: PackStatement[];
}

class Packer {
  private readonly kernels: UnplannedKernels;
  private readonly target: VectorTarget;
  private readonly lanes: number;
  private readonly buffers: Map<string, UnplacedBuffer>;
  private readonly held: HeldBuffers;
  /** By what they copy: the same copy serves all entries. */
  private readonly known = new Map<string, PackStatement>();

  constructor(kernels: UnplannedKernels, target: VectorTarget, dtype: "f32" | "f64") {
    this.kernels = kernels;
    this.target = target;
    this.lanes = target.lanes[dtype];
    this.buffers = new Map(kernels.buffers);
    this.held = new HeldBuffers(kernels.buffers.values(), (name) => wholeOf(name, kernels.buffers));
  }

  run(): UnplannedKernels {
    const functions = this.kernels.functions.map((fn) => {
      const atStart = new Map<string, PackStatement>();
      const { statements, inFront } = this.block(fn.body, { atStart, around: [] });
      return { ...fn, body: [...[...atStart.values(), ...inFront].map(region), ...statements] };
    });
    return { ...this.kernels, functions, buffers: this.buffers };
  }

  /** Rewrites a list of regions and loops; `inFront` are those that a list around it has to make. */
  private block(
    statements: readonly Statement[],
    { atStart, around }: Omit<NeededPacks, "inFront">,
  ): { statements: Statement[]; inFront: PackStatement[] } {
    const result: Statement[] = [];
    const inFront: PackStatement[] = [];
    const written = this.writtenIn(statements);
    for (const statement of statements) {
      const needed: NeededPacks = { atStart, around, inFront: [] };
      const rewritten = this.statement(statement, needed);
      for (const pack of needed.inFront) {
        if (written.has(wholeOf(pack.from.buffer, this.buffers))) result.push(region(pack));
        else inFront.push(pack);
      }
      result.push(rewritten);
    }
    return { statements: result, inFront };
  }

  private writtenIn(statements: readonly Statement[]): ReadonlySet<string> {
    return writtenBuffers(statements, (buffer) => wholeOf(buffer, this.kernels.buffers));
  }

  private statement(statement: Statement, packs: NeededPacks): Statement {
    if (statement.kind === "for") {
      const inner = this.block(statement.body, this.inLoop(statement, packs));
      packs.inFront.push(...inner.inFront);
      return { ...statement, body: inner.statements };
    }
    if (statement.kind === "region") {
      return { ...statement, body: statement.body.map((child) => this.inRegion(child, packs)) };
    }
    return statement;
  }

  private inRegion(statement: Statement, packs: NeededPacks): Statement {
    if (statement.kind === "product") return this.product(statement, packs);
    if (statement.kind !== "for") return statement;
    const inner = this.inLoop(statement, packs);
    return { ...statement, body: statement.body.map((child) => this.inRegion(child, inner)) };
  }

  private inLoop(axis: ForStatement, packs: NeededPacks): NeededPacks {
    return { ...packs, around: [...packs.around, { axis, written: this.writtenIn(axis.body) }] };
  }

  private product(product: ProductStatement, packs: NeededPacks): ProductStatement {
    const packed = (terms: ProductTerms): { packed?: PackedPart } => {
      const parts = this.partsOf(product, terms, packs.around);
      const pack = parts && this.packOf(product, terms, parts);
      if (parts === undefined || pack === undefined) return {};
      if (pack.onChange) packs.atStart.set(pack.to, pack);
      else packs.inFront.push(pack);
      const part = parts.map(({ variable, extent }) => ({
        index: affineVariable(variable),
        of: plainExtent(extent) as number,
      }));
      return { packed: { buffer: pack.to, part } };
    };
    const { earlier } = product.schedule ?? {};
    const schedule = {
      ...product.schedule,
      ...(earlier && { earlier: { ...earlier, ...packed(earlier) } }),
      ...packed(product),
    };
    return Object.keys(schedule).length === 0 ? product : { ...product, schedule };
  }

  /** The loops around a product with which its matrix moves; undefined where other variables move it, or its places are not those of whole loops. */
  private partsOf(
    { columns }: ProductStatement,
    { b, contracted }: ProductTerms,
    around: readonly LoopAround[],
  ): LoopAxis[] | undefined {
    const own = new Set([...contracted, ...(columns === undefined ? [] : [columns])].map(({ variable }) => variable));
    const others = b.offset.terms.filter(({ variable }) => !own.has(variable)).map(({ variable }) => variable);
    const loops = around.filter(({ axis }) => others.includes(axis.variable));
    if (loops.length !== others.length) return undefined;
    const whole = wholeOf(b.buffer, this.kernels.buffers);
    const fits = loops.every(({ axis, written }) => axis.from === undefined && !written.has(whole));
    return fits ? loops.map(({ axis: { variable, extent } }) => ({ variable, extent })) : undefined;
  }

  private packOf(
    { columns, rows, schedule: { tail } = {} }: ProductStatement,
    { b, contracted }: ProductTerms,
    parts: readonly LoopAxis[],
  ): PackStatement | undefined {
    if (columns === undefined) return undefined;
    const axes = [...parts, columns, ...contracted];
    const sizes = axes.map(({ extent }) => plainExtent(extent));
    const variables = axes.map(({ variable }) => variable);
    if (sizes.some((size) => size === undefined || size === 0)) return undefined;
    if (b.offset.terms.some(({ coefficient }) => constantOf(coefficient) === undefined)) return undefined;
    const start = constantOf(b.offset.constant);
    if (start === undefined || start < 0) return undefined;
    const onChange = this.held.has(b.buffer);
    const sideBySide = b.offset.terms.some(
      (term) => term.variable === columns.variable && constantOf(term.coefficient) === 1,
    );
    if (!onChange && rows === undefined && sideBySide) return undefined;
    const size = plainExtent(columns.extent) as number;
    const length = tail?.length ?? size;
    const strips = size / length;
    const panels = tileOf(this.target, strips)?.block;
    if (panels === undefined) return undefined;
    const strides = variables.map((name) => b.offset.terms.find(({ variable }) => variable === name)?.coefficient.key);
    const key = [b.buffer, start, parts.length, ...strides, ...sizes, strips, panels].join(" ");
    const found = this.known.get(key);
    if (found !== undefined) return found;
    const to = freshBuffer(this.buffers, `packed.${this.known.size}`);
    const pack: PackStatement = { kind: "pack", to, from: b, columns, contracted, parts, strips, length, onChange };
    // After the panels stands a digest of what was packed last, one vector.
    const elements = dimConstant(panelElements(pack, panels, this.lanes) + this.lanes);
    this.buffers.set(to, { name: to, external: false, dtype: "real", size: elements, persistent: true, panels });
    this.known.set(key, pack);
    return pack;
  }
}

function region(pack: PackStatement): Statement {
  return { kind: "region", name: pack.to, comment: `${pack.from.buffer} in panels`, body: [pack] };
}
