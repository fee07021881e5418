/** What is verified: a module of this process, or one that stands for a module elsewhere. */
import type { CompiledModule, ModuleInstance } from "../../../runtime/module/compiled-module.js";
import type { PartEntry } from "../../../runtime/module/manifest.js";
import { partModule } from "../calls/part-module.js";

/**
 * Results and parameters are views of the module's memory. Where that is elsewhere they are copies, and `refresh` makes them what the
 * views would show now; `release` says that an instance is not used any more.
 */
export interface Subject {
  readonly module: CompiledModule;
  refresh(instance: ModuleInstance): void;
  release(instance: ModuleInstance): void;
}

/** A module of this process needs neither. */
export const inProcess = (module: CompiledModule): Subject => ({
  module,
  refresh: () => undefined,
  release: () => undefined,
});

/** An entry with a name, as a module that computes with the params of the whole. */
export function partSubject({ module, refresh, release }: Subject, part: PartEntry): Subject {
  const wholes = new WeakMap<ModuleInstance, ModuleInstance>();
  const ofWhole = (act: (whole: ModuleInstance) => void) => (own: ModuleInstance) => {
    const whole = wholes.get(own);
    if (whole !== undefined) act(whole);
  };
  return {
    module: partModule(module, part, (own, whole) => wholes.set(own, whole)),
    refresh: ofWhole(refresh),
    release: ofWhole(release),
  };
}
