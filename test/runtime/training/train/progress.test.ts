import { expect, it } from "vitest";
import type { TrainEvent } from "../../../../runtime/index.js";
import { createProgress } from "../../../../runtime/training/train/progress.js";

const linesOf = (epochs: number, events: readonly TrainEvent[]): string[] => {
  const lines: string[] = [];
  const tell = createProgress({ progress: (line) => lines.push(line), epochs });
  for (const event of events) tell(event);
  return lines;
};

const update = (number: number, epoch: number, loss: number): TrainEvent => ({
  ...{ kind: "update", examples: 1, update: number, epoch, loss },
  ...{ losses: {}, weight: 1, norm: 1, rate: 1, milliseconds: 1 },
});

it("counts epochs from the one in which training goes on", () => {
  const resumed: TrainEvent = { kind: "resumed", update: 6, name: "it", skipped: [] };
  const end: TrainEvent = { kind: "end", reason: "epochs", update: 9 };
  expect(linesOf(4, [resumed, update(7, 2, 2), update(8, 2, 4), update(9, 3, 5), end])).toEqual([
    "goes on after 6 updates, from it",
    "epoch 3 of 4: loss 3",
    "epoch 4 of 4: loss 5",
    "the end after 9 updates: all epochs",
  ]);
  expect(linesOf(4, [update(1, 0, 2), update(2, 1, 4)])).toEqual(["epoch 1 of 4: loss 2"]);
});
