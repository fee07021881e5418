/** Streams as bytes and back, and where their records are put. */
import { SnapshotError } from "../base/errors.js";
import { checkOptionNames, describe } from "../base/options.js";
import type { Clock } from "./clock.js";
import type { Opening } from "./opening.js";
import { readSnapshot, sameBytes, writeSnapshot } from "./snapshot.js";
import type { Streams, StreamsParts } from "./stream-types.js";

interface Keeping {
  snapshot(slot: number): Uint8Array;
  readonly restore: Streams["restore"];
  /** Puts a record into a new place, and gives the id. */
  place(where: string, record: Uint8Array, now: number, steps: number): number;
}

export function createKeeping(
  { layout, arena, params, manifest }: StreamsParts,
  opening: Opening,
  clock: Clock,
): Keeping {
  const place: Keeping["place"] = (where, record, now, steps) => {
    const slot = arena.take(where, now);
    arena.bytesOf(slot).set(record);
    arena.steps[slot] = steps;
    return arena.idOf(slot);
  };
  return {
    place,
    snapshot(slot) {
      const record = arena.bytesOf(slot).subarray(0, layout.usedBytes);
      return writeSnapshot({ program: params.program, weights: params.hash(), steps: arena.steps[slot]!, record });
    },
    restore(bytes, options = {}) {
      checkOptionNames("restore", options, ["weights", "now"]);
      const now = clock.read("restore", options.now);
      const { weights = "same" } = options;
      if (weights !== "same" && weights !== "any") {
        throw new TypeError(`restore: weights must be "same" or "any", got ${describe(weights)}`);
      }
      const { program, weights: own, record, steps } = readSnapshot(bytes);
      if (!sameBytes(program, params.program) || record.length !== layout.usedBytes) {
        throw new SnapshotError("other-program", `restore: the snapshot is of other equations, sizes or dtype than this ${manifest.cell}`); // prettier-ignore
      }
      if (weights === "same" && !sameBytes(own, params.hash())) {
        throw new SnapshotError("other-weights", 'restore: the stream ran with other weights; `weights: "any"` goes on all the same'); // prettier-ignore
      }
      opening.checkRecord(record, steps);
      const id = place("restore", record, now, steps);
      clock.set(now);
      return id;
    },
  };
}
