/**
 * Where everything lies in the one memory of a WebAssembly instance. From byte 0 on:
 *
 *   table     words of 32 bits: the sizes of the call, the flags, then one address for each place that depends on
 *             the capacity of the instance
 *   fixed     slots whose sizes are numbers (parameters, above all), at addresses known when the module is compiled
 *   sized     `lengths`, `sizes.S` and slots whose sizes depend on the capacity; their addresses are in the table
 *   slack     so that a load of a whole vector may begin at any element
 *
 * Slots begin at lines of the cache, and the slack is one. Whoever makes an instance lays out the sized part and fills the table
 * (`print-memory-plan.ts`); kernels only read it.
 */
import { invariant } from "../../../base/diagnostics/invariant.js";
import type { ElementType, KernelProgram } from "../../../ir/kernel/kernel-program.js";
import {
  BATCH_SYMBOL,
  constantOf,
  type Dim,
  dimConstant,
  dimSymbol,
  evaluateDim,
  symbolsOf,
} from "../../../base/types/dim.js";
import { extentsOf } from "../../../base/types/call-axes.js";
import { realBytes } from "../../../ir/ops/number-range.js";

/** Where a buffer begins. */
export type Address =
  | { readonly kind: "static"; readonly bytes: number }
  /** The word at the byte address `word` holds it; addresses are unsigned. */
  | { readonly kind: "table"; readonly word: number };

/** A stretch of memory whose size depends on the capacity. */
interface Segment {
  readonly elementBytes: number;
  /** Elements, over the capacity: the largest of these. */
  readonly sizes: readonly Dim[];
  /** Not more elements than these. */
  readonly most?: Dim;
}

/** A word of the table that holds an address: where the segment begins, plus `offset` elements of the capacity. */
export interface AddressWord {
  readonly word: number;
  readonly segment: number;
  readonly offset: Dim;
}

export interface MemoryLayout {
  /** Of a real number; indices and lists of integers have 4 bytes. */
  readonly elementBytes: 4 | 8;
  /** `%B`, then the axes of calls: the order of their words in the table. */
  readonly symbols: readonly string[];
  /** The byte address of the word with a size of the call: `%B`, `%T`, `S`. */
  sizeWord(symbol: string): number;
  /** The byte address of a word that is 1 where every example has the sizes of the call, also the steps, and else 0. */
  readonly fullWord: number;
  /** The byte address of a word that is 1 where parameters may have changed since they were last packed, and else 0. */
  readonly changedWord: number;
  /** The byte address of a word that is always 0: a condition that no engine can see through. */
  readonly zeroWord: number;
  /** Of a buffer of the kernel program, or of the lists `lengths` and `sizes.S` of 32-bit integers. */
  addressOf(buffer: string): Address;
  /** The name of such a list, by the symbol of the axis. */
  listOf(symbol: string): string;
  /** Bytes of a line of the cache: slots and segments begin at multiples of it. */
  readonly line: number;
  /** The first byte after the fixed part, a multiple of `line`. */
  readonly fixedEnd: number;
  /** The sized part, in its order; each segment begins at the next multiple of `line`. */
  readonly segments: readonly Segment[];
  /** What the table holds from the first address on: where each segment begins, then places within segments. */
  readonly addresses: readonly AddressWord[];
}

const WORD = 4;

/** Where the buffers of `kernel` lie, for real numbers of the type `dtype` and a machine with such a line of the cache. */
export function planLayout(kernel: KernelProgram, dtype: "f32" | "f64", line: number): MemoryLayout {
  const elementBytes = realBytes[dtype];
  const symbols = [BATCH_SYMBOL, ...kernel.axes.map(({ symbol }) => symbol)];
  const fullWord = symbols.length * WORD;
  const changedWord = fullWord + WORD;
  const zeroWord = changedWord + WORD;
  const tableStart = zeroWord + WORD;
  const { segments, places, fixedBytes } = placeBuffers(kernel, elementBytes, line);

  // Buffers that begin at one place share a word. Segments come first, in their order.
  const words = new Map<string, AddressWord>();
  const wordOf = (segment: number, offset: Dim): AddressWord => {
    const key = `${segment} ${offset.key}`;
    const known = words.get(key) ?? { word: tableStart + WORD * words.size, segment, offset };
    words.set(key, known);
    return known;
  };
  segments.forEach((_, segment) => wordOf(segment, dimConstant(0)));
  for (const place of places.values()) if (typeof place !== "number") wordOf(place.segment, place.offset);
  const fixedStart = align(tableStart + WORD * words.size, line);

  return {
    elementBytes,
    symbols,
    sizeWord: (symbol) => {
      const position = symbols.indexOf(symbol);
      invariant(position >= 0, `no size ${symbol} in a kernel program`);
      return position * WORD;
    },
    fullWord,
    changedWord,
    zeroWord,
    addressOf: (buffer) => {
      const place = places.get(buffer);
      invariant(place !== undefined, `no buffer ${buffer} in a kernel program`);
      if (typeof place === "number") return { kind: "static", bytes: fixedStart + place };
      return { kind: "table", word: wordOf(place.segment, place.offset).word };
    },
    listOf: (symbol) => {
      const axis = kernel.axes.find((own) => own.symbol === symbol);
      invariant(axis !== undefined, `no sizes ${symbol} of examples in a kernel program`);
      return extentsOf(axis);
    },
    line,
    fixedEnd: fixedStart + fixedBytes,
    segments,
    addresses: [...words.values()],
  };
}

/** Bytes after the table for what has a fixed size; else a place in a segment. */
type BufferPlace = number | { readonly segment: number; readonly offset: Dim };

interface Placement {
  readonly segments: readonly Segment[];
  readonly places: ReadonlyMap<string, BufferPlace>;
  readonly fixedBytes: number;
}

/** Slots of numbers get a distance from the end of the table, all others a segment. */
function placeBuffers(kernel: KernelProgram, elementBytes: number, line: number): Placement {
  const bytesOf = (type: ElementType): number => (type === "real" ? elementBytes : WORD);
  const segments: Segment[] = [];
  const places = new Map<string, BufferPlace>();
  const list = { elementBytes: WORD, sizes: [dimSymbol(BATCH_SYMBOL)] };
  for (const name of kernel.axes.map(extentsOf)) {
    places.set(name, { segment: segments.push(list) - 1, offset: dimConstant(0) });
  }
  let fixedBytes = 0;
  const slots = kernel.slots.map(({ dtype: type, sizes, most }) => {
    const constants = sizes.map(constantOf);
    if (!constants.every((size) => size !== undefined)) {
      return { segment: segments.push({ elementBytes: bytesOf(type), sizes, ...(most && { most }) }) - 1 };
    }
    const start = fixedBytes;
    fixedBytes = align(fixedBytes + Math.max(...constants) * bytesOf(type), line);
    return { start };
  });
  for (const { name, dtype: type, place } of kernel.buffers) {
    const slot = slots[place.slot];
    invariant(slot !== undefined && !places.has(name), `buffer ${name} has no place of its own`);
    if (slot.segment !== undefined) places.set(name, { segment: slot.segment, offset: place.offset });
    else {
      const offset = constantOf(place.offset);
      invariant(offset !== undefined, `buffer ${name} lies at a place without a number in a slot of fixed size`);
      places.set(name, slot.start + offset * bytesOf(type));
    }
  }
  return { segments, places, fixedBytes };
}

/** What the smallest instance takes, with one example, one step and sizes of 1: no other takes less. */
export function smallestBytes({ fixedEnd, segments, line }: MemoryLayout): number {
  const one = (dim: Dim): number => evaluateDim(dim, new Map(symbolsOf(dim).map((symbol) => [symbol, 1])));
  const bytes = segments.map(({ elementBytes, sizes, most }) => {
    const entries = Math.max(...sizes.map(one));
    return align(elementBytes * (most === undefined ? entries : Math.min(entries, one(most))), line);
  });
  return bytes.reduce((sum, own) => sum + own, fixedEnd) + line;
}

function align(bytes: number, line: number): number {
  return Math.ceil(bytes / line) * line;
}
