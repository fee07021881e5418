/** The process of one workload: what ran before does not change its figures, and a peer that crashes ends it alone. */
import { type PeerResult, runWorkload } from "./run-workload.js";
import type { PeerName, Workload } from "./workloads.js";

export interface WorkerTask {
  readonly workload: Workload;
  readonly peers: readonly PeerName[];
  readonly seconds: number;
}

export type WorkerMessage = { readonly progress: string } | { readonly results: readonly PeerResult[] };

const send = (message: WorkerMessage): void => void process.send?.(message);

process.once("message", ({ workload, peers, seconds }: WorkerTask) => {
  void runWorkload(workload, peers, seconds, (progress) => send({ progress })).then((results) => {
    // Peers keep threads and timers: the process ends when the parent has heard.
    process.send?.({ results } satisfies WorkerMessage, () => process.exit());
  });
});
