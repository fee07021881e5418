/**
 * Gives every buffer its place: buffers of one entry whose lifetimes do not overlap and whose sizes are equal share a
 * slot, entries share all slots, what the caller sees or a later entry reads has a slot of its own.
 */
import type { KernelBuffer, KernelProgram, KernelSlot } from "../../ir/kernel/types.js";
import type { UnplacedBuffer, UnplannedKernels } from "../../ir/kernel/unplanned.js";
import { lifetimes } from "../../ir/kernel/lifetimes.js";
import { type Dim, dimConstant } from "../../types/dim.js";

export function planMemory(
  { functions, buffers: unplaced }: UnplannedKernels,
  runtimeDimensions: readonly string[],
): KernelProgram {
  const slots: { dtype: KernelSlot["dtype"]; sizes: Dim[]; most?: Dim }[] = [];
  const places = new Map<string, { slot: number; offset: Dim }>();
  const openSlot = ({ dtype, size, most }: UnplacedBuffer): number =>
    slots.push({ dtype, sizes: [size], ...(most && { most }) }) - 1;
  const sizeKey = ({ size, most }: UnplacedBuffer): string => `${size.key} ${most?.key ?? ""}`;
  const buffers = [...unplaced.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const buffer of buffers) {
    if (buffer.persistent && buffer.within === undefined) {
      places.set(buffer.name, { slot: openSlot(buffer), offset: dimConstant(0) });
    }
  }
  for (const buffer of buffers) {
    if (buffer.within === undefined) continue;
    const whole = places.get(buffer.within.buffer) as { slot: number };
    places.set(buffer.name, { slot: whole.slot, offset: buffer.within.offset });
  }

  // Slots of scratch buffers are reused from entry to entry.
  const pool: { slot: number; dtype: string; key: string }[] = [];
  for (const fn of functions) {
    const busyUntil = new Map<number, number>();
    for (const { name, first, last } of lifetimes(fn)) {
      const buffer = unplaced.get(name);
      if (buffer === undefined || buffer.persistent) continue;
      const fits = pool.find(
        (entry) =>
          entry.dtype === buffer.dtype && entry.key === sizeKey(buffer) && (busyUntil.get(entry.slot) ?? -1) < first,
      );
      const slot = fits?.slot ?? openSlot(buffer);
      if (fits === undefined) pool.push({ slot, dtype: buffer.dtype, key: sizeKey(buffer) });
      busyUntil.set(slot, last);
      places.set(name, { slot, offset: dimConstant(0) });
    }
  }
  const placed = buffers.flatMap((buffer): KernelBuffer[] => {
    const place = places.get(buffer.name);
    const { name, external, dtype, size, most } = buffer;
    return place === undefined ? [] : [{ name, external, dtype, size, ...(most && { most }), place }];
  });
  return { runtimeDimensions, buffers: placed, slots, functions };
}
