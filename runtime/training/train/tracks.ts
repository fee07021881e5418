/** Batches of chunks: tracks that each walk through one document after the other, and never from one into the next. */
import { randomStream } from "../../base/random.js";
import type { TensorRecord } from "../../module/compiled-module.js";
import { orderOf } from "../data/order.js";
import type { DataSource } from "../data/source.js";
import type { BatchPacker, SizedExample } from "./example-values.js";
import { readExamples, type Feed } from "./feed.js";
import { type Cutting, chunkAt, type Track, type TrackChunk } from "./chunks.js";

/** What is kept of a track: the document, elements that were taken, and where each chunk began. */
export interface SavedTrack {
  readonly index: number;
  readonly at: number;
  readonly states: TensorRecord | undefined;
  readonly chunks: readonly Pick<TrackChunk, "from" | "states">[];
}

export interface TrackFeed extends Feed {
  readonly tracks: readonly Track[];
  /** Where tracks are. */
  save(): readonly SavedTrack[];
  /** Goes on where tracks were. */
  restore(saved: readonly SavedTrack[]): void;
}

export function createTrackFeed(
  source: DataSource,
  packer: BatchPacker,
  count: number,
  seed: number,
  cutting: Cutting,
): TrackFeed {
  const tracks = Array.from({ length: count }, (_, number): Track => emptyTrack(number));
  const cutter = createCutter(packer, cutting);
  /** Where each chunk of a restored track begins, until its document is read. */
  const begun = new Map<Track, SavedTrack["chunks"]>();
  let [epoch, taken] = [0, 0];
  let order: Uint32Array | undefined;
  const enter = async (track: Track): Promise<void> => {
    order ??= orderOf({ seed, epoch, count: source.count, batch: source.count })[0]!;
    if (cutter.isAtEnd(track)) {
      Object.assign(track, emptyTrack(track.number), { index: order[taken] ?? -1 });
      if (track.index >= 0) taken++;
    }
    if (track.index < 0 || track.example !== undefined) return;
    const own = epoch;
    const randomOf = (index: number): ReturnType<typeof randomStream> => randomStream(seed, "example", own, index);
    [track.example] = await readExamples(source, packer, [track.index], randomOf);
    cutter.cutAgain(track, begun.get(track) ?? []);
    begun.delete(track);
  };
  return {
    tracks,
    get epoch() {
      return epoch;
    },
    get taken() {
      return taken;
    },
    async next() {
      // One after the other, as each takes the next document.
      for (const track of tracks) await enter(track);
      const active = tracks.filter((track) => track.index >= 0);
      active.forEach(cutter.advance);
      const own = epoch;
      const isOver = taken === source.count && tracks.every(cutter.isAtEnd);
      if (isOver) [epoch, taken, order] = [epoch + 1, 0, undefined];
      const examples = active.map((track) => track.chunks[0]!.example);
      return { epoch: own, indices: active.map(({ index }) => index), examples, tracks: active };
    },
    seek(toEpoch, toTaken) {
      [epoch, taken, order] = [toEpoch, toTaken, undefined];
      for (const track of tracks) Object.assign(track, emptyTrack(track.number));
    },
    save: () => tracks.map(cutter.save),
    restore(saved) {
      saved.forEach(({ index, at, states, chunks }, i) => {
        const track = tracks[i]!;
        Object.assign(track, emptyTrack(i), { index, at, states });
        begun.set(track, chunks);
      });
    },
  };
}

interface Cutter {
  /** Has it no document, or nothing left of it? */
  isAtEnd(track: Track): boolean;
  /** Takes the next chunk. */
  advance(track: Track): void;
  save(track: Track): SavedTrack;
  /** Takes chunks that it had before, the newest first. */
  cutAgain(track: Track, chunks: SavedTrack["chunks"]): void;
}

function createCutter(packer: BatchPacker, cutting: Cutting): Cutter {
  const { axis, depth } = cutting;
  const sizeOf = ({ example }: Track): number => example!.sizes[axis]!;
  const cut = (track: Track, from: number, entries: number): SizedExample =>
    packer.cut(
      track.example!,
      axis,
      from,
      entries,
      `train: example ${track.index} of the data, ${axis} from ${from} on`,
    );
  const isAtEnd = (track: Track): boolean =>
    track.index < 0 || (track.example !== undefined && track.at >= sizeOf(track));
  return {
    isAtEnd,
    save(track) {
      const { index, at, states, chunks } = isAtEnd(track) ? emptyTrack(track.number) : track;
      return { index, at, states, chunks: chunks.slice(0, depth - 1) };
    },
    advance(track) {
      const [from, states] = [track.at, track.states];
      const entries = chunkAt(cutting, from, sizeOf(track));
      track.chunks = [{ example: cut(track, from, entries), from, states }, ...track.chunks].slice(0, depth);
      track.at += entries;
    },
    cutAgain(track, chunks) {
      track.chunks = chunks.map((chunk, i) => {
        const end = i === 0 ? track.at : chunks[i - 1]!.from;
        return { ...chunk, example: cut(track, chunk.from, end - chunk.from) };
      });
    },
  };
}

const emptyTrack = (number: number): Track => ({
  number,
  index: -1,
  at: 0,
  chunks: [],
  states: undefined,
  example: undefined,
});
