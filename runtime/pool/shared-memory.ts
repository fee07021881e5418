/**
 * Memory that all threads see. A worker is told of each once, and it goes by its number from then on: for a thread to hear of memory takes longer
 * than to copy what is usually in it, and memory that is made for each call is never there when it is wanted, but collected.
 */
import { isTypedArray } from "../base/options.js";
import type { FloatArray, TensorRecord } from "../module/compiled-module.js";
import type { PoolTask } from "./task.js";

export interface ToldMemory {
  readonly number: number;
  readonly buffer: SharedArrayBuffer;
  /** The number of the one in whose place it is. */
  readonly instead: number | undefined;
}

/** Tensors one after the other. */
export interface TensorLayout {
  readonly type: "Float32Array" | "Float64Array";
  readonly lengths: readonly (readonly [name: string, length: number])[];
}

/** A task whose arrays lie in a memory. */
export interface PlacedTask {
  /** Without them. */
  readonly task: PoolTask;
  readonly memory: number;
  readonly arrays: readonly PlacedArray[];
}

interface PlacedArray {
  /** From the task to it: `["values", "x"]`. */
  readonly path: readonly string[];
  readonly type: ArrayType;
  /** In bytes. */
  readonly offset: number;
  readonly length: number;
}

const arrayTypes = {
  ...{ Float32Array, Float64Array, Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array },
  ...{ Uint32Array, BigInt64Array, BigUint64Array },
};
type ArrayType = keyof typeof arrayTypes;
type AnyArray = InstanceType<(typeof arrayTypes)[ArrayType]>;
type ArrayClass = new (buffer: ArrayBufferLike, offset: number, length: number) => AnyArray;

/** An array begins where the largest of elements may. */
const alignment = 8;
/** As batches differ in length, memory is made larger than what it is made for. */
const spare = 1.25;

/** Those of a crew. */
export class SharedMemories {
  private byUse = new Map<string, ToldMemory>();
  private count = 0;

  /** Memory of at least so many bytes for one use; what is in it is what was there before, or nothing. */
  place(use: string, bytes: number): ToldMemory {
    const before = this.byUse.get(use);
    if (before !== undefined && before.buffer.byteLength >= bytes) return before;
    const size = before === undefined ? bytes : Math.ceil((bytes * spare) / alignment) * alignment;
    const made = { number: ++this.count, buffer: new SharedArrayBuffer(size), instead: before?.number };
    this.byUse.set(use, made);
    return made;
  }

  /** Those that are newer than the one of that number, and the number of the last. */
  since(number: number): { readonly told: readonly ToldMemory[]; readonly last: number } {
    return { told: [...this.byUse.values()].filter((memory) => memory.number > number), last: this.count };
  }

  /** All that is placed from now on is somewhere else: a thread that is lost may still write. */
  leave(): void {
    this.byUse = new Map();
  }

  /** Copies the arrays of a task into one memory. */
  placeTask(use: string, task: PoolTask): PlacedTask {
    const arrays: (PlacedArray & { readonly from: Float32Array })[] = [];
    let bytes = 0;
    const rest = withoutArrays(task, [], (from, type, path) => {
      arrays.push({ path, from, type, offset: bytes, length: from.length });
      bytes += Math.ceil(from.byteLength / alignment) * alignment;
    });
    const memory = this.place(use, bytes);
    for (const { from, offset } of arrays) bytesIn(memory.buffer, offset, from.byteLength).set(bytesIn(from.buffer, from.byteOffset, from.byteLength)); // prettier-ignore
    return { task: rest as PoolTask, memory: memory.number, arrays: arrays.map(({ from: _, ...placed }) => placed) };
  }
}

/** What a worker was told. */
export class KnownMemories {
  private readonly byNumber = new Map<number, SharedArrayBuffer>();

  hear(told: readonly ToldMemory[]): void {
    for (const { number, buffer, instead } of told) {
      this.byNumber.set(number, buffer);
      if (instead !== undefined) this.byNumber.delete(instead);
    }
  }

  tensors(number: number, layout: TensorLayout): TensorRecord {
    return tensorsIn(this.memory(number), layout);
  }

  task({ task, memory, arrays }: PlacedTask): PoolTask {
    if (arrays.length === 0) return task;
    const buffer = this.memory(memory);
    for (const placed of arrays) {
      const last = placed.path.length - 1;
      const around = placed.path.slice(0, last).reduce<unknown>((value, name) => (value as Record<string, unknown>)[name], task); // prettier-ignore
      (around as Record<string, unknown>)[placed.path[last]!] = viewOf(buffer, placed);
    }
    return task;
  }

  private memory(number: number): SharedArrayBuffer {
    return this.byNumber.get(number)!;
  }
}

export function layoutOf(tensors: readonly (readonly [name: string, like: FloatArray])[]): TensorLayout {
  const isSingle = tensors.every(([, { BYTES_PER_ELEMENT }]) => BYTES_PER_ELEMENT === 4);
  return {
    type: isSingle ? "Float32Array" : "Float64Array",
    lengths: tensors.map(([name, { length }]) => [name, length]),
  };
}

export function bytesOf({ type, lengths }: TensorLayout): number {
  return arrayTypes[type].BYTES_PER_ELEMENT * lengths.reduce((sum, [, length]) => sum + length, 0);
}

export function tensorsIn(buffer: ArrayBufferLike, { type, lengths }: TensorLayout): TensorRecord {
  const tensors: Record<string, FloatArray> = {};
  let offset = 0;
  for (const [name, length] of lengths) {
    tensors[name] = viewOf(buffer, { type, offset, length }) as FloatArray;
    offset += length * arrayTypes[type].BYTES_PER_ELEMENT;
  }
  return tensors;
}

function viewOf(buffer: ArrayBufferLike, { type, offset, length }: Omit<PlacedArray, "path">): AnyArray {
  return new (arrayTypes[type] as unknown as ArrayClass)(buffer, offset, length);
}

const bytesIn = (buffer: ArrayBufferLike, offset: number, length: number): Uint8Array =>
  new Uint8Array(buffer, offset, length);

/** Which of these it is, also where it is of a class of its own, as a `Buffer` of Node is. */
function typeOf(array: Float32Array): ArrayType | undefined {
  const type: string = array[Symbol.toStringTag];
  return type in arrayTypes ? (type as ArrayType) : undefined;
}

/** A copy of the records around arrays, and each array given away. */
function withoutArrays(
  value: unknown,
  path: readonly string[],
  give: (array: Float32Array, type: ArrayType, path: readonly string[]) => void,
): unknown {
  const type = isTypedArray(value) ? typeOf(value) : undefined;
  if (isTypedArray(value) && type !== undefined) {
    give(value, type, path);
    return undefined;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value) || ArrayBuffer.isView(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, own]) => [name, withoutArrays(own, [...path, name], give)]),
  );
}
