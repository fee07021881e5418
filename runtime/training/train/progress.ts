/** A line of text now and then, for people who wait. */
import type { CheckedTraining } from "./options.js";
import type { TrainEvent } from "./events.js";

/** Twenty lines on the way to the end, or one for each epoch, and one for each validation. */
export function createProgress({
  progress: say,
  updates,
  epochs,
}: Pick<CheckedTraining, "progress" | "updates" | "epochs">): (event: TrainEvent) => void {
  const every = Math.max(1, Math.floor((updates ?? 0) / 20));
  /** That of the updates whose losses are added up. */
  let epoch: number | undefined;
  let sum = 0;
  let count = 0;
  const tellEpoch = (): void => tellMean(`epoch ${epoch! + 1} of ${epochs}`);
  const tellMean = (start: string): void => {
    say!(`${start}: loss ${short(sum / count)}`);
    [sum, count] = [0, 0];
  };
  return (event) => {
    if (say === undefined) return;
    if (event.kind === "validation") {
      say(`update ${event.update}: validation ${short(event.loss)}${event.best ? ", the best so far" : ""}`);
      return;
    }
    if (event.kind === "checkpoint") {
      if (event.failed !== undefined)
        say(`update ${event.update}: the checkpoint could not be written: ${event.failed}`);
      return;
    }
    if (event.kind === "resumed") {
      for (const problem of event.skipped) say(`passed over: ${problem}`);
      say(`goes on after ${event.update} updates, from ${event.name}`);
      return;
    }
    if (event.kind === "skipped") {
      say(`left out: ${event.cause}`);
      return;
    }
    if (event.kind === "worker-lost") {
      say(`update ${event.update}: a worker was lost, and its shards done again: ${event.cause}`);
      return;
    }
    if (event.kind === "end") {
      if (epochs !== undefined && count > 0) tellEpoch();
      say(`the end after ${event.update} updates: ${ends[event.reason]}`);
      return;
    }
    if (epochs !== undefined && count > 0 && event.epoch !== epoch) tellEpoch();
    epoch = event.epoch;
    sum += event.loss;
    count++;
    if (updates !== undefined && event.update % every === 0) tellMean(`update ${event.update} of ${updates}`);
  };
}

const ends = {
  updates: "all that were asked for",
  epochs: "all epochs",
  patience: "validation became no better",
} as const;

const short = (value: number): string => String(Number(value.toPrecision(5)));
