/** Tracks of a run in a checkpoint: where they are, and their states, all as float64, which holds integers and float32 exactly. */
import { fromNumbers } from "../../io/tensor-numbers.js";
import type { SafeTensor } from "../../io/safe-tensor.js";
import { elementCount, type FloatArray, type TensorRecord } from "../../module/compiled-module.js";
import type { SavedTrack } from "../train/tracks.js";
import type { CheckedTraining } from "../train/options.js";
import type { Cutting } from "../train/chunks.js";

/** Of each track the document, the elements of it that were taken, and where chunks before began; -1 where there are none. */
const placesKey = "tracks/places";
const fields = 2;
/** After the chunk at hand, `tracks/0/h`; before it and before the earlier ones, `tracks/1/h`. */
const stateKey = (back: number, name: string): string => `tracks/${back}/${name}`;

type CutTraining = Pick<CheckedTraining, "module" | "batch"> & { readonly cutting: Cutting };

/** The states that are handed on, with what they are made of. */
const statesOf = ({ module: { manifest }, cutting }: CutTraining): { name: string; size: number; isIndex: boolean }[] =>
  cutting.states.map((name) => {
    const { shape, dtype } = manifest.states.find((state) => state.name === name)!;
    return { name, size: elementCount(shape), isIndex: dtype === "index" };
  });

export function saveTracks(
  tensors: Map<string, SafeTensor>,
  options: CutTraining,
  tracks: readonly SavedTrack[],
): void {
  const { depth } = options.cutting;
  const width = fields + depth - 1;
  const places = new Float64Array(tracks.length * width).fill(-1);
  tracks.forEach(({ index, at, chunks }, i) => places.set([index, at, ...chunks.map(({ from }) => from)], i * width));
  tensors.set(placesKey, fromNumbers(places, [tracks.length, width]));
  for (const { name, size } of statesOf(options)) {
    for (let back = 0; back < depth; back++) {
      const all = new Float64Array(tracks.length * size);
      tracks.forEach(({ states, chunks }, i) => {
        const own = back === 0 ? states : chunks[back - 1]?.states;
        if (own !== undefined) all.set(own[name]!, i * size);
      });
      tensors.set(stateKey(back, name), fromNumbers(all, [tracks.length, size]));
    }
  }
}

/** @param take A tensor of that shape, or an error that says that the checkpoint is of another run. */
export function loadTracks(
  options: CutTraining,
  take: (key: string, shape: readonly number[]) => FloatArray,
): SavedTrack[] {
  const { batch, cutting, module } = options;
  const { depth } = cutting;
  const width = fields + depth - 1;
  const places = take(placesKey, [batch, width]);
  const Reals = module.manifest.dtype === "f32" ? Float32Array : Float64Array;
  const kept = statesOf(options).map((state) => {
    const backs = Array.from({ length: depth }, (_, back) => take(stateKey(back, state.name), [batch, state.size]));
    return { ...state, backs };
  });
  const rowAt = (back: number, track: number): TensorRecord =>
    Object.fromEntries(
      kept.map(({ name, size, isIndex, backs }) => {
        const row = backs[back]!.subarray(track * size, (track + 1) * size);
        return [name, isIndex ? (Int32Array.from(row) as unknown as FloatArray) : Reals.from(row)];
      }),
    );
  return Array.from({ length: batch }, (_, track): SavedTrack => {
    const [index, at, ...froms] = places.subarray(track * width, (track + 1) * width);
    const begun = froms.filter((from) => from >= 0);
    // The first chunk of a document has no states before it.
    const chunks = begun.map((from, i) => ({ from, states: from === 0 ? undefined : rowAt(i + 1, track) }));
    return { index: index!, at: at!, states: index! < 0 ? undefined : rowAt(0, track), chunks };
  });
}
