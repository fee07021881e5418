/** Weights in the order in which tiles read them, packed again where they have changed. */
import { AFFINE_ZERO, affineConstant, plainExtent, substituteAffine } from "../../ir/kernel/affine.js";
import type { Axis, PackStatement } from "../../ir/kernel/types.js";
import { panelElements } from "../../passes/kernel/pack-operands.js";
import { constantOf } from "../../base/types/dim.js";
import type { FunctionCode, FunctionRef, Local } from "./code.js";
import type { ModuleBuilder } from "./module-builder.js";
import type { Statements } from "./statements.js";

export function emitPack(pack: PackStatement, statements: Statements): void {
  const { code, integers, parts } = statements;
  if (!pack.onChange) {
    copyPanels(pack, statements);
    return;
  }
  // Where nobody has an array to write into, or who has one promised not to, nothing is looked for.
  code.get(integers.word(parts.layout.changedWord));
  code.if(() => {
    const { start, bytes } = sourceOf(pack, statements);
    const digest = code.local("v128");
    const stored = code.local("i32");
    integers.scoped(() => {
      const place = integers.address({
        buffer: pack.to,
        offset: affineConstant(panelElements(pack, statements.expressions.lanesPerVector)),
      });
      code.i32(place.offset).op("i32.add").set(stored);
    });
    code.get(start).i32(bytes).call(parts.digest()).tee(digest);
    code.get(stored).memory("v128.load", 0).op("v128.xor").op("v128.any_true");
    code.if(() => {
      code.get(stored).get(digest).memory("v128.store", 0);
      copyPanels(pack, statements);
    });
    code.release(digest, stored, start);
  });
}

/** Axes of a packed matrix have plain sizes. */
function sizeOf({ extent }: Axis): number {
  return plainExtent(extent) ?? 0;
}

/** Elements from one index of an axis to the next. */
function strideOf({ from }: PackStatement, { variable }: Axis): number {
  const term = from.offset.terms.find((other) => other.variable === variable);
  return term === undefined ? 0 : (constantOf(term.coefficient) ?? 0);
}

/** The first byte of the matrix, rounded down to a whole vector, and how many bytes there are to its end. */
function sourceOf(pack: PackStatement, { code, integers, expressions }: Statements): { start: Local; bytes: number } {
  const start = code.local("i32");
  const constant = constantOf(pack.from.offset.constant) ?? 0;
  const axes = [pack.columns, ...pack.contracted];
  const last = axes.reduce((sum, axis) => sum + strideOf(pack, axis) * (sizeOf(axis) - 1), constant);
  const size = expressions.elementBytes;
  const from = Math.floor((constant * size) / 16) * 16;
  integers.scoped(() => {
    const place = integers.address({ buffer: pack.from.buffer, offset: AFFINE_ZERO });
    code
      .i32(place.offset + from)
      .op("i32.add")
      .set(start);
  });
  return { start, bytes: Math.ceil(((last + 1) * size - from) / 16) * 16 };
}

function copyPanels(pack: PackStatement, statements: Statements): void {
  const { code, integers, expressions } = statements;
  const { columns, contracted, runs, length, block, from } = pack;
  const width = expressions.lanesPerVector;
  const size = expressions.elementBytes;
  const columnStride = strideOf(pack, columns) * size;
  const to = code.local("i32");
  integers.scoped(() => {
    const place = integers.address({ buffer: pack.to, offset: AFFINE_ZERO });
    code.i32(place.offset).op("i32.add").set(to);
  });
  const source = code.local("i32");
  integers.scoped(() => {
    const zeros = new Map([columns, ...contracted].map(({ variable }) => [variable, AFFINE_ZERO]));
    const offset = substituteAffine(from.offset, zeros);
    const place = integers.address({ buffer: from.buffer, offset });
    code.i32(place.offset).op("i32.add").set(source);
  });

  /** The vectors of one panel for every contracted index. */
  const panel = (lanes: readonly number[]): void => {
    const along = (depth: number, pointer: Local): void => {
      const axis = contracted[depth];
      if (axis === undefined) {
        lanes.forEach((count, vector) => {
          for (let run = 0; run < runs; run++) {
            code.get(to);
            loadLanes(
              code,
              pointer,
              count,
              (vector * width + run * length) * columnStride,
              columnStride,
              size,
              expressions.loadVector.bind(expressions),
            );
            code.memory("v128.store", 0);
            code
              .get(to)
              .i32(width * size)
              .op("i32.add")
              .set(to);
          }
        });
        return;
      }
      const inner = code.local("i32");
      const left = code.local("i32");
      code.get(pointer).set(inner).i32(sizeOf(axis)).set(left);
      code.loop((again) => {
        along(depth + 1, inner);
        code
          .get(inner)
          .i32(strideOf(pack, axis) * size)
          .op("i32.add")
          .set(inner);
        code.get(left).i32(1).op("i32.sub").tee(left).brIf(again);
      });
      code.release(inner, left);
    };
    along(0, source);
    code
      .get(source)
      .i32(lanes.length * width * columnStride)
      .op("i32.add")
      .set(source);
  };

  const full = Math.floor(length / (width * block));
  if (full > 0) {
    const left = code.local("i32");
    code.i32(full).set(left);
    code.loop((again) => {
      panel(Array<number>(block).fill(width));
      code.get(left).i32(1).op("i32.sub").tee(left).brIf(again);
    });
    code.release(left);
  }
  const rest = length - full * width * block;
  if (rest > 0) panel(Array.from({ length: block }, (_, v) => Math.max(0, Math.min(width, rest - v * width))));
  code.release(to, source);
}

/** Pushes `count` columns as a vector, zero behind them. */
function loadLanes(
  code: FunctionCode,
  pointer: Local,
  count: number,
  offset: number,
  stride: number,
  size: number,
  loadVector: (offset: number, count: number) => void,
): void {
  if (count === 0) {
    code.v128("i32x4", [0, 0, 0, 0]);
    return;
  }
  if (stride === size) {
    code.get(pointer);
    loadVector(offset, count);
    return;
  }
  const vector = code.local("v128");
  for (let lane = 0; lane < count; lane++) {
    code.get(pointer);
    if (lane === 0) code.memory(size === 4 ? "v128.load32_zero" : "v128.load64_zero", offset);
    else code.get(vector).memory(size === 4 ? "v128.load32_lane" : "v128.load64_lane", offset + lane * stride, lane);
    code.set(vector);
  }
  code.get(vector);
  code.release(vector);
}

/**
 * `digest(address, bytes)`: 128 bits that differ, but for chance, where a piece of memory differs. Words are multiplied and folded, so
 * that one changed bit reaches all that follow; six streams at once, as each waits for its multiplications.
 */
export function addDigest(module: ModuleBuilder): FunctionRef {
  const { ref, code } = module.function("digest", ["i32", "i32"], ["v128"], false);
  const [address, bytes] = [code.param(0), code.param(1)];
  const end = code.local("i32");
  const streams = Array.from({ length: 6 }, () => code.local("v128"));
  const factor = code.local("v128");
  code.v128("i32x4", Array<number>(4).fill(0x9e3779b1 | 0)).set(factor);
  // All may begin alike: their order counts where they are joined, one after the other.
  code.v128(
    "i32x4",
    [1, 2, 3, 4].map((seed) => (seed * 0x85ebca6b) | 0),
  );
  for (const stream of streams) code.tee(stream);
  code.op("drop");
  const mix = (stream: Local, push: () => void): void => {
    code.get(stream);
    push();
    code.op("v128.xor").get(factor).op("i32x4.mul").tee(stream);
    code.get(stream).i32(15).op("i32x4.shr_u").op("v128.xor").set(stream);
  };
  const round = (count: number): void => {
    const step = 16 * count;
    code.block((exit) => {
      code.loop((again) => {
        code.get(end).get(address).op("i32.sub").i32(step).op("i32.lt_u").brIf(exit);
        for (let n = 0; n < count; n++) mix(streams[n] as Local, () => code.get(address).memory("v128.load", 16 * n));
        code.get(address).i32(step).op("i32.add").set(address);
        code.br(again);
      });
    });
  };
  code.get(address).get(bytes).op("i32.add").set(end);
  round(streams.length);
  round(1);
  const [first, ...others] = streams as [Local, ...Local[]];
  // The first before the second, or the two could be exchanged.
  mix(first, () => code.get(factor));
  for (const other of others) mix(first, () => code.get(other));
  code.get(first);
  return ref;
}
