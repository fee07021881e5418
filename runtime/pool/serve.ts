/** What a worker of a pool does, whatever it is called by. */
import { leastSizes } from "../module/axes.js";
import { loadModule, type ModuleSource } from "../module/load-js.js";
import type { CompiledModule, ModuleInstance } from "../module/compiled-module.js";
import { keepInSlot, type PoolOrder, type PoolReport, type RunOrder, takeTask } from "./messages.js";
import { runTask } from "./task.js";

/** @param report Tells the pool something; what is told is copied before it returns. */
export function createServer(report: (told: PoolReport) => void): (order: PoolOrder) => Promise<void> {
  let module: CompiledModule | undefined;
  let held: { readonly instance: ModuleInstance; readonly room: string } | undefined;
  const instanceFor = ({ room, params }: RunOrder): ModuleInstance => {
    const wanted = JSON.stringify(room);
    if (held?.room !== wanted) {
      const instance = module!.instantiate(room);
      if (held !== undefined) instance.setParams({ ...held.instance.params, ...held.instance.fixed });
      held = { instance, room: wanted };
    }
    if (params !== undefined) held.instance.setParams(params);
    return held.instance;
  };
  const open = async (source: ModuleSource): Promise<void> => {
    try {
      module = await loadModule("text" in source ? source.text : source);
      report({ kind: "ready", variant: module.instantiate({ sizes: leastSizes(module.manifest) }).variant });
    } catch (error) {
      report({ kind: "failed", problem: problemOf(error) });
    }
  };
  return async (order) => {
    if (order.kind === "open") return open(order.source);
    const { run, tasks, per, parts, shared, own, thread } = order;
    const rest = [...own];
    const next = (): number => (shared === undefined ? (rest.shift() ?? tasks.length) : takeTask(shared.taken, thread));
    for (let task = next(); task < tasks.length; task = next()) {
      try {
        const result = runTask(instanceFor(order), parts, tasks[task]!, per);
        const gradient = shared === undefined ? result.gradient : keepInSlot(shared.slots[task]!, result.gradient);
        report({ kind: "done", run, task, result: { ...result, gradient } });
      } catch (error) {
        report({ kind: "refused", run, task, problem: problemOf(error) });
      }
    }
  };
}

const problemOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
