/** Batches of pieces: lanes that each walk through one document after the other, and never from one into the next. */
import { randomStream } from "../../base/random.js";
import type { TensorRecord } from "../../module/compiled-module.js";
import { orderOf } from "../data/order.js";
import type { DataSource } from "../data/source.js";
import type { BatchPacker, SizedExample } from "./example-values.js";
import { readExamples, type Feed } from "./feed.js";
import { type Cutting, pieceAt, type Lane, type LanePiece } from "./pieces.js";

/** What is kept of a lane: the document, entries that were taken, and where each piece began. */
export interface SavedLane {
  readonly index: number;
  readonly at: number;
  readonly states: TensorRecord | undefined;
  readonly pieces: readonly Pick<LanePiece, "from" | "states">[];
}

export interface LaneFeed extends Feed {
  readonly lanes: readonly Lane[];
  /** Where lanes are. */
  save(): readonly SavedLane[];
  /** Goes on where lanes were. */
  restore(saved: readonly SavedLane[]): void;
}

export function createLaneFeed(
  source: DataSource,
  packer: BatchPacker,
  count: number,
  seed: number,
  cutting: Cutting,
): LaneFeed {
  const lanes = Array.from({ length: count }, (_, number): Lane => emptyLane(number));
  const cutter = createCutter(packer, cutting);
  /** Where each piece of a restored lane begins, until its document is read. */
  const begun = new Map<Lane, SavedLane["pieces"]>();
  let [epoch, taken] = [0, 0];
  let order: Uint32Array | undefined;
  const enter = async (lane: Lane): Promise<void> => {
    order ??= orderOf({ seed, epoch, count: source.count, batch: source.count })[0]!;
    if (cutter.isAtEnd(lane)) {
      Object.assign(lane, emptyLane(lane.number), { index: order[taken] ?? -1 });
      if (lane.index >= 0) taken++;
    }
    if (lane.index < 0 || lane.example !== undefined) return;
    const own = epoch;
    const randomOf = (index: number): ReturnType<typeof randomStream> => randomStream(seed, "example", own, index);
    [lane.example] = await readExamples(source, packer, [lane.index], randomOf);
    cutter.cutAgain(lane, begun.get(lane) ?? []);
    begun.delete(lane);
  };
  return {
    lanes,
    get epoch() {
      return epoch;
    },
    get taken() {
      return taken;
    },
    async next() {
      // One after the other, as each takes the next document.
      for (const lane of lanes) await enter(lane);
      const active = lanes.filter((lane) => lane.index >= 0);
      active.forEach(cutter.advance);
      const own = epoch;
      const isOver = taken === source.count && lanes.every(cutter.isAtEnd);
      if (isOver) [epoch, taken, order] = [epoch + 1, 0, undefined];
      const examples = active.map((lane) => lane.pieces[0]!.example);
      return { epoch: own, indices: active.map(({ index }) => index), examples, lanes: active };
    },
    seek(toEpoch, toTaken) {
      [epoch, taken, order] = [toEpoch, toTaken, undefined];
      for (const lane of lanes) Object.assign(lane, emptyLane(lane.number));
    },
    save: () => lanes.map(cutter.save),
    restore(saved) {
      saved.forEach(({ index, at, states, pieces }, i) => {
        const lane = lanes[i]!;
        Object.assign(lane, emptyLane(i), { index, at, states });
        begun.set(lane, pieces);
      });
    },
  };
}

interface Cutter {
  /** Has it no document, or nothing left of it? */
  isAtEnd(lane: Lane): boolean;
  /** Takes the next piece. */
  advance(lane: Lane): void;
  save(lane: Lane): SavedLane;
  /** Takes pieces that it had before, the newest first. */
  cutAgain(lane: Lane, pieces: SavedLane["pieces"]): void;
}

function createCutter(packer: BatchPacker, cutting: Cutting): Cutter {
  const { axis, depth } = cutting;
  const sizeOf = ({ example }: Lane): number => example!.sizes[axis]!;
  const cut = (lane: Lane, from: number, entries: number): SizedExample =>
    packer.cut(lane.example!, axis, from, entries, `train: example ${lane.index} of the data, ${axis} from ${from} on`);
  const isAtEnd = (lane: Lane): boolean => lane.index < 0 || (lane.example !== undefined && lane.at >= sizeOf(lane));
  return {
    isAtEnd,
    save(lane) {
      const { index, at, states, pieces } = isAtEnd(lane) ? emptyLane(lane.number) : lane;
      return { index, at, states, pieces: pieces.slice(0, depth - 1) };
    },
    advance(lane) {
      const [from, states] = [lane.at, lane.states];
      const entries = pieceAt(cutting, from, sizeOf(lane));
      lane.pieces = [{ example: cut(lane, from, entries), from, states }, ...lane.pieces].slice(0, depth);
      lane.at += entries;
    },
    cutAgain(lane, pieces) {
      lane.pieces = pieces.map((piece, i) => {
        const end = i === 0 ? lane.at : pieces[i - 1]!.from;
        return { ...piece, example: cut(lane, piece.from, end - piece.from) };
      });
    },
  };
}

const emptyLane = (number: number): Lane => ({
  number,
  index: -1,
  at: 0,
  pieces: [],
  states: undefined,
  example: undefined,
});
