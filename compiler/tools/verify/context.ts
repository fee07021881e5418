/** What the checks of one call share. */
import type { CompiledModule, ModuleInstance } from "../../../runtime/module/compiled-module.js";
import type { Manifest } from "../../../runtime/module/manifest.js";
import type { Random } from "../../../runtime/base/random.js";
import { capacitiesOf, widthOf } from "../calls/sizes.js";
import { writeStored } from "../calls/call.js";
import type { DirectedCall } from "../calls/draw-call.js";
import type { Scale } from "./draw-directed-call.js";
import type { Subject } from "./subject.js";

export interface Context {
  readonly module: CompiledModule;
  readonly manifest: Manifest;
  /** With room for exactly the call. */
  readonly instance: ModuleInstance;
  readonly random: Random;
  readonly call: DirectedCall;
  readonly scale: Scale;
  /** Do values grow so far that differences say nothing of derivatives, whatever was drawn? */
  readonly explodes: boolean;
  /** Another instance, with the call's parameters. */
  make(batch: number, steps: number, sizes?: Readonly<Record<string, number>>): ModuleInstance;
  /** Makes results and parameters that were handed out what they are in the module by now. */
  refresh(instance: ModuleInstance): void;
  /** An instance of `make` is not used any more. */
  release(instance: ModuleInstance): void;
  /** How often something may be done that takes so many runs of `forward`; at least 1. */
  affordable(runs: number): number;
}

/** Multiplications that a check of derivatives may take at one call, about; a few seconds. */
const budget = { wasm: 3e10, auto: 3e10, js: 3e9 };

export function contextOf(
  subject: Subject,
  scale: Scale,
  call: DirectedCall,
  random: Random,
): Omit<Context, "explodes"> {
  const { module } = subject;
  const { manifest } = module;
  const make: Context["make"] = (batch, steps, sizes = call.sizes) => {
    const instance = module.instantiate(capacitiesOf(manifest, { batch, steps, sizes }));
    writeStored(instance, call.params);
    return instance;
  };
  // Most parameters are matrices, and each number of one is used once in a step of an example.
  const numbers = [...manifest.params, ...manifest.states, ...manifest.contexts].reduce(
    (sum, entry) => sum + widthOf(entry, call.sizes),
    1,
  );
  const forward = call.batch * call.steps * numbers;
  return {
    module,
    manifest,
    instance: make(call.batch, call.steps),
    random,
    call,
    scale,
    make,
    refresh: (instance) => subject.refresh(instance),
    release: (instance) => subject.release(instance),
    affordable: (runs) => Math.max(1, Math.floor(budget[manifest.target] / (forward * runs))),
  };
}
