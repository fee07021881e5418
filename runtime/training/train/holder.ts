/** An instance with room for the largest examples so far. */
import { leastSizes } from "../../module/axes.js";
import type { CompiledModule, ModuleInstance } from "../../module/compiled-module.js";
import type { Room } from "../../pool/messages.js";
import type { SizedExample } from "./example-values.js";

interface Holder {
  readonly instance: ModuleInstance;
  /** Its largest calls. */
  readonly room: Room;
  /** Makes room where it is missing, with the same params. @returns Whether the instance is another one now. */
  fit(examples: readonly SizedExample[]): boolean;
}

export function createHolder(module: CompiledModule, batch: number, maxBytes: number | undefined): Holder {
  const axes = module.manifest.axes.filter(({ option }) => option === "sizes");
  const least = leastSizes(module.manifest);
  const room = { ...least };
  const roomNow = (): Room => ({ batch, sizes: { ...room }, ...(maxBytes === undefined ? {} : { maxBytes }) });
  const make = (): ModuleInstance => module.instantiate(roomNow());
  let instance = make();
  return {
    get instance() {
      return instance;
    },
    get room() {
      return roomNow();
    },
    fit(examples) {
      let isLarger = false;
      for (const { name } of axes) {
        const needed = examples.reduce((most, { sizes }) => Math.max(most, sizes[name]!), 0);
        if (needed <= room[name]!) continue;
        // A little more than needed, so that slowly growing sizes do not ask for a new instance every time.
        room[name] = room[name] === least[name] ? needed : Math.ceil(needed * 1.1);
        isLarger = true;
      }
      if (!isLarger) return false;
      const next = make();
      next.setParams({ ...instance.params, ...instance.fixed });
      instance = next;
      return true;
    },
  };
}
