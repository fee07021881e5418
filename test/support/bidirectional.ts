/** A recorded layer of both directions as two of one direction: the second goes through the sequence from its end. */
import { type Golden, type GoldenTensor, slice } from "./goldens.js";

/** Of one layer, time first. What both directions share, such as the gradient of `x`, is in neither: it is a sum of both. */
export function directionsOf(golden: Golden): readonly [Golden, Golden] {
  return [0, 1].map((direction) => {
    const tensors: Record<string, GoldenTensor> = {};
    for (const [name, tensor] of Object.entries(golden.tensors)) {
      const [, prefix = "", base = name] = /^((?:\w+\.|cot_)?)(\w+)$/.exec(name) ?? [];
      const part = partOf(prefix, base, tensor, direction);
      if (part !== undefined) tensors[prefix + base.replace(/_reverse$/, "")] = part;
    }
    return { ...golden, tensors };
  }) as unknown as readonly [Golden, Golden];
}

function partOf(prefix: string, base: string, tensor: GoldenTensor, direction: number): GoldenTensor | undefined {
  const turned = (found: GoldenTensor): GoldenTensor => (direction === 1 ? reversed(found) : found);
  if (base === "x") return /^(grad|hvp)\./.test(prefix) ? undefined : turned(tensor);
  if (base === "y") return turned(half(tensor, direction));
  if (/^[hc](0|_n)$/.test(base)) {
    const { shape, data } = slice(tensor, direction);
    return { shape: [1, ...shape], data };
  }
  return base.endsWith("_reverse") === (direction === 1) ? tensor : undefined;
}

/** The first or the last half of the last axis. */
function half({ shape, data }: GoldenTensor, which: number): GoldenTensor {
  const width = shape.at(-1)! / 2;
  const own = data.filter((_, i) => Math.floor(i / width) % 2 === which);
  return { shape: [...shape.slice(0, -1), width], data: own };
}

/** The first axis from its end. */
export function reversed(tensor: GoldenTensor): GoldenTensor {
  const { shape } = tensor;
  const rows = Array.from({ length: shape[0]! }, (_, t) => slice(tensor, shape[0]! - 1 - t).data);
  return { shape, data: rows.flat() };
}
