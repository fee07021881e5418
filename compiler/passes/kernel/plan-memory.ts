/**
 * Gives every buffer its place: buffers of one entry whose lifetimes do not overlap and whose sizes are equal share a
 * slot, entries share all slots, what the caller sees or a later entry reads has a slot of its own.
 */
import { lookUp } from "../../base/at.js";
import { invariant } from "../../base/diagnostics/invariant.js";
import type { KernelBuffer, KernelProgram, KernelSlot } from "../../ir/kernel/kernel-program.js";
import type { UnplacedBuffer, UnplannedKernels } from "../../ir/kernel/unplanned.js";
import { LeastFirst } from "../../base/least-first.js";
import { lifetimes } from "../../ir/kernel/lifetimes.js";
import { type Dim, dimConstant } from "../../base/types/dim.js";

/** Slots for buffers of one type and size. Those that are asked for must begin one after the other. */
class SlotPool {
  private readonly slots: number[] = [];
  private free = this.slotsInOrder();
  private busy = this.busyByEnd();
  private readonly open: () => number;

  constructor(open: () => number) {
    this.open = open;
  }

  /** For the next entry. */
  freeAll(): void {
    this.free = this.slotsInOrder();
    for (const slot of this.slots) this.free.push(slot);
    this.busy = this.busyByEnd();
  }

  /** The first slot that is free from one position to another, both included. */
  take(first: number, last: number): number {
    const { free, busy } = this;
    for (let next = busy.first; next !== undefined && next.until < first; next = busy.first) {
      busy.pop();
      free.push(next.slot);
    }
    let slot = free.pop();
    if (slot === undefined) this.slots.push((slot = this.open()));
    busy.push({ slot, until: last });
    return slot;
  }

  private slotsInOrder(): LeastFirst<number> {
    return new LeastFirst((a, b) => a < b);
  }

  private busyByEnd(): LeastFirst<{ readonly slot: number; readonly until: number }> {
    return new LeastFirst((a, b) => a.until < b.until);
  }
}

export function planMemory({ axes, functions, buffers: unplaced }: UnplannedKernels): KernelProgram {
  const slots: { dtype: KernelSlot["dtype"]; sizes: Dim[]; most?: Dim }[] = [];
  const places = new Map<string, { slot: number; offset: Dim }>();
  const openSlot = ({ dtype, size, most }: UnplacedBuffer): number =>
    slots.push({ dtype, sizes: [size], ...(most && { most }) }) - 1;
  const buffers = [...unplaced.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const buffer of buffers) {
    if (buffer.persistent && buffer.within === undefined) {
      places.set(buffer.name, { slot: openSlot(buffer), offset: dimConstant(0) });
    }
  }
  for (const buffer of buffers) {
    if (buffer.within === undefined) continue;
    const whole = places.get(buffer.within.buffer);
    invariant(whole !== undefined, `nothing holds ${buffer.name}`);
    places.set(buffer.name, { slot: whole.slot, offset: buffer.within.offset });
  }

  // Slots of scratch buffers are reused from entry to entry.
  const pools = new Map<string, SlotPool>();
  for (const fn of functions) {
    for (const pool of pools.values()) pool.freeAll();
    for (const { name, first, last } of lifetimes(fn)) {
      const buffer = lookUp(unplaced, name);
      if (buffer.persistent) continue;
      const key = `${buffer.dtype} ${buffer.size.key} ${buffer.most?.key ?? ""}`;
      let pool = pools.get(key);
      if (pool === undefined) pools.set(key, (pool = new SlotPool(() => openSlot(buffer))));
      places.set(name, { slot: pool.take(first, last), offset: dimConstant(0) });
    }
  }
  const placed = buffers.flatMap((buffer): KernelBuffer[] => {
    const place = places.get(buffer.name);
    const { name, external, dtype, size, most, within, heldByCaller, zeros, panels } = buffer;
    const persistent = buffer.persistent && !external;
    const marks = {
      ...(within && { within: within.buffer }),
      ...(persistent && { persistent }),
      ...(heldByCaller === true && { heldByCaller }),
      ...(zeros === true && { zeros }),
      ...(panels !== undefined && { panels }),
    };
    return place === undefined ? [] : [{ name, external, dtype, size, ...(most && { most }), ...marks, place }];
  });
  return { axes, buffers: placed, slots, functions };
}
