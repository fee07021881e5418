/** What is kept of a stream, as one record: all its states, the contexts that it has, the sizes that are its own. */
import { leastOf, ofStream, sizeOfAxis, streamAxis } from "../module/axes.js";
import type { AxisEntry, ContextEntry, InputEntry, Manifest, StateEntry, TensorEntry } from "../module/manifest.js";

/** A tensor without the axes of examples and steps, at the largest sizes. */
export interface Field {
  readonly name: string;
  /** Outermost first; names are axes whose sizes a stream may have less of. */
  readonly dims: readonly (number | string)[];
  readonly width: number;
  readonly isIndex: boolean;
  /** Indices are below it; undefined of real numbers, and of integers without an end. */
  readonly bound: number | string | undefined;
}

/** With its place in a record, counted in numbers of its kind. */
export interface StoredField extends Field {
  readonly at: number;
}

export interface RecordLayout {
  readonly states: readonly StoredField[];
  readonly contexts: readonly StoredField[];
  /** For each axis of `axes` its size in the stream, and then, of a module that draws, the number that the stream draws by: integers from here on. */
  readonly sizesAt: number;
  readonly draws: boolean;
  /** Axes whose sizes each stream has for itself. */
  readonly axes: readonly { readonly name: string; readonly least: number; readonly most: number }[];
  /** That records take, a multiple of 64, and what of it is used. */
  readonly bytes: number;
  readonly usedBytes: number;
  readonly inputs: readonly Field[];
  readonly outputs: readonly Field[];
}

const lineBytes = 64;

/** @param sizes The largest size of each axis that calls give by name. */
export function layoutOf(manifest: Manifest, sizes: Readonly<Record<string, number>>): RecordLayout {
  const { dtype, stream } = manifest;
  const steps = streamAxis(manifest);
  const sizeOf = (name: string): number => {
    const axis = manifest.axes.find((own) => own.name === name) as AxisEntry;
    return axis.size === undefined ? (sizes[name] ?? 1) : sizeOfAxis(axis.size, sizeOf);
  };
  const fieldOf = (entry: TensorEntry & Partial<Pick<InputEntry, "dtype" | "bound">>): Field => {
    const dims = [...entry.axes.slice(1).filter((name) => name !== steps), ...entry.shape];
    const width = dims.reduce<number>((count, size) => count * (typeof size === "number" ? size : sizeOf(size)), 1);
    return { name: entry.name, dims, width, isIndex: entry.dtype === "index", bound: entry.bound };
  };
  const realBytes = dtype === "f32" ? 4 : 8;
  let bytes = 0;
  const store = (entry: StateEntry | ContextEntry): StoredField => {
    const field = fieldOf(entry);
    const size = field.isIndex ? 4 : realBytes;
    const from = Math.ceil(bytes / size) * size;
    bytes = from + field.width * size;
    return { ...field, at: from / size };
  };
  const states = manifest.states.filter(({ forLosses }) => forLosses !== true).map(store);
  const contexts = manifest.contexts.map(store);
  const axes = manifest.axes
    .filter(({ name, option }) => option === "sizes" && name !== stream)
    .map((axis) => ({ name: axis.name, least: leastOf(axis), most: sizeOf(axis.name) }));
  const sizesAt = Math.ceil(bytes / 4);
  const draws = manifest.random !== undefined;
  const usedBytes = Math.max(4, 4 * (sizesAt + axes.length + Number(draws)));
  return {
    ...{ states, contexts, axes, sizesAt, draws },
    usedBytes,
    bytes: Math.ceil(usedBytes / lineBytes) * lineBytes,
    inputs: ofStream(manifest, manifest.inputs).map(fieldOf),
    outputs: ofStream(manifest, manifest.outputs).map(fieldOf),
  };
}
