/**
 * The thread between the parent, which waits for answers, and the child: it passes requests and answers on, and ends the child where
 * a limit is passed or something comes that nobody asked for. It looks at nothing but lengths.
 *
 * It is put into a text by `embed.ts`.
 */
import type * as Processes from "node:child_process";
import type * as FileSystem from "node:fs";
import type { MessagePort } from "node:worker_threads";

export interface Limits {
  /** Seconds of processor time for the process to start, which is none of the module's doing. */
  readonly startSeconds: number;
  /** Seconds of processor time for loading the module and for one call; of the clock for everything together. */
  readonly loadSeconds: number;
  readonly callSeconds: number;
  readonly totalSeconds: number;
  /** Of the whole child, and the largest answer. */
  readonly megabytes: number;
}

export interface RelaySetting {
  readonly port: MessagePort;
  /** Counts what was posted; who waits, waits for it to change. */
  readonly posted: Int32Array<SharedArrayBuffer>;
  readonly command: string;
  readonly args: readonly string[];
  readonly directory: string;
  readonly limits: Limits;
}

export type Ending = "time" | "total" | "memory" | "unasked" | "large" | "start" | "exit";

/** To the parent: an answer, or why there is none and never will be. */
export type Reply = { readonly frame: Uint8Array } | { readonly ending: Ending; readonly detail: string };

/** From the parent: a request and how long it may take, or the end. */
export type Order = { readonly frame: Uint8Array; readonly seconds: number } | "end";

interface RelayHost {
  readonly processes: typeof Processes;
  readonly fs: typeof FileSystem;
  readonly platform: string;
}

/** How often the child is looked at, in milliseconds: what is allocated in between is beyond the limit. */
const watchEvery = 50;

/** Where others keep the machine busy, a call may take so many times longer by the clock than by the processor. */
const patience = 10;

export function relay({ processes, fs, platform }: RelayHost, setting: RelaySetting): void {
  const { port, posted, command, args, directory, limits } = setting;
  let isOver = false;
  let isAsked = false;
  let timer: NodeJS.Timeout | undefined;
  const head = new Uint8Array(4);
  let frame: Uint8Array | undefined;
  let count = 0;
  let errors = "";
  const post = (reply: Reply): void => {
    port.postMessage(reply);
    Atomics.add(posted, 0, 1);
    Atomics.notify(posted, 0);
  };
  let child: Processes.ChildProcessWithoutNullStreams;
  try {
    child = processes.spawn(command, [...args], { cwd: directory, env: {}, stdio: "pipe", windowsHide: true });
  } catch (error) {
    // Where there is no memory for a process, or none may be started. Every request is told.
    port.on("message", (order: Order) => {
      if (order === "end") port.close();
      else post({ ending: "start", detail: (error as Error).message });
    });
    return;
  }
  const end = (ending: Ending, detail = ""): void => {
    if (isOver) return;
    isOver = true;
    clearTimeout(timer);
    clearTimeout(total);
    clearInterval(watch);
    child.kill("SIGKILL");
    post({ ending, detail });
  };
  const total = setTimeout(() => end("total"), milliseconds(limits.totalSeconds));
  let call = { seconds: Infinity, from: 0 };
  const watch = setInterval(() => {
    const used = usageOf(fs, platform, child.pid);
    if (used === undefined) return;
    if (used.bytes > limits.megabytes * 2 ** 20) end("memory");
    else if (isAsked && used.seconds - call.from > call.seconds) end("time");
  }, watchEvery);
  child.on("error", (error) => end("start", error.message));
  child.on("close", (code, signal) => {
    const isHeap = /heap out of memory|heap limit/u.test(errors);
    end(isHeap ? "memory" : "exit", signal ?? `code ${String(code)}`);
  });
  // Of a child that ended; that is told by its end.
  child.stdin.on("error", () => undefined);
  child.stderr.on("data", (chunk: Uint8Array) => {
    errors = (errors + String(chunk)).slice(0, 4000);
  });
  child.stdout.on("data", (chunk: Uint8Array) => {
    if (isOver) return;
    if (!isAsked) return end("unasked");
    let rest = chunk;
    if (frame === undefined) {
      const missing = rest.subarray(0, head.length - count);
      head.set(missing, count);
      count += missing.length;
      rest = rest.subarray(missing.length);
      if (count < head.length) return;
      const length = new DataView(head.buffer).getUint32(0, true);
      if (length < head.length || length > limits.megabytes * 2 ** 20) return end("large");
      frame = new Uint8Array(length);
      frame.set(head);
    }
    if (rest.length > frame.length - count) return end("unasked");
    frame.set(rest, count);
    count += rest.length;
    if (count < frame.length) return;
    const whole = frame;
    [frame, count, isAsked] = [undefined, 0, false];
    clearTimeout(timer);
    post({ frame: whole });
  });
  port.on("message", (order: Order) => {
    if (order === "end") {
      end("exit");
      port.close();
      return;
    }
    if (isOver) return;
    isAsked = true;
    const used = usageOf(fs, platform, child.pid);
    call = { seconds: order.seconds, from: used?.seconds ?? 0 };
    timer = setTimeout(() => end("time"), milliseconds(order.seconds * (used === undefined ? 1 : patience)));
    child.stdin.write(order.frame);
  });
}

/** As timers take them. */
const milliseconds = (seconds: number): number => Math.min(Math.ceil(seconds * 1000), 2 ** 31 - 1);

/** Memory that a process really takes, and processor time that it has taken, where the system tells. */
function usageOf(
  fs: typeof FileSystem,
  platform: string,
  pid: number | undefined,
): { readonly bytes: number; readonly seconds: number } | undefined {
  if (platform !== "linux" || pid === undefined) return undefined;
  try {
    const resident = /^VmRSS:\s+(\d+) kB/mu.exec(fs.readFileSync(`/proc/${pid}/status`, "latin1"))?.[1];
    // After the name, which may have any characters: state, ten numbers, and hundredths of seconds of the process and of its system calls.
    const fields = fs
      .readFileSync(`/proc/${pid}/stat`, "latin1")
      .replace(/^.*\) /su, "")
      .split(" ");
    const seconds = (Number(fields[11]) + Number(fields[12])) / 100;
    return resident === undefined || Number.isNaN(seconds) ? undefined : { bytes: Number(resident) * 1024, seconds };
  } catch {
    return undefined;
  }
}
