/** What the checks of one run share. */
import type { CompiledModule, ModuleInstance } from "../../runtime/module/compiled-module.js";
import type { Manifest } from "../../runtime/module/manifest.js";
import type { Random } from "../../runtime/random.js";
import type { Call } from "./call.js";

export interface Context {
  readonly module: CompiledModule;
  readonly manifest: Manifest;
  /** With room for exactly the call. */
  readonly instance: ModuleInstance;
  readonly random: Random;
  /** Another instance, with the call's parameters. */
  make(batch: number, steps: number, sizes?: Readonly<Record<string, number>>): ModuleInstance;
  readonly call: Call;
}
