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

/** Throws nothing: what goes wrong is told as how the child ended. */
export function relay(host: RelayHost, setting: RelaySetting): void {
  const { command, args, directory, port } = setting;
  let child: Processes.ChildProcessWithoutNullStreams;
  try {
    child = host.processes.spawn(command, [...args], { cwd: directory, env: {}, stdio: "pipe", windowsHide: true });
  } catch (error) {
    // Where there is no memory for a process, or none may be started. Every request is told.
    port.on("message", (order: Order) => {
      if (order === "end") port.close();
      else post(setting, { ending: "start", detail: (error as Error).message });
    });
    return;
  }
  new Relay(host, setting, child).listen();
}

function post({ port, posted }: RelaySetting, reply: Reply): void {
  port.postMessage(reply);
  Atomics.add(posted, 0, 1);
  Atomics.notify(posted, 0);
}

/** Between a thread that waits and the child that works for it. */
class Relay {
  private readonly host: RelayHost;
  private readonly setting: RelaySetting;
  private readonly child: Processes.ChildProcessWithoutNullStreams;
  private readonly head = new Uint8Array(4);
  private frame: Uint8Array | undefined;
  /** Bytes of the frame, or of its head, that have come. */
  private count = 0;
  private errors = "";
  private isOver = false;
  private isAsked = false;
  private call = { seconds: Infinity, from: 0 };
  private timer: NodeJS.Timeout | undefined;
  private readonly total: NodeJS.Timeout;
  private readonly watch: NodeJS.Timeout;

  constructor(host: RelayHost, setting: RelaySetting, child: Processes.ChildProcessWithoutNullStreams) {
    this.host = host;
    this.setting = setting;
    this.child = child;
    this.total = setTimeout(() => this.end("total"), milliseconds(setting.limits.totalSeconds));
    this.watch = setInterval(() => this.look(), watchEvery);
  }

  listen(): void {
    const { child } = this;
    child.on("error", (error) => this.end("start", error.message));
    child.on("close", (code, signal) => {
      const isHeap = /heap out of memory|heap limit/u.test(this.errors);
      this.end(isHeap ? "memory" : "exit", signal ?? `code ${String(code)}`);
    });
    // Of a child that ended; that is told by its end.
    child.stdin.on("error", () => undefined);
    child.stderr.on("data", (chunk: Uint8Array) => {
      this.errors = (this.errors + String(chunk)).slice(0, 4000);
    });
    child.stdout.on("data", (chunk: Uint8Array) => this.takeBytes(chunk));
    this.setting.port.on("message", (order: Order) => this.obey(order));
  }

  private usage(): ReturnType<typeof usageOf> {
    return usageOf(this.host.fs, this.host.platform, this.child.pid);
  }

  private get mostBytes(): number {
    return this.setting.limits.megabytes * 2 ** 20;
  }

  private look(): void {
    const used = this.usage();
    if (used === undefined) return;
    if (used.bytes > this.mostBytes) this.end("memory");
    else if (this.isAsked && used.seconds - this.call.from > this.call.seconds) this.end("time");
  }

  private end(ending: Ending, detail = ""): void {
    if (this.isOver) return;
    this.isOver = true;
    clearTimeout(this.timer);
    clearTimeout(this.total);
    clearInterval(this.watch);
    this.child.kill("SIGKILL");
    post(this.setting, { ending, detail });
  }

  private takeBytes(chunk: Uint8Array): void {
    if (this.isOver) return;
    if (!this.isAsked) return this.end("unasked");
    const rest = this.frame === undefined ? this.takeHead(chunk) : chunk;
    if (rest === undefined || this.frame === undefined) return;
    if (rest.length > this.frame.length - this.count) return this.end("unasked");
    this.frame.set(rest, this.count);
    this.count += rest.length;
    if (this.count < this.frame.length) return;
    const whole = this.frame;
    [this.frame, this.count, this.isAsked] = [undefined, 0, false];
    clearTimeout(this.timer);
    post(this.setting, { frame: whole });
  }

  /** The length of a frame comes first; what is after it, once it is there. */
  private takeHead(chunk: Uint8Array): Uint8Array | undefined {
    const { head } = this;
    const missing = chunk.subarray(0, head.length - this.count);
    head.set(missing, this.count);
    this.count += missing.length;
    if (this.count < head.length) return undefined;
    const length = new DataView(head.buffer).getUint32(0, true);
    if (length < head.length || length > this.mostBytes) {
      this.end("large");
      return undefined;
    }
    this.frame = new Uint8Array(length);
    this.frame.set(head);
    return chunk.subarray(missing.length);
  }

  private obey(order: Order): void {
    if (order === "end") {
      this.end("exit");
      this.setting.port.close();
      return;
    }
    if (this.isOver) return;
    this.isAsked = true;
    const used = this.usage();
    this.call = { seconds: order.seconds, from: used?.seconds ?? 0 };
    const seconds = order.seconds * (used === undefined ? 1 : patience);
    this.timer = setTimeout(() => this.end("time"), milliseconds(seconds));
    this.child.stdin.write(order.frame);
  }
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
