/**
 * Gives every buffer its place: buffers of one entry whose lifetimes do not overlap and whose sizes are equal share a
 * slot, entries share all slots, what the caller sees or a later entry reads has a slot of its own.
 */
import type { KernelBuffer, KernelFunction, KernelProgram, KernelSlot, Statement } from "../../ir/kernel/types.js";
import { forEachAccess } from "../../ir/kernel/visit.js";
import { type Dim, dimConstant } from "../../types/dim.js";
import type { Storage, StoredBuffer } from "../../lower/graph-to-kernel/storage.js";

export function planMemory(
  functions: readonly KernelFunction[],
  storage: Storage,
  runtimeDimensions: readonly string[],
): KernelProgram {
  const slots: { dtype: KernelSlot["dtype"]; sizes: Dim[] }[] = [];
  const places = new Map<string, { slot: number; offset: Dim }>();
  const openSlot = (buffer: StoredBuffer): number => slots.push({ dtype: buffer.dtype, sizes: [buffer.size] }) - 1;
  const buffers = [...storage.buffers.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
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
      const buffer = storage.buffers.get(name);
      if (buffer === undefined || buffer.persistent) continue;
      const fits = pool.find(
        (entry) =>
          entry.dtype === buffer.dtype && entry.key === buffer.size.key && (busyUntil.get(entry.slot) ?? -1) < first,
      );
      const slot = fits?.slot ?? openSlot(buffer);
      if (fits === undefined) pool.push({ slot, dtype: buffer.dtype, key: buffer.size.key });
      busyUntil.set(slot, last);
      places.set(name, { slot, offset: dimConstant(0) });
    }
  }
  const placed = buffers.flatMap((buffer): KernelBuffer[] => {
    const place = places.get(buffer.name);
    const { name, external, dtype, size } = buffer;
    return place === undefined ? [] : [{ name, external, dtype, size, place }];
  });
  return { runtimeDimensions, buffers: placed, slots, functions };
}

export interface Lifetime {
  readonly name: string;
  /** Positions of statements, first to last use, both included; whole loops where a value may cross an iteration. */
  readonly first: number;
  readonly last: number;
}

/** In order of first use. */
export function lifetimes(fn: KernelFunction): Lifetime[] {
  const found = new Map<string, { first: number; last: number }>();
  let position = 0;
  /** Returns the buffers used inside, each with the range of its uses. */
  const walk = (statements: readonly Statement[]): Map<string, { first: number; last: number; written: boolean }> => {
    const own = new Map<string, { first: number; last: number; written: boolean }>();
    const touch = (name: string, first: number, last: number, written: boolean): void => {
      const known = own.get(name);
      if (known === undefined) own.set(name, { first, last, written });
      else
        own.set(name, {
          first: Math.min(known.first, first),
          last: Math.max(known.last, last),
          written: known.written,
        });
    };
    for (const statement of statements) {
      if (statement.kind === "for" && statement.body.some(isBlockStatement)) {
        const start = position++;
        const inner = walk(statement.body);
        const end = position++;
        // Where the first use in an iteration is not a write, the value comes from outside or from the step before.
        for (const [name, use] of inner) {
          if (use.written) touch(name, use.first, use.last, true);
          else touch(name, start, end, false);
        }
        loops.push({ start, end });
      } else {
        const here = position++;
        const uses = new Map<string, boolean>();
        forEachAccess(statement, ({ buffer }, use) => {
          uses.set(buffer, (uses.get(buffer) ?? true) && use === "write");
        });
        for (const [name, written] of uses) touch(name, here, here, written);
      }
    }
    return own;
  };
  const loops: { start: number; end: number }[] = [];
  for (const [name, { first, last }] of walk(fn.body)) found.set(name, { first, last });
  // A buffer that is used both inside and outside of a loop lives through all of it.
  const result = [...found].map(([name, range]) => {
    let { first, last } = range;
    for (let changed = true; changed;) {
      changed = false;
      for (const { start, end } of loops) {
        const inside = first > start && last < end;
        const overlaps = first <= end && last >= start;
        if (inside || !overlaps) continue;
        if (first > start || last < end) {
          first = Math.min(first, start);
          last = Math.max(last, end);
          changed = true;
        }
      }
    }
    return { name, first, last };
  });
  return result.sort((a, b) => a.first - b.first || (a.name < b.name ? -1 : 1));
}

/** Statements at the level of regions, as in the loop of a scan. */
function isBlockStatement(statement: Statement): boolean {
  if (statement.kind === "region" || statement.kind === "select_examples") return true;
  return statement.kind === "for" && statement.body.some(isBlockStatement);
}
