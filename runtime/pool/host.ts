/** Workers of the host, of Node and of browsers, its clock and its streams: the only part of the library that knows of them. */

/** A worker of either kind. */
export interface HostWorker {
  postMessage(message: unknown, given?: readonly ArrayBufferLike[]): void;
  terminate(): unknown;
  on?(event: string, listener: (value: never) => void): unknown;
  addEventListener?(event: string, listener: (event: never) => void): void;
  /** Of Node: whether the process waits for it. */
  ref?(): void;
  unref?(): void;
}

type WorkerClass = new (address: object, options?: object) => HostWorker;

/** What is used of the modules of Node. */
interface NodeModules {
  readonly "node:worker_threads": { readonly Worker: WorkerClass; readonly parentPort: HostWorker | null };
  readonly "node:os": { availableParallelism?(): number };
}

interface Host {
  readonly process?: { getBuiltinModule?<Name extends keyof NodeModules>(name: Name): NodeModules[Name] | undefined };
  readonly navigator?: { readonly hardwareConcurrency?: number };
  readonly Worker?: WorkerClass;
  readonly crossOriginIsolated?: boolean;
  readonly SharedArrayBuffer?: unknown;
  readonly postMessage?: (message: unknown, given: readonly ArrayBufferLike[]) => void;
  onmessage?: (event: { readonly data: unknown }) => void;
  setTimeout?(then: () => void, milliseconds: number): unknown;
  clearTimeout?(timer: never): void;
}

type MadeBy<All, Name extends string> = All extends {
  readonly [name in Name]: new (...given: never[]) => infer One;
}
  ? One
  : object;

/** What `pipeThrough` takes: both ends of a stream of the web. */
export interface StreamPair {
  readonly writable: MadeBy<typeof globalThis, "WritableStream">;
  readonly readable: MadeBy<typeof globalThis, "ReadableStream">;
}

export interface HostStreams {
  readonly WritableStream: new (sink: object) => StreamPair["writable"];
  readonly ReadableStream: new (source: object, strategy: object) => StreamPair["readable"];
}

const host = globalThis as unknown as Host;

/** Undefined where the host has none. */
export function hostStreams(): HostStreams | undefined {
  const { WritableStream, ReadableStream } = globalThis as unknown as Partial<HostStreams>;
  return WritableStream && ReadableStream && { WritableStream, ReadableStream };
}
const ofNode = <Name extends keyof NodeModules>(name: Name): NodeModules[Name] | undefined =>
  host.process?.getBuiltinModule?.(name);

/** @throws TypeError where the host has no workers. */
export function createHostWorker(): HostWorker {
  const NodeWorker = ofNode("node:worker_threads")?.Worker;
  const address = new URL("./worker.js", import.meta.url);
  if (NodeWorker !== undefined) return new NodeWorker(address);
  if (host.Worker === undefined) throw new TypeError("the host has no workers");
  return new host.Worker(address, { type: "module" });
}

interface WorkerListener {
  message(told: unknown): void;
  /** It has ended, or cannot begin. */
  lost(cause: string): void;
}

export function listenTo(worker: HostWorker, { message, lost }: WorkerListener): void {
  if (worker.on !== undefined) {
    worker.on("message", message);
    worker.on("error", (error: Error) => lost(error.message));
    worker.on("exit", (code: number) => lost(`it exited with code ${code}`));
  } else {
    worker.addEventListener?.("message", ({ data }: { readonly data: unknown }) => message(data));
    worker.addEventListener?.("error", (event: { readonly message?: string }) => lost(event.message ?? "it failed"));
  }
}

/** In a worker: how it hears the pool, and tells it something. */
export function listenToPool(
  hear: (order: never) => void,
): (told: unknown, given?: readonly ArrayBufferLike[]) => void {
  const port = ofNode("node:worker_threads")?.parentPort;
  if (port?.on !== undefined) {
    port.on("message", hear);
    return (told, given = []) => port.postMessage(told, given);
  }
  host.onmessage = ({ data }) => hear(data as never);
  return (told, given = []) => host.postMessage?.(told, given);
}

/** How many threads run at once; 1 where nobody tells. */
export function hostThreads(): number {
  return ofNode("node:os")?.availableParallelism?.() ?? host.navigator?.hardwareConcurrency ?? 1;
}

/** Whether several threads may see one memory. */
export const canShare = (): boolean => host.SharedArrayBuffer !== undefined && host.crossOriginIsolated !== false;

/** Calls back after some time. @returns What prevents that. */
export function after(milliseconds: number, then: () => void): () => void {
  const timer = host.setTimeout?.(then, milliseconds);
  return () => host.clearTimeout?.(timer as never);
}
