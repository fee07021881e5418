/** A module in a process of its own, as a module of this process: every call is a question to the child, and waits for the answer. */
import { parse } from "node:path";
import process from "node:process";
import { MessageChannel, receiveMessageOnPort, Worker } from "node:worker_threads";
import { ModuleError } from "../../../runtime/base/errors.js";
import { visible } from "../../base/diagnostics/screen-text.js";
import type { ModuleText } from "../../tools/verify/text/read-text.js";
import { globals } from "../../tools/verify/text/read-text.js";
import { VerifyingEnded } from "../../tools/verify/verify-module.js";
import type { Request } from "./child.js";
import { decode, encode, type Makers } from "./codec.js";
import { childProgram, relayProgram } from "./programs.generated.js";
import type { Ending, Limits, Order, Reply, RelaySetting } from "./relay.js";

/** The child is gone, or was ended: there is nothing more to ask. The message says why. */
export class ChildEnded extends VerifyingEnded {
  override readonly name = "ChildEnded";
}

/** Asks, and waits. */
export interface Connection {
  /** @throws TypeError, RangeError or Error as the module does, with its words made visible; ChildEnded. */
  ask(request: Request): unknown;
  close(): Promise<void>;
}

const makers: Makers = {
  list: (items) => items,
  kinds: { Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array }, // prettier-ignore
};

/**
 * Starts a child that may read nothing, write nothing and start nothing, and that knows nothing of this process.
 *
 * @param program What it runs; tests have others.
 */
export function connect(limits: Limits, program = childProgram): Connection {
  const { port1: port, port2 } = new MessageChannel();
  const posted = new Int32Array(new SharedArrayBuffer(4));
  const setting: RelaySetting = {
    port: port2,
    posted,
    command: process.execPath,
    args: [...flags(limits), "--eval", program, String(milliseconds(limits.totalSeconds))],
    directory: parse(process.execPath).root,
    limits,
  };
  const worker = new Worker(relayProgram, { eval: true, workerData: setting, transferList: [port2], env: {} });
  const exited = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
  // Its failure shows as an answer that does not come.
  worker.on("error", () => undefined);
  let asked = 0;
  let ended: ChildEnded | undefined;
  // The thread between always answers: at the latest when all time is over, and somewhat later by this clock.
  const deadline = Date.now() + milliseconds(limits.totalSeconds + limits.startSeconds);
  const wait = (): Reply => {
    for (;;) {
      const seen = Atomics.load(posted, 0);
      const found = receiveMessageOnPort(port) as { readonly message: Reply } | undefined;
      if (found !== undefined) return found.message;
      if (Date.now() > deadline) return { ending: "total", detail: "" };
      Atomics.wait(posted, 0, seen, 1000);
    }
  };
  const ask = (request: Request): unknown => {
    if (ended !== undefined) throw ended;
    asked += 1;
    const seconds = requests[request.what].seconds(limits);
    port.postMessage({ frame: encode(asked, request), seconds } satisfies Order);
    const reply = wait();
    try {
      if ("ending" in reply) throw new ChildEnded(reasons[reply.ending](request, limits, reply.detail));
      return answerOf(reply.frame, asked);
    } catch (error) {
      if (error instanceof ChildEnded) ended = error;
      throw error;
    }
  };
  const close = async (): Promise<void> => {
    ended ??= new ChildEnded("the module was closed");
    // The thread ends when the child has.
    port.postMessage("end" satisfies Order);
    await exited;
    port.close();
  };
  return { ask, close };
}

/** As timers take them. */
const milliseconds = (seconds: number): number => Math.min(Math.ceil(seconds * 1000), 2 ** 31 - 1);

/** Node's permission model allows nothing where it is switched on and nothing is allowed. */
function flags({ megabytes }: Limits): string[] {
  const permission = ["--permission", "--experimental-permission"].find((flag) =>
    process.allowedNodeEnvironmentFlags.has(flag),
  );
  return [
    ...(permission === undefined ? [] : [permission]),
    "--disallow-code-generation-from-strings",
    "--no-warnings",
    `--max-old-space-size=${megabytes}`,
  ];
}

/** @throws what the module threw; ChildEnded where the bytes are no answer. */
function answerOf(frame: Uint8Array, number: number): unknown {
  let answer: unknown;
  try {
    answer = decode(frame, number, makers);
  } catch (error) {
    throw new ChildEnded(`the module's process gave what is no answer: ${(error as Error).message}`);
  }
  const [form, first, second] = Array.isArray(answer) ? (answer as unknown[]) : [];
  if (form === "gave") return first;
  if (form !== "threw") throw new ChildEnded("the module's process gave what is no answer");
  const message = visible(String(second)).slice(0, 500);
  if (first === "TypeError") throw new TypeError(message);
  if (first === "RangeError") throw new RangeError(message);
  throw new Error(message);
}

interface LimitKind {
  seconds(limits: Limits): number;
  /** What the module is in meanwhile. */
  readonly doing: string;
  /** The option that allows more time. */
  readonly option?: string;
}

const called = { seconds: ({ callSeconds }: Limits) => callSeconds, option: "--call-time" };

const requests: Readonly<Record<Request["what"], LimitKind>> = {
  begin: { seconds: ({ startSeconds }) => startSeconds, doing: "starting" },
  load: { seconds: ({ loadSeconds }) => loadSeconds, doing: "loading", option: "--load-time" },
  new: { ...called, doing: "instantiate" },
  call: { ...called, doing: "a call" },
  look: { ...called, doing: "a look at results" },
  free: { ...called, doing: "forgetting an instance" },
};

function doing(request: Request): string {
  if (request.what !== "call") return requests[request.what].doing;
  const { method, entry } = request;
  return entry === undefined ? method : `${visible(entry)}.${method}`;
}

function tooLong(request: Request, limits: Limits): string {
  const { seconds, option } = requests[request.what];
  // Before anything of the module has run, it is not to blame.
  const what = option === undefined ? "the module's process" : "the module";
  const more = option === undefined ? "" : `; ${option} N allows more`;
  return `${what} took longer than ${seconds(limits)} s in ${doing(request)} and was ended${more}`;
}

const reasons: Readonly<Record<Ending, (request: Request, limits: Limits, detail: string) => string>> = {
  time: tooLong,
  total: (_, { totalSeconds }) =>
    `the module took longer than ${totalSeconds} s altogether and was ended; --time N allows more`,
  memory: (request, { megabytes }) =>
    `the module took more than ${megabytes} MB in ${doing(request)} and was ended; --memory N allows more`,
  large: (request) => `the module's process gave too large an answer to ${doing(request)} and was ended`,
  unasked: () => "the module's process sent what nobody asked for and was ended",
  start: (_, __, detail) => `the module's process could not be started: ${visible(detail)}`,
  exit: (request, _, detail) => `the module's process ended by itself in ${doing(request)} (${visible(detail)})`,
};

/** Refuses what a module that is loaded must not be. */
export function loadApart({ ask }: Connection, { script, exports }: ModuleText): Readonly<Record<string, unknown>> {
  ask({ what: "begin" });
  try {
    const loaded = ask({ what: "load", script, globals });
    if (typeof loaded === "object" && loaded !== null) return { ...(loaded as Record<string, unknown>), exports };
  } catch (error) {
    if (error instanceof ChildEnded) throw error;
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : "";
    throw new ModuleError("not-loadable", `the module could not be loaded: ${reason}`);
  }
  throw new ChildEnded("the module's process gave what is no module");
}
