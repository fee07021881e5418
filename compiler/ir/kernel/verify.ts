/**
 * Checks of a kernel program, for given sizes of a call:
 * - sizes are made of the axes of the program and the number of examples; axes and kernels have names of their own;
 * - every variable is bound before it is used, and bound once on a path: integers, scalars, the example of a size, the
 *   operands of a quotient; scalars do not reach into a region, whose variables are its own;
 * - every scalar is used as what it is, a real number or a truth value, and every operation takes and gives what it does;
 * - every access lies inside its buffer, whatever the loops do (offsets that hold an index which the caller gave or a
 *   quotient by the size of an example are not judged, nor the sides of a choice by several variables); integers lie in
 *   index buffers, numbers in real ones;
 * - nothing is divided by 0, or by less;
 * - a call has the sizes that are named;
 * - a list of examples is read up to the count of the `select` that made it, which nothing has written since, no round of a loop either;
 * - the left operand of a product does not move with the columns, the right one not with the rows, and the result not with
 *   what is contracted; it has either a result or a tail, whose strips make up its columns; rows are copied to where they
 *   have room, and nothing else that the product uses;
 * - neither result nor tail of a product write what it reads: operands, panels, copied rows, what sums start from but for the
 *   place of the very sum; only other parts of the same rows, and a left operand whose rows are copied;
 * - examples and their rows, or steps, that are joined follow each other in all that the product touches, and nothing else in it
 *   depends on the two; rows that are copied in lanes are some elements, from the first on;
 * - what a product reads in panels was packed before, on every way there, of the same elements of the same matrix, in the
 *   same strips, with room for them, and neither the matrix nor the panels have been written since;
 * - an accumulator is added to where it is visible, one in parts in the loop that counts the parts, which runs from 0 in
 *   steps of 1;
 * - rounds of a loop in lanes store, and read of what is stored, elements of their own, also where several buffers lie in one;
 * - loops and windows move on, and regions hold neither regions nor windows;
 * - what is cleared lies inside its buffer;
 * - a buffer is there once, lies inside its slot, of the same type, and inside the buffer that it is a part of;
 * - a buffer that is zero between calls has a slot to itself;
 * - what the caller sees and what keeps its contents between entries overlaps with nothing but the parts of one buffer and that
 *   buffer, which keeps its contents where one of its parts does;
 * - other buffers are written before they are read, in each function; where a side of a choice reads one, somewhere in it;
 * - panels that are packed where their matrix has changed keep their contents, the caller holds the matrix, and nothing but packs of that matrix writes them;
 * - what a region computes only where parameters have changed keeps its contents, nothing else writes it, it goes by no size of a call, and it
 *   is made of what the caller holds from call to call and of other values of this kind of the same function;
 * - buffers that are in use at the same time do not overlap.
 */
import type { KernelProgram } from "./kernel-program.js";
import { verifyLifetimes, verifyPlaces, verifyWritten } from "./verify-places.js";
import { verifySizes } from "./verify-sizes.js";
import { verifyOnce } from "./verify-once.js";
import { verifyKeptPanels } from "./verify-packs.js";
import { FunctionVerifier } from "./verify-statements.js";

export function verifyKernel(program: KernelProgram, sizes: ReadonlyMap<string, number>): string[] {
  const unknown = verifySizes(program, sizes);
  if (unknown.length > 0) return unknown;
  const buffers = new Map(program.buffers.map((buffer) => [buffer.name, buffer]));
  return [
    ...verifyPlaces(program, buffers, sizes),
    ...verifyKeptPanels(program, buffers),
    ...verifyOnce(program, buffers),
    ...program.functions.flatMap((fn) => [
      ...new FunctionVerifier(fn, buffers, sizes).run(),
      ...verifyWritten(fn, buffers),
      ...verifyLifetimes(fn, buffers, sizes),
    ]),
  ];
}
