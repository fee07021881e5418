/** The locals of one function: those in use, those to be used again, and those that are set at its beginning only. */
import { LeastFirst } from "../../../base/least-first.js";
import type { WasmType } from "./instruction-types.js";
import type { LocalRun } from "./module-structure.js";

export interface Local {
  readonly index: number;
  readonly type: WasmType;
}

/** What a local is doing. */
type LocalUse = "parameter" | "used" | "released" | "preset";

export class LocalPool {
  readonly #locals: Local[];
  readonly #uses: LocalUse[];
  readonly #released = new Map<WasmType, LeastFirst<Local>>();
  readonly #params: number;

  constructor(params: readonly WasmType[]) {
    this.#locals = params.map((type, index) => ({ type, index }));
    this.#uses = params.map(() => "parameter");
    this.#params = params.length;
  }

  /** The first of those released before, or a new one. */
  take(type: WasmType): Local {
    const free = this.#released.get(type)?.pop();
    if (free === undefined) return this.add(type, "used");
    this.#uses[free.index] = "used";
    return free;
  }

  add(type: WasmType, use: "used" | "preset"): Local {
    const local = { type, index: this.#locals.length };
    this.#locals.push(local);
    this.#uses.push(use);
    return local;
  }

  release(local: Local): void {
    this.#uses[local.index] = "released";
    let released = this.#released.get(local.type);
    if (released === undefined)
      this.#released.set(local.type, (released = new LeastFirst((a, b) => a.index < b.index)));
    released.push(local);
  }

  useOf({ index }: Local): LocalUse | undefined {
    return this.#uses[index];
  }

  has({ index, type }: Local): boolean {
    return this.#locals[index]?.type === type;
  }

  /** Parameter `i`, if there is one. */
  param(i: number): Local | undefined {
    return i < this.#params ? this.#locals[i] : undefined;
  }

  /** Those after the parameters, as runs of one type. */
  runs(): LocalRun[] {
    const runs: { count: number; type: WasmType }[] = [];
    for (const { type } of this.#locals.slice(this.#params)) {
      const last = runs[runs.length - 1];
      if (last?.type === type) last.count++;
      else runs.push({ count: 1, type });
    }
    return runs;
  }
}
