/** What is verified: a module of this process, or one that stands for a module elsewhere. */
import type { CompiledModule, ModuleInstance } from "../../../runtime/module/compiled-module.js";

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
