/** An instance with room for the largest examples so far. */
import { leastOf } from "../../module/axes.js";
import type { CompiledModule, ModuleInstance } from "../../module/compiled-module.js";
import type { SizedExample } from "./examples.js";

export interface Holder {
  readonly instance: ModuleInstance;
  /** Makes room where it is missing, with the same params. @returns Whether the instance is another one now. */
  fit(examples: readonly SizedExample[]): boolean;
}

export function createHolder(module: CompiledModule, batch: number, maxBytes: number | undefined): Holder {
  const axes = module.manifest.axes.filter(({ option }) => option === "sizes");
  const least = Object.fromEntries(axes.map((axis) => [axis.name, Math.max(1, leastOf(axis))]));
  const room = { ...least };
  const make = (): ModuleInstance =>
    module.instantiate({ batch, sizes: { ...room }, ...(maxBytes === undefined ? {} : { maxBytes }) });
  let instance = make();
  return {
    get instance() {
      return instance;
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
