/** How many values axes take, as code: numbers where they are known, else computed from the sizes of the call. */
import { invariant } from "../../../base/diagnostics/invariant.js";
import { plainExtent, subtractAffine } from "../../../ir/kernel/affine.js";
import type { LoopAxis, LoopExtent } from "../../../ir/kernel/kernel-program.js";
import { BATCH_SYMBOL, constantOf, type Dim } from "../../../base/types/dim.js";
import type { FunctionCode, Local } from "../assembler/function-code.js";
import { chooseJoined } from "./joined-counts.js";
import type { KernelContext } from "./context.js";

/** An extent in code: a plain number, or a local that holds it. */
export type Count = number | Local;

/** Pushes an extent. */
export function pushExtent(extent: LoopExtent, variable: string, context: KernelContext): void {
  const { code, integers, joined, parts } = context;
  if (extent.kind === "affine") integers.affine(extent.value);
  else if (extent.kind === "part") {
    const counts = joined?.axis === variable ? joined.counts : undefined;
    if (counts === undefined) integers.part(extent);
    else {
      const all = (): FunctionCode => code.get(counts.steps);
      all().if(all, () => integers.scoped((inner) => inner.part(extent)), "i32");
    }
  } else if (extent.kind === "examples") {
    const { examples } = extent;
    if (examples.kind === "list") code.get(integers.variable(examples.count));
    else {
      code.get(integers.word(parts.layout.sizeWord(BATCH_SYMBOL)));
      if (joined?.example === variable) chooseJoined(context, () => code.i32(1));
    }
  } else {
    integers.dim(extent.dim, integers.variable(extent.example));
    if (joined?.axis !== variable) return;
    chooseJoined(context, () => {
      integers.dim(extent.dim);
      code.get(integers.word(parts.layout.sizeWord(BATCH_SYMBOL))).op("i32.mul");
    });
  }
}

/** An axis's number of values: a local also where it begins at another than 0. */
export function countOfAxis({ variable, extent, from }: LoopAxis, context: KernelContext): Count {
  if (from === undefined) return countOf(extent, variable, context);
  invariant(extent.kind === "affine", "a range of plain numbers");
  const { code, integers, joined } = context;
  const count = code.local("i32");
  const counts = joined?.example === variable ? joined.counts : undefined;
  if (counts === undefined) integers.affine(subtractAffine(extent.value, from));
  else code.get(counts.examples);
  code.set(count);
  return count;
}

/** An extent as a number where it is one. */
export function countOf(extent: LoopExtent, variable: string, context: KernelContext): Count {
  const constant = plainExtent(extent);
  if (constant !== undefined) return constant;
  const local = context.code.local("i32");
  pushExtent(extent, variable, context);
  context.code.set(local);
  return local;
}

export function pushCount(count: Count, { code }: KernelContext): void {
  if (typeof count === "number") code.i32(count);
  else code.get(count);
}

/** Bytes of so many real numbers: a plain number, or a local. */
export function bytesOf(elements: Dim, { code, integers, expressions }: KernelContext): Count {
  const { elementBytes } = expressions;
  const constant = constantOf(elements);
  if (constant !== undefined) return constant * elementBytes;
  const local = code.local("i32");
  integers.dim(elements);
  code.i32(Math.log2(elementBytes)).op("i32.shl").set(local);
  return local;
}

/** Gives back the locals among counts. */
export function releaseCounts(counts: readonly Count[], { code }: KernelContext): void {
  code.release(...counts.filter((count) => typeof count !== "number"));
}
