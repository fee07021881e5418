/** A stream of cells as a stream of the web: inputs go in, outputs come out. */
import { checkOption, checkOptionNames } from "../base/options.js";
import type { CallValues, FloatArray, TensorRecord } from "../module/compiled-module.js";
import { after, type HostStreams, hostStreams, type StreamPair } from "../pool/host.js";
import { checkStreams } from "./check-streams.js";
import type { Streams } from "./stream-types.js";
import { type WaitingStep, stepTogether } from "./together.js";

export interface StreamTransformOptions {
  /** What the stream begins with: its contexts, initial states and sizes. */
  readonly begin?: CallValues;
  /** Milliseconds that an input waits for those of the other transforms of these streams, 2 by default; for none where they have all come. */
  readonly gather?: number;
}

interface Submission extends WaitingStep {
  readonly settle: (result: TensorRecord | Error) => void;
}

/** Inputs of several transforms, which step together. */
interface Meeting {
  /** Transforms that are open. */
  open: number;
  submit(pending: WaitingStep, gather: number): Promise<TensorRecord>;
  leave(): void;
}

const meetings = new WeakMap<Streams, Meeting>();

function meetingOf(streams: Streams): Meeting {
  const found = meetings.get(streams) ?? createMeeting(streams);
  meetings.set(streams, found);
  return found;
}

function createMeeting(streams: Streams): Meeting {
  const waiting: Submission[] = [];
  let cancel: (() => void) | undefined;
  const stepAll = (): void => {
    cancel?.();
    cancel = undefined;
    const now = waiting.splice(0, streams.batch);
    const results = now.length === 0 ? [] : stepTogether(streams, now);
    for (const [i, { settle }] of now.entries()) settle(results[i]!);
    if (waiting.length > 0) stepAll();
  };
  const meeting: Meeting = {
    open: 0,
    submit: (pending, gather) =>
      new Promise((resolve, reject) => {
        const settle = (result: TensorRecord | Error): void =>
          result instanceof Error ? reject(result) : resolve(result);
        waiting.push({ ...pending, settle });
        if (waiting.length >= Math.min(meeting.open, streams.batch)) stepAll();
        else cancel ??= after(gather, stepAll);
      }),
    leave() {
      meeting.open--;
      if (waiting.length > 0 && waiting.length >= meeting.open) stepAll();
    },
  };
  return meeting;
}

interface Controller {
  enqueue(output: Readonly<Record<string, FloatArray>>): void;
  close(): void;
  error(reason: unknown): void;
}

/**
 * One stream as a pair of web streams, for `pipeThrough`: what is written are the inputs of a step, what is read its outputs, to keep. All
 * transforms of the same streams step together. No step is made before its outputs are wanted; an input that is wrong ends both ends with
 * its error. The stream is closed at the end, and where either end is given up.
 *
 * @throws TypeError where the host has no streams of the web, RangeError where there is no room for a stream.
 * @example
 *     for await (const { y } of frames.pipeThrough(streamTransform(streams))) play(y);
 */
export function streamTransform(streams: Streams, options: StreamTransformOptions = {}): StreamPair {
  checkStreams("streamTransform", streams);
  checkOptionNames("streamTransform", options, ["begin", "gather"]);
  const { begin = {}, gather = 2 } = options;
  checkOption("streamTransform: gather", gather, 0);
  const hosted = hostStreams();
  if (hosted === undefined) {
    throw new TypeError("streamTransform: this host has no streams of the web; `serve` needs none");
  }
  return createPair(hosted, streams, streams.open(begin), gather);
}

function createPair(hosted: HostStreams, streams: Streams, id: number, gather: number): StreamPair {
  const meeting = meetingOf(streams);
  meeting.open++;
  let isOpen = true;
  const end = (): void => {
    if (!isOpen) return;
    isOpen = false;
    streams.close(id);
    meeting.leave();
  };
  let reader: Controller | undefined;
  let writer: Pick<Controller, "error"> | undefined;
  /** Whether somebody reads, which a size of 0 does not tell. */
  let isWanted = false;
  let wake = (): void => undefined;
  const readable = new hosted.ReadableStream(
    {
      start: (controller: Controller) => void (reader = controller),
      pull() {
        isWanted = true;
        wake();
      },
      cancel(reason: unknown) {
        end();
        writer?.error(reason);
        wake();
      },
    },
    { highWaterMark: 0 },
  );
  const writable = new hosted.WritableStream({
    start: (controller: Controller) => void (writer = controller),
    async write(input: CallValues) {
      if (!isWanted) await new Promise<void>((resolve) => (wake = resolve));
      if (!isOpen) return;
      isWanted = false;
      try {
        reader!.enqueue(await meeting.submit({ id, input }, gather));
      } catch (error) {
        end();
        reader!.error(error);
        throw error;
      }
    },
    close() {
      end();
      reader!.close();
    },
    abort(reason: unknown) {
      end();
      reader!.error(reason);
    },
  });
  return { writable, readable };
}
