/** What a worker of a pool does, whatever it is called by. */
import { leastSizes } from "../module/axes.js";
import { loadModule, type ModuleSource } from "../module/load-js.js";
import type { CompiledModule, ModuleInstance, TensorRecord } from "../module/compiled-module.js";
import { keepInSlot, type PoolOrder, type PoolReport, type RunOrder, takeTask } from "./messages.js";
import { KnownMemories } from "./shared-memory.js";
import { copyOf, runTask } from "./task.js";

/** @param report Tells the pool something; `given` are buffers of it that are then the pool's. */
export function createServer(
  report: (told: PoolReport, given?: readonly ArrayBufferLike[]) => void,
): (order: PoolOrder) => Promise<void> {
  let module: CompiledModule | undefined;
  let held: { readonly instance: ModuleInstance; readonly room: string } | undefined;
  const memories = new KnownMemories();
  const instanceFor = ({ room }: RunOrder): ModuleInstance => {
    const wanted = JSON.stringify(room);
    if (held?.room !== wanted) {
      const instance = module!.instantiate(room);
      if (held !== undefined) instance.setParams({ ...held.instance.params, ...held.instance.fixed });
      held = { instance, room: wanted };
    }
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
  /** Params that came and are not yet those of the instance, as there may be no task for this thread. */
  let news: TensorRecord | undefined;
  const setParams = (instance: ModuleInstance): void => {
    if (news !== undefined) instance.setParams(news);
    news = undefined;
  };
  return async (order) => {
    if (order.kind === "open") return open(order.source);
    const { run, tasks, per, parts, shared, own, thread } = order;
    if (shared !== undefined) memories.hear(shared.told);
    const { params = shared?.params && memories.tensors(shared.params.memory, shared.params.layout) } = order;
    news = params ?? news;
    const rest = [...own];
    const next = (): number => (shared === undefined ? (rest.shift() ?? tasks.length) : takeTask(shared.taken, thread));
    for (let task = next(); task < tasks.length; task = next()) {
      try {
        const instance = instanceFor(order);
        setParams(instance);
        const asked = tasks[task]!;
        const result = runTask(instance, parts, "arrays" in asked ? memories.task(asked) : asked, per);
        const slot = shared && memories.tensors(shared.slots.memories[task]!, shared.slots.layout);
        const gradient = slot === undefined ? result.gradient : keepInSlot(slot, result.gradient);
        const given: ArrayBufferLike[] = [];
        const told = copyOf({ ...result, gradient }, ({ buffer }) => given.push(buffer));
        report({ kind: "done", run, task, result: told }, given);
      } catch (error) {
        report({ kind: "refused", run, task, problem: problemOf(error) });
      }
    }
  };
}

const problemOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
