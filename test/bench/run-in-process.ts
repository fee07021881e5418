/** Runs a workload in a process of its own: the parent's side of worker.ts. */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { PeerResult } from "./run-workload.js";
import type { WorkerMessage, WorkerTask } from "./worker.js";

/** @throws Where the process ends without results. */
export function runInProcess(
  task: WorkerTask,
  nodeOptions: readonly string[],
  progress: (text: string) => void,
): Promise<readonly PeerResult[]> {
  const file = fileURLToPath(new URL("./worker.js", import.meta.url));
  const child = fork(file, { execArgv: [...nodeOptions], stdio: ["ignore", "ignore", "pipe", "ipc"] });
  let complaints = "";
  child.stderr?.on("data", (data: Buffer) => (complaints += data.toString()));
  return new Promise((resolve, reject) => {
    let last = "start";
    child.on("message", (message: WorkerMessage) => {
      if ("results" in message) resolve(message.results);
      else progress((last = message.progress));
    });
    child.on("error", reject);
    child.on("exit", (code, signal) => {
      reject(new Error(`the process ended (${signal ?? code}) while ${last}\n${complaints.trim()}`));
    });
    child.send(task);
  });
}
