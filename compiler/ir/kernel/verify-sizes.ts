/** Does a program say what its buffers, slots and kernels are called by, and only once? */
import { repeated } from "../../base/repeated.js";
import { BATCH_SYMBOL, type Dim, symbolsOf } from "../../base/types/dim.js";
import type { KernelProgram } from "./kernel-program.js";

/** All other checks go by sizes: where there are problems here, they have nothing to go by. */
export function verifySizes(
  { axes, buffers, slots, functions }: KernelProgram,
  sizes: ReadonlyMap<string, number>,
): string[] {
  const known = new Set([BATCH_SYMBOL, ...axes.map(({ symbol }) => symbol)]);
  const unknown = (what: string, dims: readonly (Dim | undefined)[]): string[] =>
    [...new Set(dims.flatMap((dim) => (dim === undefined ? [] : symbolsOf(dim))))].flatMap((symbol) =>
      known.has(symbol) ? [] : [`the size of ${what} has ${symbol}, which is no axis`],
    );
  return [
    ...repeated(axes.map(({ symbol }) => symbol)).map((symbol) => `two axes are called ${symbol}`),
    ...repeated(functions.map(({ name }) => name)).map((name) => `two kernels are called ${name}`),
    ...buffers.flatMap(({ name, size, most, place }) => unknown(name, [size, most, place.offset])),
    ...slots.flatMap((slot, i) => unknown(`slot ${i}`, [...slot.sizes, slot.most])),
    ...[...known].flatMap((symbol) => (sizes.has(symbol) ? [] : [`a call has no size ${symbol}`])),
  ];
}
