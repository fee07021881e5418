/**
 * Checks of a kernel program, for given sizes of a call:
 * - every variable is bound before it is used, and bound once on a path: integers, scalars, the example of a size, the
 *   operands of a quotient; scalars do not reach into a region, whose variables are its own;
 * - every scalar is used as what it is, a real number or a truth value, and every operation takes and gives what it does;
 * - every access lies inside its buffer, whatever the loops do (offsets that hold an index which the caller gave or a
 *   quotient by the size of an example are not judged, nor the sides of a choice by several variables); integers lie in
 *   index buffers, numbers in real ones;
 * - nothing is divided by 0, or by less;
 * - a call has the sizes that are named;
 * - a list of examples is read up to the count of the `select` that made it;
 * - the left operand of a product does not move with the columns, the right one not with the rows, and the result not with
 *   what is contracted; it has either a result or a tail, whose runs make up its columns; rows are copied to where they
 *   have room, and nothing else that the product uses;
 * - neither result nor tail of a product write what it reads: operands, panels, copied rows, what sums start from but for the
 *   place of the very sum; only other parts of the same rows, and a left operand whose rows are copied;
 * - what a product reads in panels was packed before, on every way there, of the same elements of the same matrix, in the
 *   same runs, with room for them, and neither the matrix nor the panels have been written since;
 * - an accumulator is added to where it is visible, one in parts in the loop that counts the parts, which runs from 0 in
 *   steps of 1;
 * - loops and windows move on, and regions hold neither regions nor windows;
 * - what is cleared lies inside its buffer;
 * - a buffer is there once, lies inside its slot, of the same type, and inside the buffer that it is a part of;
 * - a buffer that is zero between calls has a slot to itself;
 * - buffers that are in use at the same time do not overlap.
 */
import { evaluateDim } from "../../base/types/dim.js";
import { bufferSize } from "./buffer-size.js";
import { lifetimes } from "./lifetimes.js";
import type { KernelBuffer, KernelFunction, KernelProgram } from "./kernel-program.js";
import { FunctionVerifier } from "./verify-statements.js";

export function verifyKernel(program: KernelProgram, sizes: ReadonlyMap<string, number>): string[] {
  const buffers = new Map(program.buffers.map((buffer) => [buffer.name, buffer]));
  return [
    ...verifyPlaces(program, buffers, sizes),
    ...program.functions.flatMap((fn) => [
      ...new FunctionVerifier(fn, buffers, sizes).run(),
      ...verifyLifetimes(fn, buffers, sizes),
    ]),
  ];
}

type Buffers = ReadonlyMap<string, KernelBuffer>;

/** From its first element to before its last. */
function placeOf(buffer: KernelBuffer, sizes: ReadonlyMap<string, number>): readonly [number, number] {
  const from = evaluateDim(buffer.place.offset, sizes);
  return [from, from + bufferSize(buffer, sizes)];
}

function verifyPlaces(
  { buffers, slots }: KernelProgram,
  byName: Buffers,
  sizes: ReadonlyMap<string, number>,
): string[] {
  return buffers.flatMap((buffer) => {
    const { name, dtype, place, within } = buffer;
    const [from, to] = placeOf(buffer, sizes);
    const problems = byName.get(name) === buffer ? [] : [`${name} is there twice`];
    const slot = slots[place.slot];
    if (slot === undefined) return [...problems, `${name} lies in slot ${place.slot}, and there is none`];
    if (slot.dtype !== dtype) problems.push(`${name} holds ${dtype} elements and lies among ${slot.dtype} ones`);
    const { most } = slot;
    const room = Math.max(...slot.sizes.map((size) => bufferSize({ size, ...(most && { most }) }, sizes)));
    if (from < 0 || to > room) problems.push(`${name} lies at ${from} to ${to} of a slot of ${room} elements`);
    if (buffer.zeros === true && buffers.some((other) => other !== buffer && other.place.slot === place.slot))
      problems.push(`${name} is zero between calls, and others lie in its slot`);
    if (within === undefined) return problems;
    const whole = byName.get(within);
    if (whole === undefined) return [...problems, `${name} is a part of ${within}, and there is none`];
    const [start, end] = placeOf(whole, sizes);
    if (whole.place.slot !== place.slot || from < start || to > end) problems.push(`${name} lies outside of ${within}`);
    return problems;
  });
}

function verifyLifetimes(fn: KernelFunction, buffers: Buffers, sizes: ReadonlyMap<string, number>): string[] {
  const problems: string[] = [];
  const live = lifetimes(fn);
  for (const [i, a] of live.entries()) {
    for (const b of live.slice(i + 1)) {
      if (a.last < b.first || b.last < a.first) continue;
      const [x, y] = [buffers.get(a.name), buffers.get(b.name)];
      if (x === undefined || y === undefined || x.place.slot !== y.place.slot) continue;
      // Parts of joined parameters lie inside the buffer that joins them.
      if (x.within === y.name || y.within === x.name) continue;
      const [[xFrom, xTo], [yFrom, yTo]] = [placeOf(x, sizes), placeOf(y, sizes)];
      if (xFrom < yTo && yFrom < xTo) {
        problems.push(`${fn.name}: ${x.name} and ${y.name} are in use at the same time and overlap`);
      }
    }
  }
  return problems;
}
