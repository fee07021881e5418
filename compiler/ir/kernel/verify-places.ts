/** Checks of where buffers lie, and for how long. */
import { evaluateDim } from "../../base/types/dim.js";
import { bufferSize } from "./buffer-size.js";
import type { KernelBuffer, KernelFunction, KernelProgram } from "./kernel-program.js";
import { lifetimes } from "./lifetimes.js";
import { forEachAccess } from "./visit.js";

type Buffers = ReadonlyMap<string, KernelBuffer>;

/** From its first element to before its last. */
function placeOf(buffer: KernelBuffer, sizes: ReadonlyMap<string, number>): readonly [number, number] {
  const from = evaluateDim(buffer.place.offset, sizes);
  return [from, from + bufferSize(buffer, sizes)];
}

export function verifyPlaces(
  { buffers, slots }: KernelProgram,
  byName: Buffers,
  sizes: ReadonlyMap<string, number>,
): string[] {
  const own = buffers.flatMap((buffer) => {
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
    if (keeps(buffer) && !keeps(whole)) problems.push(`${name} keeps its contents, and ${within} around it does not`);
    return problems;
  });
  return [...own, ...verifyKept(buffers, sizes)];
}

/** What lasts longer than a function is in use all the time. */
function verifyKept(buffers: readonly KernelBuffer[], sizes: ReadonlyMap<string, number>): string[] {
  return buffers.filter(keeps).flatMap((kept) => {
    const others = buffers.filter((other) => other.place.slot === kept.place.slot && other.name !== kept.name);
    return others.flatMap((other) => {
      // Two that keep their contents are told once.
      if (isPart(kept, other) || !overlap(kept, other, sizes) || (keeps(other) && other.name < kept.name)) return [];
      return [`${other.name} lies where ${kept.name} keeps its contents`];
    });
  });
}

/** Lasts from one entry to another, and from call to call. */
function keeps({ external, persistent }: KernelBuffer): boolean {
  return external || persistent === true;
}

/** Parts of joined parameters lie inside the buffer that joins them. */
function isPart(x: KernelBuffer, y: KernelBuffer): boolean {
  return x.within === y.name || y.within === x.name;
}

function overlap(x: KernelBuffer, y: KernelBuffer, sizes: ReadonlyMap<string, number>): boolean {
  const [[xFrom, xTo], [yFrom, yTo]] = [placeOf(x, sizes), placeOf(y, sizes)];
  return Math.max(xFrom, yFrom) < Math.min(xTo, yTo);
}

/** In the order of the text: what a loop reads of its round before is there before its first round. */
export function verifyWritten(fn: KernelFunction, buffers: Buffers): string[] {
  const written = new Set<string>();
  const early = new Set<string>();
  const chosen = new Set<string>();
  for (const statement of fn.body) {
    forEachAccess(statement, ({ buffer }, use, conditions) => {
      const own = buffers.get(buffer);
      const whole = own?.within ?? buffer;
      if (own === undefined || keeps(own)) return;
      if (use === "write") written.add(whole);
      else if (!written.has(whole)) (conditions.length > 0 ? chosen : early).add(whole);
    });
  }
  const never = [...chosen].filter((name) => !written.has(name) && !early.has(name));
  return [
    ...[...early].map((name) => `${fn.name}: ${name} is read before it is written`),
    ...never.map((name) => `${fn.name}: ${name} is read and never written`),
  ];
}

export function verifyLifetimes(fn: KernelFunction, buffers: Buffers, sizes: ReadonlyMap<string, number>): string[] {
  const problems: string[] = [];
  const live = lifetimes(fn);
  for (const [i, a] of live.entries()) {
    for (const b of live.slice(i + 1)) {
      if (a.last < b.first || b.last < a.first) continue;
      const [x, y] = [buffers.get(a.name), buffers.get(b.name)];
      if (x === undefined || y === undefined || x.place.slot !== y.place.slot) continue;
      if (!isPart(x, y) && overlap(x, y, sizes)) {
        problems.push(`${fn.name}: ${x.name} and ${y.name} are in use at the same time and overlap`);
      }
    }
  }
  return problems;
}
